"""The error report and the correctable file."""

import csv
import gc
import io
from collections.abc import Callable

import pytest

from imports.dataset import Dataset
from imports.datasets import all_datasets
from imports.models import RowError, Upload
from imports.reports import correctable_file as correctable_file_module
from imports.reports import error_report
from imports.reports.correctable_file import correctable_file
from imports.reports.error_report import report_header
from imports.reports.summary import error_groups, row_ranges
from imports.rules.columns import corrections_column
from tests.conftest import report_text
from tests.product_files import good_row

Run = Callable[..., Upload]


def test_the_report_has_one_line_per_error_in_a_fixed_order(run_upload: Run) -> None:
    upload = run_upload(
        "SKU,vendor_product_id,Product Name,Category,Price,Stock Quantity\n"
        "S-1,V-1,Lamp,Audoi,-10.00,ten\n"
        "S-2,V-2,Cup,Audio,5.00,1\n"
    )
    lines = report_text(upload).splitlines()
    assert lines[0] == (
        "Row Number,Vendor Product ID,SKU,Product Name,Error Type,Error Message,Price,"
        "Stock Quantity,Column,Value,How To Fix,Severity"
    )
    assert [line.split(",")[4] for line in lines[1:]] == [
        "INVALID_CATEGORY",
        "INVALID_PRICE",
        "INVALID_STOCK",
    ]
    assert lines[2].startswith(
        "2,V-1,S-1,Lamp,INVALID_PRICE,Price must be at least 0.01 (was -10.00),-10.00,ten,"
        'Price,-10.00,"Enter a number from 0.01 to'
    )


@pytest.mark.parametrize("dataset", all_datasets().values(), ids=lambda dataset: dataset.key)
def test_no_two_columns_of_a_report_have_one_name(dataset: Dataset) -> None:
    header = report_header(dataset)
    assert len(set(header)) == len(header)


def test_the_report_is_utf8_with_a_byte_order_mark(run_upload: Run) -> None:
    upload = run_upload([good_row(1, price="free", product_name="Tässchen")])
    raw = b"".join(error_report.error_report(upload))
    assert raw.startswith(b"\xef\xbb\xbf")
    assert "Tässchen" in raw.decode("utf-8-sig")


def test_formulas_are_neutralised_and_plain_numbers_are_not(run_upload: Run) -> None:
    names = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", " =x", "＝x", "-10.00", "+5", "-1,234.5", "plain"]
    names.append("Mouse;=1+1")
    upload = run_upload([good_row(n, product_name=name, price="x") for n, name in enumerate(names)])
    rows = list(csv.DictReader(io.StringIO(report_text(upload))))
    assert [row["Product Name"] for row in rows] == [
        "'=1+1",
        "'+cmd",
        "'-2+3",
        "'@SUM(A1)",
        "'=x",
        "'＝x",
        "-10.00",
        "+5",
        "-1,234.5",
        "plain",
        "Mouse;'=1+1",
    ]
    assert b"Mouse;'=1+1" in b"".join(correctable_file(upload))


def test_the_correctable_file_has_the_rejected_rows_in_the_vendors_columns(run_upload: Run) -> None:
    upload = run_upload(
        "Notes;SKU *;vendor_product_id;Product Name;Category;Price;Stock Quantity\n"
        "keep me;S-1;V-1;Lamp;Audio;free;\n"
        "x;S-2;V-2;Cup;Audio;5.00;1\n"
    )
    text = b"".join(correctable_file(upload)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))  # as in the file
    assert rows[0] == [
        "Notes", "SKU *", "vendor_product_id", "Product Name", "Category", "Price",
        "Stock Quantity", corrections_column(upload.upload_id),
    ]  # fmt: skip
    assert rows[1][:7] == ["keep me", "S-1", "V-1", "Lamp", "Audio", "free", ""]
    assert "Price must be a number" in rows[1][7]
    assert "Stock Quantity is missing" in rows[1][7]
    assert len(rows) == 2
    assert upload.ignored_columns == ["Notes"]


def test_a_correctable_file_can_be_mended_and_uploaded(run_upload: Run) -> None:
    first = run_upload([good_row(1, price="free", product_name="=Lamp"), good_row(2)])
    text = b"".join(correctable_file(first)).decode("utf-8-sig")
    assert "'=Lamp" in text

    second = run_upload(text.replace("free", "5.00", 1))

    assert (second.status, second.valid_records, second.ignored_columns) == ("completed", 1, [])
    from catalog.models import Product

    assert Product.objects.get(sku="SKU-1").product_name == "=Lamp"


def test_cells_beyond_the_header_are_not_lost(run_upload: Run) -> None:
    upload = run_upload(
        "vendor_product_id,product_name,category,sku,price,stock_quantity\n"
        "V-1,Lamp, bright,Audio,S-1,5.00,1\n"
    )
    text = b"".join(correctable_file(upload)).decode("utf-8-sig")
    assert "This row has 7 values; the header has 6; cells beyond the last column: 1" in text


def test_row_ranges_in_words() -> None:
    assert row_ranges([(3, 7), (12, 12), (40, 41)]) == "3–7, 12, 40, 41"
    assert row_ranges([(2, 2), (4, 4), (6, 6)], 26) == "2, 4, 6 and 26 more"
    assert row_ranges([(2, 2)], 1) == "2 and 1 more"


def test_errors_of_one_kind_are_told_by_the_rows_they_stand_in(run_upload: Run) -> None:
    wrong = {*range(1, 6), 9, *range(20, 70, 2)}
    rows = [good_row(n, **({"price": "free"} if n in wrong else {})) for n in range(80)]
    rows[77]["price"] = "-1"
    rows[78]["stock_quantity"] = "x"
    groups = {group.error_type: group for group in error_groups(run_upload(rows))}
    assert list(groups) == ["INVALID_PRICE", "INVALID_STOCK"]
    price = groups["INVALID_PRICE"]
    assert price.count == len(wrong) + 1
    assert price.where == ("32 rows (3–7, 11, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40 and 16 more)")
    assert price.first_message == "Price must be a number such as 19.99 (was 'free')"
    assert groups["INVALID_STOCK"].where == "1 row (80)"


def test_a_report_holds_a_few_of_its_errors_at_a_time(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correctable_file_module, "ROWS_PER_FETCH", 10)
    upload = run_upload([good_row(n, price="free") for n in range(200)])
    most = 0
    for number, _ in enumerate(error_report.report_rows(upload)):
        if number % 17 == 0:  # a look at all objects takes long, and meets each place of a fetch
            most = max(most, sum(type(each) is RowError for each in gc.get_objects()))
    assert 0 < most <= 2 * 10
