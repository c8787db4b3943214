"""Workbooks that vendors get back: templates and rows to fix, as another program reads them."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from catalog.models import Product
from imports import datasets
from imports.formats import workbook_writer
from imports.models import RowError, Upload
from imports.reports.correctable_file import correctable_file, correctable_workbook
from imports.rules.columns import corrections_column
from tests.product_files import good_row
from tests.workbooks import Xml, styled, workbook

Run = Callable[..., Upload]
HEADER: list[object] = [
    *("Vendor Product ID", "Product Name", "Category", "SKU", "Price", "Stock Quantity"),
    *("Brand", "Weight kg"),
]


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def values(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.fixture
def template(categories: list[str]) -> Any:
    return opened(workbook_writer.template(datasets.get("products"), "Products"))


def test_the_template_has_the_columns_and_no_row(template: Any) -> None:
    (header,) = values(template["Products"])
    columns = datasets.get("products").columns
    assert header == [column.template_label for column in columns]
    for cell, column in zip(template["Products"][1], columns, strict=True):
        assert f"Example: {column.example}" in cell.comment.text
    assert template["Lists"].sheet_state == "hidden"


def test_excel_does_not_change_what_is_typed_into_the_template(template: Any) -> None:
    sheet = template["Products"]
    formats = {
        name: sheet.column_dimensions[letter].number_format
        for name, letter in {"ID": "A", "SKU": "F", "Price": "H"}.items()
    }
    assert formats == {"ID": "@", "SKU": "@", "Price": "General"}


def test_the_template_lists_the_approved_names(template: Any, categories: list[str]) -> None:
    (rule,) = template["Products"].data_validations.dataValidation
    assert (rule.type, str(rule.sqref)) == ("list", "C2:C10001")
    assert rule.formula1 == f"Lists!$A$1:$A${len(categories)}"
    assert [name for (name,) in values(template["Lists"])] == sorted(categories)


def test_an_empty_template_has_no_rows_and_a_filled_one_is_imported(
    run_upload: Run, template: Any
) -> None:
    assert run_upload(saved(template)).failure_code == "NO_ROWS"
    sheet = template["Products"]
    names = {column.key: i for i, column in enumerate(datasets.get("products").columns, 1)}
    for key, text in good_row(1, vendor_product_id="00017").items():
        number = {"price": 19.99, "stock_quantity": 150}
        sheet.cell(2, names[key], number.get(key, text))
    upload = run_upload(saved(template))
    assert (upload.status, upload.valid_records) == ("completed", 1)
    assert Product.objects.get().vendor_product_id == "00017"


@pytest.mark.parametrize("key", ["clients", "customers", "csv"])
@pytest.mark.django_db
def test_every_data_set_of_tables_has_such_a_template(key: str) -> None:
    found = datasets.get(key)
    book = opened(workbook_writer.template(found, found.title))
    assert values(book[found.title]) == [[column.template_label for column in found.columns]]


def test_rows_to_fix_are_red_where_they_are_wrong_and_can_be_sent_again(run_upload: Run) -> None:
    rows: list[list[object]] = [
        HEADER,
        ["V-1", "=1+1", "Audio", "S-1", "free", 5, "Acme", 1.5],
        ["V-2", "Lamp", "Audio", "S-2", 5, 1],
        ["V-3", "Cup", "Audio", "S-3", 7, "", "x", 2],
    ]
    upload = run_upload(workbook(rows))
    book = opened(correctable_workbook(upload))
    sheet = book.active
    assert values(sheet)[0] == [*HEADER, corrections_column(upload.upload_id)]
    assert [row[:7] for row in values(sheet)[1:]] == [
        ["V-1", "=1+1", "Audio", "S-1", "free", "5", "Acme"],
        ["V-3", "Cup", "Audio", "S-3", "7", None, "x"],
    ]
    assert sheet["B2"].data_type == "s"
    red = {c.coordinate for row in sheet for c in row if c.fill.fgColor.rgb == "FFF8C9C4"}
    assert red == {"E2", "F3"}
    assert "Price must be a number" in sheet["I2"].value

    sheet["E2"], sheet["F3"] = 4.5, 3
    second = run_upload(saved(book))
    assert (second.status, second.valid_records, second.ignored_columns) == ("completed", 2, [])
    assert Product.objects.get(sku="S-1").product_name == "=1+1"


def test_what_a_cell_only_shows_does_not_come_back_as_its_value(run_upload: Run) -> None:
    error = Xml('<c t="e"><v>#REF!</v></c>')
    row: list[object] = ["V-1", error, "Audio", styled(46082, 1), 5, 1, styled(0.15, 2)]
    upload = run_upload(workbook([HEADER, row], formats=["d-mmm", "0%"]))
    assert RowError.objects.count() == 3
    cells = values(opened(correctable_workbook(upload)).active)[1]
    assert cells[:7] == ["V-1", None, "Audio", None, "5", "1", None]
    assert b"V-1,,Audio,,5,1,," in b"".join(correctable_file(upload))
    again = run_upload(correctable_workbook(upload))
    assert again.valid_records == 0


def test_a_number_is_the_same_when_it_comes_back_as_text(run_upload: Run) -> None:
    rows: list[list[object]] = [
        HEADER,
        ["V-1", "Mouse", "Audiö", "S-1", 5, 1, "", styled(1.234, 0)],
        ["V-2", "Lamp", "Audiö", "S-2", "12,50", 1],
    ]
    text = b"".join(correctable_file(run_upload(workbook(rows)))).decode("utf-8-sig")
    second = run_upload(text.replace("Audiö", "Audio"))
    assert second.valid_records == 1  # the file has both decimal marks, so 12,50 is an error
    assert str(Product.objects.get(sku="S-1").weight_kg) == "1.234"


def test_the_messages_of_a_long_row_fit_into_a_cell(run_upload: Run) -> None:
    upload = run_upload([good_row(1, description="x" * 9_000, price="free")])
    assert values(opened(correctable_workbook(upload)).active)[1][-1]
