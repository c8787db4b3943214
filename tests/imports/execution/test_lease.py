"""Leases: which upload is claimed, and concurrent workers that do not interfere."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection
from django.db.models.functions import Now
from django.utils.timezone import now

from catalog.models import Product
from imports import actions, failures, pipeline
from imports.destinations.postgres import PostgresTable
from imports.execution import lease, retry_policy
from imports.models import Alarm, RowError, Upload
from imports.steps import load as load_step
from imports.validation.validate import validate
from tests.conftest import arrived, drive, import_due
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


def claimed() -> lease.Work:
    work = lease.claim()
    assert work is not None
    return work


def test_without_due_uploads_there_is_no_work(db: None) -> None:
    assert lease.claim() is None
    assert pipeline.advance() is None


def test_a_claimed_upload_is_not_claimed_again(vendor_a: Vendor) -> None:
    arrived([good_row(1)], vendor=vendor_a)
    claimed()
    assert lease.claim() is None


def test_an_upload_whose_lease_expired_is_claimed_with_a_new_token(vendor_a: Vendor) -> None:
    arrived([good_row(1)], vendor=vendor_a)
    first = claimed()
    Upload.objects.update(lease_until=now() - timedelta(seconds=1))
    second = claimed()
    assert second.token == first.token + 1
    with pytest.raises(lease.Fenced), first.batch():
        pass
    with second.batch():
        pass


def test_the_vendor_with_fewest_running_slices_is_served_first(
    vendor_a: Vendor, vendor_b: Vendor
) -> None:
    for number in range(3):
        arrived([good_row(number)], vendor=vendor_a)
    late = arrived([good_row(9)], vendor=vendor_b)
    assert claimed().upload.vendor_id == "VEND001"
    assert claimed().upload_id == late.upload_id


def test_of_one_vendor_the_upload_with_fewest_rows_left_is_served_first(vendor_a: Vendor) -> None:
    arrived([good_row(n) for n in range(500)], vendor=vendor_a)
    small = arrived([good_row(1)], vendor=vendor_a)
    assert claimed().upload_id == small.upload_id


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_failed_is_not_due_before_its_time(vendor_a: Vendor) -> None:
    arrived([good_row(1)], vendor=vendor_a)
    failures.record(claimed(), OSError("no space left on device"))
    upload = Upload.objects.get()
    assert upload.attempts == 1
    assert upload.next_attempt_at is not None
    assert upload.next_attempt_at > now()
    assert lease.claim() is None


def test_back_off_doubles_and_is_capped() -> None:
    longest = [
        max(retry_policy.backoff(attempts) for _ in range(200)) for attempts in (1, 2, 3, 50)
    ]
    base, top = project.RETRY_BASE_SECONDS, project.RETRY_MAX_SECONDS
    for seen, limit in zip(longest, (base, base * 2, base * 4, top), strict=True):
        assert limit / 2 <= seen <= limit


@pytest.mark.django_db(transaction=True)
def test_a_permanent_failure_ends_the_upload_and_raises_an_alarm(
    vendor_a: Vendor, categories: list[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.RETRY_BASE_SECONDS = 0

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(load_step, "validate", broken)
    upload = arrived([good_row(1)], vendor=vendor_a)
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.failure_code, upload.step) == ("failed", "INTERNAL", "done")
    assert "on our side" in upload.failure_message
    assert "disk is on fire" not in upload.failure_message
    assert "the disk is on fire" in Alarm.objects.get(kind="failed_upload").detail
    assert upload.can_be_retried

    monkeypatch.undo()
    actions.retry(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert upload.status == "completed"


@pytest.mark.django_db(transaction=True)
def test_progress_resets_the_attempts(
    vendor_a: Vendor, categories: list[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.RETRY_BASE_SECONDS = 0
    failed: list[int] = []

    def breaks_once(*arguments: Any, **more: Any) -> Any:
        if not failed:
            failed.append(1)
            raise OSError("once")
        return validate(*arguments, **more)

    monkeypatch.setattr(load_step, "validate", breaks_once)
    upload = arrived([good_row(1)], vendor=vendor_a)
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.attempts) == ("completed", 0)


def in_threads(count: int, work: Callable[[], None]) -> None:
    """Run `work` in several threads at once, each with a database connection of its own."""
    together = threading.Barrier(count)

    def one() -> None:
        try:
            together.wait(timeout=120)
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(one) for _ in range(count)]:
            done.result(timeout=120)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_import_everything_once(
    vendor_a: Vendor, vendor_b: Vendor, categories: list[str], settings: Any
) -> None:
    settings.SLICE_SECONDS = 0  # every batch is a slice of its own
    uploads = [
        arrived(
            [good_row(n * 100 + row, price="x" if row % 10 == 0 else "5") for row in range(60)],
            vendor=vendor_a if n % 2 else vendor_b,
        )
        for n in range(8)
    ]
    in_threads(4, drive)

    for upload in uploads:
        upload.refresh_from_db()
        assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 54, 6)
    assert Product.objects.count() == 8 * 54
    assert RowError.objects.count() == 8 * 6


@pytest.mark.django_db(transaction=True)
def test_two_vendors_with_the_same_skus_in_opposite_order(
    vendor_a: Vendor, vendor_b: Vendor, categories: list[str]
) -> None:
    rows = [good_row(n) for n in range(1_500)]
    first = arrived(rows, vendor=vendor_a)
    second = arrived(list(reversed(rows)), vendor=vendor_b)
    in_threads(2, drive)

    for upload in (first, second):
        upload.refresh_from_db()
        assert upload.step == "done"
        assert upload.attempts == 0
        assert upload.failure_code == ""
    assert first.valid_records + second.valid_records == 1_500 == Product.objects.count()
    assert set(RowError.objects.values_list("error_type", flat=True)) == {"DUPLICATE_SKU"}
    assert "VEND00" not in RowError.objects.all()[0].error_message


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("categories")
def test_a_key_that_is_committed_after_the_lookup(
    vendor_a: Vendor, vendor_b: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [good_row(1), good_row(2)]
    second = arrived([good_row(2)], vendor=vendor_b)
    Upload.objects.update(next_attempt_at=None)
    first = arrived(rows, vendor=vendor_a)
    insert = PostgresTable._insert
    waiting = [second.pk]

    def import_the_other() -> None:
        Upload.objects.filter(pk=waiting.pop()).update(next_attempt_at=Now())
        import_due()

    def insert_after_the_other(*args: Any) -> None:
        if waiting:
            in_threads(1, import_the_other)
        insert(*args)

    monkeypatch.setattr(PostgresTable, "_insert", insert_after_the_other)
    drive()
    first.refresh_from_db()
    assert (first.valid_records, first.error_records, first.attempts) == (1, 1, 0)
    assert Product.objects.get(sku="SKU-2").vendor == vendor_b
    error = RowError.objects.get()
    assert (error.upload_id, error.row_number, error.error_type) == (first.pk, 3, "DUPLICATE_SKU")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("row_by_row")
def test_only_the_last_batch_of_a_step_waits_for_the_disk(
    vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[str, str]] = []
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # the server of the tests never waits

    def ask(name: str) -> None:
        if name.endswith(".before_commit"):
            with connection.cursor() as cursor:
                cursor.execute("SHOW synchronous_commit")
                waits.append((name.removesuffix(".before_commit"), cursor.fetchone()[0]))

    monkeypatch.setattr(lease, "failpoint", ask)
    arrived([good_row(1), good_row(2)], vendor=vendor_a)
    drive()
    assert waits == [
        ("stage", "on"),
        ("load", "off"),
        ("load", "on"),
        ("report", "on"),
        ("notify", "on"),
    ]
    connection.close()
