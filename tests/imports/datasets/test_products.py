"""Rows of a vendor's file become products of the catalog."""

from collections.abc import Callable

from django.core import mail

from catalog.models import Product
from imports.models import Upload
from tests.product_files import good_row

Run = Callable[..., Upload]


def test_valid_rows_become_products(run_upload: Run) -> None:
    upload = run_upload([good_row(1), good_row(2, category="audio", brand="Clicky")])

    assert (upload.status, upload.step) == ("completed", "done")
    assert (upload.total_records, upload.valid_records, upload.error_records) == (2, 2, 0)
    product = Product.objects.get(sku="SKU-2")
    assert (product.category, product.brand, product.vendor_id) == ("Audio", "Clicky", "VEND001")
    assert (product.upload_id, product.upload_row) == (upload.upload_id, 3)
    assert upload.error_file_s3_key == ""
    assert len(mail.outbox) == 1
