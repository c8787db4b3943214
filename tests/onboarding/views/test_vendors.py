"""The vendor field of staff's upload form, which suggests instead of listing 10,000 vendors."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from imports.models import Upload
from onboarding.views.uploads.vendors import MAX_SUGGESTED
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


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("VEND001", "VEND001"),
        (" vend001 ", "VEND001"),
        ("first shop", "VEND001"),
        ("same", "same"),
        ("twins", "Several vendors are called “twins”"),
        ("SAME", "Several vendors are called “SAME”"),
        ("first", "There is no vendor “first”"),
        ("VEND00", "There is no vendor “VEND00”"),
    ],
)
def test_the_vendor_that_was_typed_gets_the_file(
    reviewer: User, browse: Browse, typed: str, found: str
) -> None:
    for vendor_id, name in (
        ("VEND001", "First Shop"),
        ("VEND002", "Twins"),
        ("VEND003", "Twins"),
        ("same", "One"),
        ("Same", "Other"),
    ):
        Vendor.objects.create(vendor_id=vendor_id, name=name)
    for content in (csv_bytes([good_row(1)]), b""):  # the second is refused at the form
        file = SimpleUploadedFile("a.csv", content)
        data = {"dataset": "products", "mode": "create", "vendor": typed, "file": file}
        page = browse(reviewer).post("/uploads/new/", data)
        if " " in found:
            assert page.status_code == 422
            # In the summary and at the field.
            assert page.content.decode().count(found) == 2
    owners = {upload.vendor_id for upload in Upload.objects.all()}
    assert owners == (set() if " " in found else {found})
    assert Upload.objects.count() == (0 if " " in found else 2)
