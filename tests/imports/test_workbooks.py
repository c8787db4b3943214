"""Excel workbooks by form and by S3, end to end."""

import io
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from imports.formats.file_types import XLSX
from imports.intake import schedules
from imports.management.commands import import_file
from imports.models import RowError, Schedule, Upload
from imports.storage import s3
from tests.conftest import arrived, drive, report_text
from tests.imports.management.test_commands import run
from tests.onboarding.views.test_new_upload import forward
from tests.workbooks import HEADER, ROW, Xml, styled, workbook
from vendors.models import Vendor

Run = Callable[..., Upload]


def changed(number: int, **cells: object) -> list[object]:
    """A valid row with its own keys, and other cells by the names of their columns."""
    row: dict[object, object] = dict(zip(HEADER, ROW, strict=True)) | {
        "Vendor Product ID": f"VP-{number}",
        "SKU": f"S-{number}",
    }
    return [*(row | {name.replace("_", " "): cell for name, cell in cells.items()}).values()]


def problems() -> list[tuple[int, str, str]]:
    errors = RowError.objects.order_by("row_number", "error_id")
    return list(errors.values_list("row_number", "column_name", "error_type"))


def test_a_workbook_is_imported_from_s3(run_upload: Run) -> None:
    upload = run_upload(workbook([HEADER, ROW, changed(2, SKU="00012")]), file_name="May.xlsx")
    assert (upload.status, upload.valid_records) == ("completed", 2)
    assert [*Product.objects.order_by("upload_row").values_list("sku", "price", "upload_row")] == [
        ("S-1", Decimal("19.99"), 2),
        ("00012", Decimal("19.99"), 3),
    ]


def test_a_schedule_finds_a_workbook(vendor_a: Vendor, categories: list[str]) -> None:
    prefix = f"exports/{uuid4().hex}/"
    Schedule.objects.create(
        name="Hourly", dataset="products", vendor=vendor_a, prefix=prefix, every_minutes=60
    )
    s3.put(settings.S3_BUCKET, f"{prefix}May.xlsx", workbook([HEADER, ROW]), XLSX)
    assert schedules.run_schedules() == 1
    drive()
    upload = Upload.objects.get()
    assert (upload.status, upload.valid_records, upload.file_name) == ("completed", 1, "May.xlsx")


@pytest.mark.usefixtures("no_worker_needed")
def test_a_workbook_is_imported_by_the_command(
    tmp_path: Path, vendor_a: Vendor, categories: list[str]
) -> None:
    file = tmp_path / "May.xlsx"
    file.write_bytes(workbook([HEADER, ROW, changed(2, Price="free")]))
    assert run(file, "--vendor", vendor_a.vendor_id) == import_file.PARTIAL
    upload = Upload.objects.get()
    assert (upload.valid_records, upload.error_records) == (1, 1)
    stored = s3.client().head_object(Bucket=upload.s3_bucket, Key=upload.s3_key)
    assert stored["ContentType"] == XLSX


@pytest.mark.usefixtures("quiet_events")
def test_a_workbook_is_imported_by_the_form(
    client: Client, alice: User, categories: list[str]
) -> None:
    client.force_login(alice)
    file = io.BytesIO(workbook(sheets={"Notes": [["x"]], "May": [HEADER, ROW]}))
    file.name = "products.xlsx"
    answer = client.post("/uploads/new/", {"dataset": "products", "mode": "create", "file": file})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    forward(Upload.objects.get())
    drive()
    page = client.get(answer["Location"]).content.decode()
    assert Product.objects.count() == 1
    assert 'id="sheet"' in page
    assert "Not read: “Notes”." in page
    assert 'id="encoding"' not in page


def test_a_cell_that_is_more_than_its_text_is_an_error_in_its_column(run_upload: Run) -> None:
    day, share, long = styled(46082, 1), styled(0.15, 2), styled(1234567890123456, 0)
    words = styled(12, 3)
    upload = run_upload(
        workbook(
            [
                HEADER,
                ROW,
                changed(2, SKU=day),
                changed(3, Price=share),
                changed(4, SKU=long),
                changed(5, Stock_Quantity=Xml('<c t="e"><v>#N/A</v></c>')),
                changed(6, Price=Xml("<c><f>1+1</f></c>")),
                changed(7, SKU=words),
                changed(8, Price=words, Stock_Quantity=styled("5E1", 0)),
                changed(9, Product_Name=Xml('<c t="e"><v>#REF!</v></c>'), SKU=day),
            ],
            formats=["d-mmm", "0%", '0" pcs"'],
        )
    )
    assert problems() == [
        (3, "sku", "EXCEL_DATE"),
        (4, "price", "EXCEL_PERCENT"),
        (5, "sku", "EXCEL_NUMBER"),
        (6, "stock_quantity", "EXCEL_ERROR"),
        (7, "price", "EXCEL_FORMULA"),
        (8, "sku", "EXCEL_NUMBER"),
        (10, "product_name", "EXCEL_ERROR"),
        (10, "sku", "EXCEL_DATE"),
    ]
    assert upload.valid_records == 2
    product = Product.objects.get(sku="S-8")
    assert (product.price, product.stock_quantity) == (Decimal(12), 50)
    report = report_text(upload)
    assert "2026-03-01" in report
    assert "15%" in report
    assert "\ufdd0" not in report
    first = RowError.objects.get(row_number=3)
    assert first.original_data
    assert first.original_data["SKU"] == "2026-03-01"


def test_columns_that_are_not_imported_raise_nothing(run_upload: Run) -> None:
    rows = [[*HEADER, "Season"], [*ROW, styled(46082, 1)]]
    upload = run_upload(workbook(rows, formats=["yyyy"]))
    assert (upload.status, upload.ignored_columns) == ("completed", ["Season"])


@pytest.mark.django_db
def test_a_date_is_read_in_a_column_of_dates(vendor_a: Vendor) -> None:
    header = ["Customer ID", "Name", "Age", "Date of Birth", "Email", "Country"]
    row = ["C-1", "Ann Lee", 36, styled(32874, 1), "ann@example.com", "Germany"]
    upload = arrived(
        workbook([header, row], formats=["dd.mm.yyyy"]), vendor=None, dataset="customers"
    )
    drive()
    assert "EXCEL_DATE" not in {error for _, _, error in problems()}
    upload.refresh_from_db()
    stored = RowError.objects.values_list("error_message", flat=True)
    assert not [message for message in stored if "date" in message.lower()]


def test_a_number_of_a_workbook_has_a_point_whatever_its_texts_have(run_upload: Run) -> None:
    header = [*HEADER, "Weight kg"]
    rows = [header, [*ROW, styled(1.234, 0)], [*changed(2, Price="1.012,50"), "0,5"]]
    upload = run_upload(workbook(rows))
    assert upload.valid_records == 2
    found = Product.objects.order_by("sku").values_list("price", "weight_kg")
    assert [*found] == [
        (Decimal("19.99"), Decimal("1.234")),
        (Decimal("1012.50"), Decimal("0.500")),
    ]


def test_numbers_of_a_workbook_say_nothing_about_a_text_that_can_be_read_in_two_ways(
    run_upload: Run,
) -> None:
    """A German program stores 12,5 as 12.5, too, and 1,234 beside it is not a thousand."""
    upload = run_upload(workbook([HEADER, changed(1, Price=12.5), changed(2, Price="1,234")]))
    assert (upload.valid_records, problems()) == (1, [(3, "price", "INVALID_PRICE")])


def test_a_date_is_told_from_the_same_text(run_upload: Run) -> None:
    upload = run_upload(workbook([HEADER, changed(1, SKU="2026-03-01")]))
    assert (upload.status, Product.objects.get().sku) == ("completed", "2026-03-01")
