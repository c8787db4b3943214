"""An export of any length is complete and exact, in however many requests it is written."""

import csv
import io
import tracemalloc
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from django.db import connection

from catalog.models import Product
from imports.datasets.products import DATASET
from imports.exports import answers, parts
from imports.exports.parts import Begun, go_on
from imports.exports.table import Table
from imports.reports.catalog_file import catalog_table
from imports.storage import s3_parts
from vendors.models import Vendor

SMALLEST = 5 * 1024 * 1024  # a part for S3
MANY = """
INSERT INTO products (vendor_id, vendor_product_id, product_name, category, sku, price,
    stock_quantity, description, status, created_at, updated_at)
SELECT %s, 'P-' || n, 'Product ' || n, 'Audio', 'SKU-' || n, 10, 5, repeat('x', %s), 'active',
    now(), now()
FROM generate_series(1, %s) n
"""


def many(vendor: Vendor, count: int, letters: int) -> None:
    """Products with a description of so many letters."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, [vendor.pk, letters, count])


def of_all() -> Table:
    return catalog_table(DATASET, Product.objects.all())


def rows(address: str) -> list[dict[str, str]]:
    """Of the file at this address."""
    with urlopen(address, timeout=60) as found:
        text = found.read().decode("utf-8-sig")
    assert "\ufeff" not in text
    return [*csv.DictReader(io.StringIO(text, newline=""))]


def test_a_hundred_thousand_rows_need_little_memory_and_are_all_there(
    vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a request is killed after its part was written, and is sent again."""
    monkeypatch.setattr(parts, "SECONDS", 0)
    many(vendor_a, 100_000, 400)
    made = go_on(Begun("downloads/1/x/products.csv"), of_all())  # it also creates S3's client
    tracemalloc.start()
    try:
        made = go_on(made, of_all()) if isinstance(made, Begun) else made
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000  # of a part of 16 MB
    while isinstance(made, Begun):
        killed, made = made, go_on(made, of_all())
        made = go_on(killed, of_all()) if isinstance(made, Begun) else made
    assert len(killed.tags) == 2
    skus = [row["SKU*"] for row in rows(answers.link(made))]
    assert skus == [f"SKU-{number}" for number in range(100_000, 0, -1)]


def test_other_failures_of_s3_are_not_hidden() -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3_parts.finish("no-such-bucket", "x", "y", ["z"])
