"""The vendor field of staff's upload form, which suggests instead of listing 10,000 vendors."""

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from imports.models import Upload
from onboarding.views.vendors import MAX_SUGGESTED
from tests.onboarding.conftest import Browse
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor


def many_vendors() -> None:
    Vendor.objects.bulk_create(
        Vendor(vendor_id=f"V{n:05}", name=f"Vendor number {n}") for n in range(1_000)
    )


def test_the_form_holds_a_few_vendors_however_many_there_are(
    reviewer: User, browse: Browse
) -> None:
    many_vendors()
    page = browse(reviewer).get("/uploads/new/").content.decode()
    assert page.count("<option") == MAX_SUGGESTED


def test_what_is_typed_is_found_in_id_and_name(reviewer: User, browse: Browse) -> None:
    many_vendors()
    found = browse(reviewer).get("/uploads/new/vendors/", {"vendor": "number 99"})
    assert '<option value="V00099">Vendor number 99</option>' in found.content.decode()
    for typed in ("v00777", "nothing", "%", "x" * 5_000):
        page = browse(reviewer).get("/uploads/new/vendors/", {"vendor": typed})
        assert page.content.decode().count("<option") == (typed == "v00777")


def test_the_vendor_that_was_typed_gets_the_file(
    reviewer: User, browse: Browse, vendor_a: Vendor
) -> None:
    data = {"dataset": "products", "mode": "create"}
    for typed, status in (("VEND00", 422), ("VEND001", 303)):
        file = SimpleUploadedFile("a.csv", csv_bytes([good_row(1)]))
        page = browse(reviewer).post("/uploads/new/", {**data, "vendor": typed, "file": file})
        assert page.status_code == status
    assert Upload.objects.get().vendor == vendor_a
