"""Products that are exported and come back unchanged change nothing."""

import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet

from catalog.models import Product, ProductChange
from imports.datasets.products import DATASET
from imports.formats import workbook_writer
from imports.models import RowError, Upload
from imports.reports.catalog_file import catalog_csv, catalog_workbook
from tests.admin.conftest import make_product
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
WRITERS = {"csv": catalog_csv, "xlsx": catalog_workbook}
formats = pytest.mark.parametrize("kind", WRITERS)

TEXTS = [
    "=1+1",
    "'=1+1",
    "''=1+1",
    "+49 30 1234",
    "-5 % on everything",
    "@SUM(A1)",
    "%APPDATA%",
    "=cmd|' /C calc'!A0",
    "Mouse;=1+1",
    "Mouse;'=1+1",
    'Mouse; "=1+1"',
    "Mouse | -1",
    'a "quoted" word, and a comma',
    '"',
    "'",
    "' '",
    "00042",
    "1e5",
    "1E+05",
    "4711",
    "1.234",
    "1,234",
    "12.50",
    "2024-01-02",
    "3-4",
    "May 2024",
    "TRUE",
    "Größe ÄÖÜ ß €",
    "日本語 🖱",
    "_x0041_ and _x000D_",
    "<b>&amp;</b>",
    "a  b",
    "http://example.com/?a=1&b=2",
    "#1 of all",
    "sep=;",
    "Errors",
]
DESCRIPTIONS = [
    *TEXTS,
    "First line\nsecond line",
    "First line\r\nsecond line",
    "one\n=1+1\n\n\n-1",
    "tab\tbetween",
    "- a list\n- of two",
    "x" * 2000,
]


def exported(kind: str, products: QuerySet[Product] | None = None) -> bytes:
    products = Product.objects.order_by("pk") if products is None else products
    return b"".join(WRITERS[kind](DATASET, products))


def stored() -> list[dict[str, Any]]:
    return [*Product.objects.order_by("pk").values(*(column.key for column in DATASET.columns))]


def comes_back_unchanged(run_upload: Run, vendor: Vendor, kind: str) -> None:
    before, changes = stored(), ProductChange.objects.count()
    upload = run_upload(exported(kind), vendor=vendor, mode="update", file_name=f"export.{kind}")
    found = {error.error_message for error in RowError.objects.of_run(upload).errors()}
    assert (upload.status, upload.failure_message, found) == ("completed", "", set())
    assert stored() == before
    assert (upload.unchanged_records, upload.updated_records) == (len(before), 0)
    assert ProductChange.objects.count() == changes


@formats
def test_awkward_texts_come_back(run_upload: Run, vendor_a: Vendor, kind: str) -> None:
    run_upload([good_row(0)])  # the approved categories
    for number, text in enumerate(DESCRIPTIONS):
        make_product(
            vendor_a,
            number,
            vendor_product_id=f"{number:05}",
            sku=f"SKU {text[:20].strip()} {number}" if text in TEXTS else f"={number}",
            product_name=text if text in TEXTS else f"Name {number}",
            brand=text[:100] if text in TEXTS else None,
            description=text,
        )
    comes_back_unchanged(run_upload, vendor_a, kind)


@formats
def test_numbers_come_back(run_upload: Run, vendor_a: Vendor, kind: str) -> None:
    run_upload([good_row(99, weight_kg="1.234")])
    for number, price in enumerate(("5.00", "0.01", "999999.99", "1234.50", "1000.00", "0.10")):
        make_product(
            vendor_a,
            number,
            price=price,
            compare_at_price=Decimal("999999.99") if number % 2 else None,
            weight_kg=("0.000", "99999.999", "1.234", "0.085", "10.000", None)[number],
            stock_quantity=(0, 1, 999, 1000, 1_000_000, 12)[number],
            gtin=("04006381333931", "00000096385074", None)[number % 3],
            dimensions_cm=("11 x 6.5 x 4", "1 x 2", None)[number % 3],
        )
    comes_back_unchanged(run_upload, vendor_a, kind)


@formats
@pytest.mark.parametrize("weight", ["1.234", "123.000"])
def test_one_product_alone_comes_back(
    run_upload: Run, vendor_a: Vendor, kind: str, weight: str
) -> None:
    run_upload([good_row(1, price="1234.00", weight_kg=weight)])
    comes_back_unchanged(run_upload, vendor_a, kind)


def test_a_cell_that_is_edited_changes_only_its_field(run_upload: Run, vendor_a: Vendor) -> None:
    run_upload([good_row(1, product_name="=1+1", brand="Clicky"), good_row(2)])
    text = exported("csv").decode("utf-8-sig").replace("Clicky", "'-5 % off")
    upload = run_upload(text, mode="update")
    assert (upload.updated_records, upload.unchanged_records) == (1, 1)
    first = Product.objects.get(sku="SKU-1")
    assert (first.product_name, first.brand) == ("=1+1", "-5 % off")


def test_the_csv_file_has_the_header_of_the_template_and_no_formula(vendor_a: Vendor) -> None:
    make_product(vendor_a, 1, product_name="=1+1", vendor_product_id="007", gtin="04006381333931")
    header, row = exported("csv").decode("utf-8-sig").splitlines()
    assert header == DATASET.format.template(DATASET).decode("utf-8-sig").splitlines()[0]
    assert row == "007,'=1+1,Audio,,,SKU-1,,19.99,,5,,,,,04006381333931"


def test_the_workbook_is_the_template_with_rows(vendor_a: Vendor) -> None:
    empty = exported("xlsx")
    template = workbook_writer.template(DATASET, DATASET.title)
    assert abs(len(empty) - len(template)) < 100  # they differ in the time of their making


def test_a_long_file_needs_no_more_memory_than_a_short_one(vendor_a: Vendor) -> None:
    Product.objects.bulk_create(
        Product(
            vendor=vendor_a,
            vendor_product_id=f"VP-{number}",
            product_name=f"Mouse {number}",
            category="Audio",
            sku=f"SKU-{number}",
            price=1,
            stock_quantity=number,
            description="x" * 1_000,
        )
        for number in range(12_000)
    )
    tracemalloc.start()
    try:
        lengths = sum(map(len, catalog_csv(DATASET, Product.objects.order_by("-pk"))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lengths > 12_000_000
    assert peak < 8_000_000  # two fetches of 2,000 rows
