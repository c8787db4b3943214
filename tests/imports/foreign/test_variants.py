"""Several rows of one product, and pictures: what is imported, and what is rejected and why.

/help/troubleshooting/#variants says so to vendors.
"""

from collections.abc import Callable

import pytest

from catalog.models import Product
from imports import actions
from imports.models import RowError, Upload
from imports.rules.matching import Answers
from tests.conftest import drive

Run = Callable[..., Upload]

# The product with its first variant, another variant, and another picture.
SHOPIFY = """\
Handle,Title,Option1 Value,Type,Variant SKU,Variant Price,Variant Inventory Qty,Image Src
shirt,T-shirt,S,Home & Kitchen,TS-S,19.90,4,https://cdn.example.com/1.jpg
shirt,,M,,TS-M,19.90,5,
shirt,,,,,,,https://cdn.example.com/2.jpg
"""

OURS = """\
vendor_product_id,sku,product_name,category,price,stock_quantity,image_url
V-1,TS-1,"T-shirt, red, M",Home & Kitchen,19.90,4,https://cdn.example.com/1.jpg
V-2,TS-2,"T-shirt, red, L",Home & Kitchen,19.90,4,https://cdn.example.com/1.jpg
V-3,TS,T-shirt,Home & Kitchen,,,
V-4,TS-4,Socks,Home & Kitchen,3.00,1,socks.jpg
V-5,TS-5,Scarf,Home & Kitchen,9.00,1,"https://cdn.example.com/1.jpg, https://cdn.example.com/2.jpg"
"""


def errors_of(upload: Upload) -> set[tuple[int, str]]:
    return {*RowError.objects.filter(upload=upload).values_list("row_number", "column_name")}


@pytest.mark.django_db
def test_variants_without_a_name_and_further_pictures_are_rejected(run_upload: Run) -> None:
    upload = run_upload(SHOPIFY)
    assert upload.failure_code == "MISSING_COLUMNS"
    columns = {"vendor_product_id": 4, "sku": 4, "product_name": 1, "category": 3}
    columns |= {"price": 5, "stock_quantity": 6, "image_url": 7}
    actions.import_as_mapped(upload.upload_id, Answers(columns), by=None)
    drive()
    upload.refresh_from_db()
    assert (upload.valid_records, upload.error_records) == (1, 2)
    assert Product.objects.get().product_name == "T-shirt"
    assert {(3, "product_name"), (4, "price")} <= errors_of(upload)


@pytest.mark.django_db
def test_variants_with_a_name_are_products_and_a_picture_is_one_address(run_upload: Run) -> None:
    upload = run_upload(OURS)
    names = Product.objects.order_by("sku").values_list("product_name", flat=True)
    assert [*names] == ["T-shirt, red, M", "T-shirt, red, L"]
    assert errors_of(upload) == {
        *((4, column) for column in ("price", "stock_quantity")),
        (5, "image_url"),
        (6, "image_url"),
    }
