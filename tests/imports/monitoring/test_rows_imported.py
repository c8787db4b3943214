"""The metric RowsImported: each imported row counts once, and nothing is ever taken back."""

import json
from collections.abc import Callable

import pytest

from imports import actions
from imports.models import Upload
from tests.conftest import drive
from tests.imports.dropping import as_json, imported
from tests.product_files import good_row

pytestmark = pytest.mark.django_db

Run = Callable[..., Upload]
Counted = Callable[[], list[int]]
WHEN = "2026-01-31T12:00:00Z"


@pytest.fixture
def counted(caplog: pytest.LogCaptureFixture) -> Counted:
    """The values of the metric since the last call."""
    caplog.set_level("INFO", logger="metrics")

    def values() -> list[int]:
        lines = [json.loads(found.message) for found in caplog.records if found.name == "metrics"]
        caplog.clear()
        return [line["RowsImported"] for line in lines if "RowsImported" in line]

    return values


def again(upload: Upload) -> None:
    """The same file, in a run of its own."""
    actions.retry(upload.upload_id, by=None)
    drive()


@pytest.mark.usefixtures("row_by_row")
def test_a_retry_of_products_counts_only_what_is_new(run_upload: Run, counted: Counted) -> None:
    upload = run_upload([good_row(1), good_row(2, category="Later"), good_row(3)])
    assert sum(counted()) == 2
    again(upload)
    assert sum(counted()) == 0


@pytest.mark.usefixtures("row_by_row")
def test_a_retry_of_an_update_counts_nothing_again(run_upload: Run, counted: Counted) -> None:
    run_upload([good_row(1)])
    counted()
    bad = {"vendor_product_id": "VP-9"}
    upload = run_upload([{"vendor_product_id": "VP-1", "price": "5.00"}, bad], mode="update")
    assert sum(counted()) == 1
    again(upload)
    assert sum(counted()) == 0


def test_a_check_counts_nothing(run_upload: Run, counted: Counted) -> None:
    run_upload([good_row(1)], mode="check")
    assert counted() == [0]


@pytest.mark.usefixtures("row_by_row")
def test_metrics_count_when_they_move_and_never_below_zero(counted: Counted) -> None:
    good = [{"name": f"m{n}", "value": n, "timestamp": WHEN} for n in range(3)]
    failed = imported("metrics/bad.json", as_json([*good, {"name": "x"}]))
    assert failed.status == "failed"
    assert set(counted()) == {0}
    imported("metrics/good.json", as_json(good))
    values = counted()
    assert sum(values) == 3
    assert min(values) == 0
    imported("metrics/same.json", as_json(good))
    assert set(counted()) == {0}


@pytest.mark.usefixtures("row_by_row", "clients")
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("client-data/uploads/a.csv", "email,name,company\na@example.com,A,M\nb@,B,M\n"),
        ("csv/a.csv", "one,two\n1,2\n1,2,3\n"),
    ],
)
def test_a_retry_of_items_counts_nothing_again(key: str, text: str, counted: Counted) -> None:
    upload = imported(key, text)
    assert upload.status == "partial"
    assert sum(counted()) == 1
    again(upload)
    assert sum(counted()) == 0
