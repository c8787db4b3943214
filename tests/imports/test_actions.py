"""Retry starts the next run; cancel ends the current one."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client

from catalog.models import Category, Product
from imports import actions
from imports.execution import lease
from imports.models import Action, Notification, RowError, Upload
from imports.storage import s3
from tests.conftest import arrived, drive, report_text
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


def test_a_retry_after_adding_a_category_imports_the_rest(run_upload: Run, reviewer: User) -> None:
    upload = run_upload([good_row(1), good_row(2, category="Footwear"), good_row(3)])
    assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 2, 1)
    first_product = Product.objects.get(sku="SKU-1").pk

    Category.objects.create(name="Footwear")
    actions.retry(upload.upload_id, by=reviewer)
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.run) == ("completed", 2)
    assert (upload.total_records, upload.valid_records, upload.error_records) == (3, 3, 0)
    assert upload.error_file_s3_key == ""
    assert Product.objects.count() == 3
    assert Product.objects.get(sku="SKU-1").pk == first_product
    assert not RowError.objects.filter(upload=upload).exists()
    assert [n.run for n in Notification.objects.order_by("run")] == [1, 2]
    assert Action.objects.get(kind="retry").by == reviewer


def test_a_row_that_becomes_clean_does_not_replace_an_imported_one(run_upload: Run) -> None:
    upload = run_upload([good_row(1, category="Footwear"), good_row(1)])
    assert upload.valid_records == 1

    Category.objects.create(name="Footwear")
    actions.retry(upload.upload_id, by=None)
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 1, 1)
    messages = set(RowError.objects.filter(row_number=2).values_list("error_message", flat=True))
    assert "SKU 'SKU-1' is already used in row 3 of this file" in messages
    assert Product.objects.get().upload_row == 3


def test_a_retry_without_changes_has_the_same_report(run_upload: Run) -> None:
    upload = run_upload([good_row(1), good_row(2, price="free"), good_row(3, stock_quantity="")])
    before = report_text(upload)

    actions.retry(upload.upload_id, by=None)
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.run) == ("partial", 2)
    assert report_text(upload) == before


def test_a_complete_upload_cannot_be_retried(run_upload: Run) -> None:
    upload = run_upload([good_row(1)])
    with pytest.raises(actions.NotPossible, match="nothing to retry"):
        actions.retry(upload.upload_id, by=None)


def test_an_upload_without_its_file_cannot_be_retried(run_upload: Run) -> None:
    upload = run_upload([good_row(1, price="free")])
    s3.delete_version(upload.s3_bucket, upload.s3_key, str(upload.s3_version))
    Upload.objects.update(source_deleted_at=upload.completed_at)
    with pytest.raises(actions.NotPossible, match="file is not stored"):
        actions.retry(upload.upload_id, by=None)


def test_cancel_keeps_imported_rows_and_reports_the_rows_read(
    vendor_a: Vendor, categories: list[str], settings: object, adam: User
) -> None:
    settings.BATCH_ROWS = 1  # type: ignore[attr-defined]
    settings.SLICE_SECONDS = 0  # type: ignore[attr-defined]
    long = "x" * 1_900
    rows = [good_row(n, description=long) for n in range(2, 300)]
    upload = arrived([good_row(1, price="free", description=long), *rows], vendor=vendor_a)
    advance_slices(2)  # staged, and one batch loaded
    upload.refresh_from_db()
    assert 0 < upload.processed_records < upload.total_records

    actions.cancel(upload.upload_id, by=adam)
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.step) == ("cancelled", "done")
    assert upload.not_processed > 0
    assert Product.objects.count() == upload.valid_records > 0
    assert len(report_text(upload).splitlines()) == 2
    mail = Notification.objects.get(upload=upload)
    assert f"Not Processed: {upload.not_processed}" in mail.text_body
    assert "CANCELLED" in mail.text_body


def test_a_canceled_worker_changes_nothing(vendor_a: Vendor, categories: list[str]) -> None:
    upload = arrived([good_row(1)], vendor=vendor_a)
    work = lease.claim()
    assert work is not None
    actions.cancel(upload.upload_id, by=None)
    with pytest.raises(lease.Fenced), work.batch() as locked:
        locked.status = "completed"
    upload.refresh_from_db()
    assert upload.status == "cancelled"


def test_an_ended_upload_cannot_be_canceled(run_upload: Run) -> None:
    upload = run_upload([good_row(1)])
    with pytest.raises(actions.NotPossible, match="already ended"):
        actions.cancel(upload.upload_id, by=None)


def advance_slices(count: int) -> None:
    from imports import pipeline

    for _ in range(count):
        assert pipeline.advance()


def test_an_upload_is_retried_a_few_times_in_ten_minutes(run_upload: Run, reviewer: User) -> None:
    upload = run_upload([good_row(1), good_row(2, price="free")])
    for _ in range(actions.MOST_RETRIES):
        actions.retry(upload.upload_id, by=reviewer)
        actions.cancel(upload.upload_id, by=reviewer)
        drive()
    with pytest.raises(actions.NotPossible, match=r"10 times in 10 minutes\. Try again in 10 min"):
        actions.retry(upload.upload_id, by=reviewer)
    Action.objects.update(at=Now() - actions.PACE)
    actions.retry(upload.upload_id, by=reviewer)


@pytest.fixture
def kept_locked(vendor_a: Vendor) -> Iterator[Upload]:
    """An upload whose row another session keeps locked, as a frozen worker does."""
    upload = arrived([good_row(1)], vendor=vendor_a)
    other = connection.copy()
    with transaction.atomic(), connection.cursor() as cursor:
        other.set_autocommit(False)
        with other.cursor() as theirs:
            theirs.execute(
                "SELECT 1 FROM upload_history WHERE upload_id = %s FOR UPDATE", [upload.pk]
            )
        cursor.execute("SET lock_timeout = 50")  # what the portal has, only shorter
    yield upload
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [actions.retry, actions.cancel])
def test_an_upload_that_stays_locked_is_busy(
    kept_locked: Upload, act: Callable[..., Upload]
) -> None:
    """People used to wait with the portal's threads; now they read that it passes."""
    with pytest.raises(actions.NotPossible, match="Wait a few seconds, then try again"):
        act(kept_locked.upload_id, by=None)


@pytest.mark.django_db(transaction=True)
def test_the_page_says_that_it_is_busy(kept_locked: Upload, client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(f"/uploads/{kept_locked.upload_id}/cancel/", follow=True)
    assert "Wait a few seconds, then try again" in answer.content.decode()
