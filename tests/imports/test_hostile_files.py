"""Every hostile file goes through S3, DynamoDB and PostgreSQL and ends in a clear result."""

import csv
import io
from collections.abc import Callable

import pytest

from catalog.models import Category, Product
from imports.management.commands.load_demo import CATEGORIES
from imports.models import RowError, Upload
from imports.rules.refusals import REFUSALS
from tests.conftest import report_text
from tests.imports.hostile.corpus import CORPUS, Hostile

Run = Callable[..., Upload]


@pytest.fixture
def approved(categories: list[str]) -> None:
    for name in CATEGORIES:
        Category.objects.get_or_create(name=name)


@pytest.mark.slow
@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_hostile_file_ends_in_a_clear_result(case: Hostile, run_upload: Run) -> None:
    upload = run_upload(case.data)

    found = set(
        RowError.objects.filter(upload=upload)
        .errors()
        .values_list("row_number", "column_name", "error_type")
    )
    assert upload.step == "done"
    assert upload.failure_code == (case.refusal or "")
    assert found == case.errors
    assert upload.valid_records == case.valid == Product.objects.count()
    assert upload.valid_records + upload.error_records == upload.total_records
    assert upload.error_records == len({row for row, _, _ in case.errors})
    if case.refusal:
        assert upload.status == "failed"
        assert upload.failure_message
        assert "{" not in upload.failure_message
        assert REFUSALS[case.refusal].remedy
    elif case.errors:
        assert_report_is_safe_and_complete(upload, case)


def assert_report_is_safe_and_complete(upload: Upload, case: Hostile) -> None:
    lines = list(csv.DictReader(io.StringIO(report_text(upload), newline="")))
    assert {(int(line["Row Number"]), line["Error Type"]) for line in lines} == {
        (row, error_type) for row, _, error_type in case.errors
    }
    assert len(lines) == len(case.errors)
    for line in lines:
        assert line["Error Message"]
        assert line["How To Fix"]
        assert not any(cell.startswith(("=", "@", "\t", "\r")) for cell in line.values())


@pytest.mark.usefixtures("approved")
def test_a_row_with_too_many_cells_is_rejected_and_not_the_file(run_upload: Run) -> None:
    upload = run_upload(
        "vendor_product_id,product_name,category,sku,price,stock_quantity,description\n"
        'V-1,Lamp,Audio,S-1,5.00,1,"Bright, warm,\nand cheap",surplus\n'
        "V-2,Cup,Audio,S-2,5.00,1,\n"
    )
    assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 1, 1)
    assert RowError.objects.get().error_type == "COLUMN_COUNT"
