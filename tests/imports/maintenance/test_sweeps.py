"""The periodic sweeps: each finds its work, and a second run changes nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.conf import settings as project
from django.db.models import QuerySet
from django.utils.timezone import now

from imports import actions, tasks
from imports.execution import hints
from imports.intake.receive import open_upload, store
from imports.maintenance import erasure, missing_events, resume, retention
from imports.models import Alarm, Upload
from imports.monitoring import dead_letters, sweeping
from imports.monitoring.queues import client as queue_client
from imports.monitoring.queues import messages_in
from imports.storage import s3
from tests.conftest import arrived, drive
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


@pytest.fixture
def imports_queue() -> Iterator[str]:
    """The imports queue, empty before and after."""
    sqs = boto3.client("sqs", region_name=project.AWS_REGION, endpoint_url=project.AWS_ENDPOINT_URL)
    sqs.purge_queue(QueueUrl=project.IMPORTS_QUEUE_URL)
    yield project.IMPORTS_QUEUE_URL
    sqs.purge_queue(QueueUrl=project.IMPORTS_QUEUE_URL)


def long_ago(**hours: float) -> Any:
    return now() - timedelta(**hours)


def test_a_due_upload_without_a_hint_gets_one(vendor_a: Vendor, imports_queue: str) -> None:
    arrived([good_row(1)], vendor=vendor_a)
    assert resume.resume_stalled() == 0  # its own hint is probably in transit

    Upload.objects.update(next_attempt_at=long_ago(minutes=1))
    assert resume.resume_stalled() == 1
    assert messages_in(imports_queue) == 1

    assert resume.resume_stalled() == 0  # one hint for one upload is enough


def test_an_upload_under_lease_is_left_alone(vendor_a: Vendor, imports_queue: str) -> None:
    arrived([good_row(1)], vendor=vendor_a)
    Upload.objects.update(
        next_attempt_at=long_ago(minutes=1), lease_until=now() + timedelta(seconds=30)
    )
    assert resume.resume_stalled() == 0

    Upload.objects.update(lease_until=long_ago(seconds=1))
    assert resume.resume_stalled() == 1


def test_a_hint_that_cannot_be_sent_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "503", "Message": "down"}}, "SendMessage")

    monkeypatch.setattr("imports.execution.hints.current_app.send_task", unreachable)
    assert hints.send_hint() is False


def test_a_form_upload_whose_file_never_arrives_fails(vendor_a: Vendor, imports_queue: str) -> None:
    upload = open_upload(
        vendor=vendor_a, dataset="products", mode="create", file_name="a.csv", size=1, by=None
    )
    resume.resume_stalled()
    drive()
    upload.refresh_from_db()
    assert upload.status == "received"

    Upload.objects.update(upload_timestamp=long_ago(minutes=16))
    resume.resume_stalled()
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.failure_code) == ("failed", "NEVER_ARRIVED")
    assert "15 minutes" in upload.failure_message
    assert not upload.can_be_retried


def test_a_form_upload_whose_event_is_late_is_imported_and_not_refused(
    vendor_a: Vendor, categories: list[str], imports_queue: str
) -> None:
    """The forwarder has been away for longer than an upload waits for its object."""
    body = csv_bytes([good_row(1)])
    stored, lost = (
        open_upload(
            vendor=vendor_a, dataset="products", mode="create", file_name=name, size=1, by=None
        )
        for name in ("a.csv", "a.cs")
    )
    store(stored, BytesIO(body))
    Upload.objects.update(upload_timestamp=long_ago(minutes=16))

    resume.resume_stalled()
    drive()

    for upload in (stored, lost):
        upload.refresh_from_db()
    assert (stored.status, stored.valid_records) == ("completed", 1)
    assert lost.failure_code == "NEVER_ARRIVED"


def test_an_object_without_an_event_is_found(
    vendor_a: Vendor, categories: list[str], settings: Any
) -> None:
    settings.EVENT_GRACE_SECONDS = 0
    missing_events.find_missing_events()  # objects of other tests
    Upload.objects.all().delete()
    key = "uploads/VEND001/no_event.csv"
    version = s3.put(project.S3_BUCKET, key, csv_bytes([good_row(1)]), "text/csv")

    assert missing_events.find_missing_events() >= 1
    upload = Upload.objects.get(s3_key=key)
    assert upload.s3_version == version
    count = Upload.objects.count()
    assert missing_events.find_missing_events() == 0
    assert Upload.objects.count() == count


def test_a_copy_that_a_repeated_put_left_is_deleted_and_not_imported(
    run_upload: Run, settings: Any
) -> None:
    settings.EVENT_GRACE_SECONDS = 0
    upload = run_upload([good_row(1)], mode="check")
    copy = s3.client().copy_object(
        Bucket=upload.s3_bucket,
        Key=upload.s3_key,
        CopySource={"Bucket": upload.s3_bucket, "Key": upload.s3_key},
        MetadataDirective="REPLACE",
    )
    Upload.objects.update(source_etag=copy["CopyObjectResult"]["ETag"].strip('"'))
    missing_events.find_missing_events()

    assert [found.version for found in versions(upload)] == [upload.s3_version]
    assert Upload.objects.filter(s3_key=upload.s3_key).count() == 1


def versions(upload: Upload) -> list[s3.ListedVersion]:
    return list(s3.list_versions(upload.s3_bucket, upload.s3_key))


def test_the_source_of_an_upload_is_deleted_permanently_after_its_time(run_upload: Run) -> None:
    upload = run_upload([good_row(1, price="x")])
    retention.delete_sources()
    assert versions(upload)

    Upload.objects.update(completed_at=long_ago(hours=25))
    assert retention.delete_sources() == 1
    assert retention.delete_sources() == 0

    upload.refresh_from_db()
    assert not versions(upload)
    assert upload.source_deleted_at is not None
    assert not upload.can_be_retried


def test_the_source_of_an_upload_that_has_not_ended_is_kept(
    run_upload: Run, vendor_a: Vendor
) -> None:
    waiting = arrived([good_row(5)], vendor=vendor_a)
    Upload.objects.update(upload_timestamp=long_ago(days=30))
    retried = run_upload([good_row(1, price="x")])
    actions.retry(retried.upload_id, by=None)

    assert retention.delete_sources() == 0
    assert versions(waiting)
    assert versions(retried)


def test_history_is_kept_for_90_days(run_upload: Run) -> None:
    upload = run_upload([good_row(1, price="x")])
    Upload.objects.update(completed_at=long_ago(days=89))
    retention.delete_history()
    assert Upload.objects.filter(pk=upload.pk).exists()

    Upload.objects.update(completed_at=long_ago(days=91))
    retention.delete_sources()
    retention.delete_history()
    assert not Upload.objects.filter(pk=upload.pk).exists()


def broken_delete(
    monkeypatch: pytest.MonkeyPatch, broken: set[str], code: str = "AccessDenied"
) -> list[str]:
    """Let S3 refuse to delete these keys; returns the list of keys that were asked for."""
    asked: list[str] = []
    delete = s3.delete_version

    def refuse(bucket: str, key: str, version: str) -> None:
        asked.append(key)
        if key in broken:
            raise ClientError({"Error": {"Code": code, "Message": "locked"}}, "DeleteObject")
        delete(bucket, key, version)

    monkeypatch.setattr(s3, "delete_version", refuse)
    return asked


def ended_long_ago(run_upload: Run, count: int) -> list[Upload]:
    """Uploads whose files are to be deleted, the oldest first."""
    uploads = [run_upload([good_row(1, price="x")]) for _ in range(count)]
    for number, upload in enumerate(uploads):
        upload.completed_at = long_ago(hours=50 - number)
        upload.save()
    return uploads


def test_one_file_that_cannot_be_deleted_does_not_stop_the_others(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, *others = ended_long_ago(run_upload, 3)
    broken_delete(monkeypatch, {locked.s3_key})
    assert retention.delete_sources() == 2
    assert retention.delete_sources() == 0

    assert not any(versions(upload) for upload in others)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject) == ("failed_sweep", "delete_sources")
    assert locked.upload_id in alarm.detail


def test_many_files_that_cannot_be_deleted_do_not_block_the_sweep(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep takes a bounded number, and those that failed before come last."""
    monkeypatch.setattr(retention, "MAX_DELETIONS_PER_SWEEP", 2)
    *locked, last = ended_long_ago(run_upload, 4)
    broken_delete(monkeypatch, {upload.s3_key for upload in locked})
    deleted = [retention.delete_sources() for _ in range(2)]
    assert deleted == [0, 1]
    assert not versions(last)


def test_an_outage_of_the_storage_raises_no_alarm_until_it_lasts(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    [upload] = ended_long_ago(run_upload, 1)
    broken_delete(monkeypatch, {upload.s3_key}, code="SlowDown")
    for _ in range(project.MAX_ATTEMPTS - 1):
        retention.delete_sources()
    assert not Alarm.objects.exists()
    retention.delete_sources()
    assert upload.upload_id in Alarm.objects.get().detail


def test_a_sweep_ends_after_a_minute(run_upload: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "MAX_SECONDS", -1)
    ended_long_ago(run_upload, 1)
    assert retention.delete_sources() == 0


POISON = ("\0.csv", "\x01.csv", "\ufffe.csv", "\u202efdp.csv", "a\nb.csv", "100%&<>+.csv")


def test_no_key_stops_the_search_for_missing_events(
    vendor_a: Vendor, categories: list[str], settings: Any
) -> None:
    settings.EVENT_GRACE_SECONDS = 0
    missing_events.find_missing_events()  # objects of other tests
    Alarm.objects.all().delete()
    body = csv_bytes([good_row(1)])
    stored = [f"uploads/VEND001/sweep-{name}" for name in (*POISON, "last.csv")]
    written = {key: s3.put(project.S3_BUCKET, key, body, "text/csv") for key in stored}
    try:
        assert missing_events.find_missing_events() == len(stored) - 1
        found = set(Upload.objects.values_list("s3_key", flat=True))
        assert set(stored) - found == {"uploads/VEND001/sweep-\0.csv"}
        alarm = Alarm.objects.get()
        assert (alarm.kind, alarm.subject) == ("failed_sweep", "find_missing_events")
        assert missing_events.find_missing_events() == 0
    finally:
        for key, version in written.items():
            s3.delete_version(project.S3_BUCKET, key, version)


def test_one_upload_that_cannot_be_refused_does_not_stop_resuming(
    vendor_a: Vendor, imports_queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        open_upload(
            vendor=vendor_a, dataset="products", mode="create", file_name="a.csv", size=1, by=None
        )
        for _ in range(2)
    )
    Upload.objects.update(upload_timestamp=long_ago(minutes=16))
    refuse = Upload.refuse

    def raises(upload: Upload, *reason: str) -> None:
        if upload.pk == first.pk:
            raise KeyError("no such refusal")
        refuse(upload, *reason)

    monkeypatch.setattr(Upload, "refuse", raises)
    resume.resume_stalled()
    second.refresh_from_db()
    assert second.failure_code == "NEVER_ARRIVED"
    assert Alarm.objects.get().subject == "refuse_never_arrived"


def test_one_part_of_the_clean_up_that_fails_does_not_stop_the_others(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises() -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(erasure, "erase_personal_data", raises)
    [upload] = ended_long_ago(run_upload, 1)
    tasks.clean_up()
    assert not versions(upload)
    assert Alarm.objects.get().subject == "clean_up"


def test_history_is_deleted_in_small_pieces(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    """However many errors an upload has, no statement deletes more than a bounded number."""
    monkeypatch.setattr(retention, "ROWS_PER_DELETION", 10)
    run_upload([good_row(number, price="x") for number in range(35)])
    Upload.objects.update(completed_at=long_ago(days=91))
    retention.delete_sources()
    deleted: list[int] = []
    delete = QuerySet.delete

    def counted(rows: Any) -> Any:
        found = delete(rows)
        deleted.append(found[0])
        return found

    monkeypatch.setattr(QuerySet, "delete", counted)
    assert retention.delete_history() == 1
    assert max(deleted) == 10
    assert not Upload.objects.exists()


def test_a_dead_letter_raises_one_alarm(db: None) -> None:
    sqs = queue_client()
    sqs.purge_queue(QueueUrl=project.EVENTS_DEAD_LETTER_URL)
    dead_letters.watch_dead_letters()
    assert not Alarm.objects.filter(subject="queue events").exists()

    sqs.send_message(QueueUrl=project.EVENTS_DEAD_LETTER_URL, MessageBody="poison")
    dead_letters.watch_dead_letters()
    dead_letters.watch_dead_letters()

    assert Alarm.objects.get(subject="queue events").kind == "dead_letter"
    sqs.purge_queue(QueueUrl=project.EVENTS_DEAD_LETTER_URL)
