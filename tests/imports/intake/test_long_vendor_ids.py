"""A vendor's ID may have 50 characters, everywhere it is stored or part of a key."""

from catalog.models import Product
from imports.models import Upload
from tests.conftest import drive
from tests.imports.dropping import imported
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

LONG = "Marketplace-Europe_0000000000000000000000000-12345"


def test_a_file_of_a_vendor_with_a_long_id_is_imported(categories: list[str]) -> None:
    vendor = Vendor(vendor_id=LONG, name="Long")
    vendor.full_clean()
    vendor.save()
    upload = imported(f"uploads/{LONG}/a.csv", csv_bytes([good_row(1), good_row(2, price="x")]))
    drive()
    assert (len(LONG), upload.status) == (50, "partial")
    assert Product.objects.get().vendor_id == Upload.objects.get().vendor_id == LONG
    assert upload.error_file_s3_key.startswith(f"errors/{LONG}/")
