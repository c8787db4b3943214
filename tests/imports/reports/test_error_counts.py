"""All errors are counted; only the first ones of a file are stored and listed."""

import csv
import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imports import actions
from imports.models import ErrorCounts, Notification, RowError, Upload
from imports.reports.correctable_file import correctable_file
from imports.reports.error_counts import counts_of
from imports.reports.result import result_of
from imports.reports.summary import error_groups
from imports.rules.columns import corrections_column
from imports.storage import staging
from tests.conftest import drive, report_text
from tests.product_files import good_row

Run = Callable[..., Upload]
MORE = "5 more errors in 3 rows are not listed."


@pytest.fixture
def small_batches(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BATCH_ROWS = 3
    monkeypatch.setattr(staging, "ROWS_PER_ITEM", 3)


@pytest.fixture
def at_most_four(settings: Any) -> None:
    settings.MAX_STORED_ERRORS = 4


def bad_rows() -> list[dict[str, str]]:
    """Seven rows, of which six have nine errors."""
    return [
        good_row(1, price="free"),
        good_row(2, price="x", stock_quantity="many"),
        good_row(3),
        good_row(4, price="-1", stock_quantity="-1"),  # errors 4 and 5
        good_row(5, category="Footware", price="0"),
        good_row(6, price="y"),
        good_row(7, price="z", stock_quantity="2.5"),
    ]


@pytest.mark.usefixtures("small_batches", "at_most_four")
def test_counts_are_exact_and_what_is_not_listed_is_said(run_upload: Run) -> None:
    upload = run_upload(bad_rows())

    assert (upload.valid_records, upload.error_records) == (1, 6)
    assert result_of(upload)["errors_by_type"] == {
        "INVALID_PRICE": 6,
        "INVALID_STOCK": 3,
        "INVALID_CATEGORY": 1,
    }
    price, stock, category = error_groups(upload)
    assert (price.count, price.rows) == (6, "2, 3, 5–8")
    assert (stock.count, stock.rows) == (3, "3, 5, 8")
    assert category.first_message.startswith("Category 'Footware'")
    # A row's errors are stored together.
    assert list(RowError.objects.values_list("row_number", flat=True)) == [2, 3, 3, 5, 5]
    assert report_text(upload).splitlines()[-1] == f",,,,,{MORE},,,,,,notice"
    mail = Notification.objects.get()
    assert MORE in mail.text_body
    assert MORE in mail.html_body


@pytest.mark.usefixtures("small_batches", "at_most_four")
def test_the_file_to_fix_says_what_it_lacks_and_comes_back(run_upload: Run) -> None:
    upload = run_upload(bad_rows())
    text = b"".join(correctable_file(upload)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["sku"] for row in rows] == ["SKU-1", "SKU-2", "SKU-4"]
    assert [MORE in row[corrections_column(upload.upload_id)] for row in rows] == [
        False,
        False,
        True,
    ]
    again = run_upload(text)
    assert (again.total_records, again.error_records) == (3, 3)


@pytest.mark.usefixtures("at_most_four")
def test_pages_show_exact_counts_and_what_is_not_listed(
    run_upload: Run, client: Client, alice: Any, reviewer: Any
) -> None:
    upload = run_upload(bad_rows(), by=alice)
    for person, path in ((alice, "/uploads/"), (reviewer, "/admin/imports/upload/")):
        client.force_login(person)
        suffix = "change/" if "admin" in path else ""
        page = client.get(f"{path}{upload.upload_id}/{suffix}").content.decode()
        assert MORE in page
        assert "10" in page


def test_without_a_limit_reached_nothing_is_said(run_upload: Run) -> None:
    upload = run_upload(bad_rows())
    assert "not listed" not in report_text(upload)
    assert "not listed" not in Notification.objects.get().text_body
    assert RowError.objects.count() == 10 == counts_of(upload).errors


@pytest.mark.usefixtures("small_batches", "at_most_four")
def test_a_retry_counts_from_the_beginning(run_upload: Run) -> None:
    upload = run_upload(bad_rows())
    before = error_groups(upload)
    actions.retry(upload.upload_id, by=None)
    assert not ErrorCounts.objects.exists()
    drive()
    upload.refresh_from_db()
    assert error_groups(upload) == before


@pytest.mark.usefixtures("small_batches")
def test_errors_of_an_earlier_version_are_counted_from_the_table(run_upload: Run) -> None:
    """It rejected all rows, or the first ones: two versions run side by side at a deployment."""
    upload = run_upload(bad_rows())
    [counts] = ErrorCounts.objects.all()
    before = error_groups(upload)
    ErrorCounts.objects.all().delete()
    assert error_groups(upload) == before
    ErrorCounts.objects.update(rows=1, stored_rows=1, stored_errors=1, kinds=counts.kinds[:1])
    assert error_groups(upload) == before
    assert counts_of(upload).rows == counts.rows == 6


@pytest.mark.usefixtures("small_batches")
def test_errors_of_an_earlier_version_are_counted_once(
    run_upload: Run, django_assert_num_queries: Any
) -> None:
    """Each look at a page with 100,000 errors would take a third of a second otherwise."""
    upload = run_upload(bad_rows())
    ErrorCounts.objects.all().delete()
    counted = counts_of(upload)
    with django_assert_num_queries(1):
        assert counts_of(upload).content == counted.content


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(20))
def test_counting_batch_by_batch_equals_counting_the_table(seed: int, run_upload: Run) -> None:
    """Whatever the rows, their errors and the sizes of batches."""
    chance = random.Random(seed)
    upload = run_upload([good_row(1)])
    counts = ErrorCounts(upload=upload, run=1)
    number = 1
    for _ in range(chance.randint(1, 6)):
        rows = []
        for _ in range(chance.randint(0, 40)):
            number += chance.choice((1, 1, 1, 2, 5))
            kinds = chance.sample([("price", "A"), ("price", "B"), ("", "A"), ("sku", "C")], 2)
            rows.append((number, [(c, t, f"{number} {c} {t}") for c, t in kinds]))
        counts.add(rows, most=10**9)
        for row, errors in rows:
            for column, code, message in errors:
                RowError.objects.create(
                    upload=upload, run=1, row_number=row, column_name=column, error_type=code,
                    error_message=message,
                )  # fmt: skip
    counts.save()
    upload.error_records = counts.rows
    counted = error_groups(upload)
    ErrorCounts.objects.all().delete()
    assert error_groups(upload) == counted
