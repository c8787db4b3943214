"""The periodic sweeps: each finds its work, and a second run changes nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.conf import settings as project
from django.utils.timezone import now

from imports import actions
from imports.execution import hints
from imports.intake.receive import open_upload, store
from imports.maintenance import missing_events, resume, retention
from imports.models import Alarm, Upload
from imports.monitoring import dead_letters
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
    retention.clean_up()
    assert versions(upload)

    Upload.objects.update(completed_at=long_ago(hours=25))
    assert retention.clean_up() == 1
    assert retention.clean_up() == 0

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

    assert retention.clean_up() == 0
    assert versions(waiting)
    assert versions(retried)


def test_history_is_kept_for_90_days(run_upload: Run) -> None:
    upload = run_upload([good_row(1, price="x")])
    Upload.objects.update(completed_at=long_ago(days=89))
    retention.clean_up()
    assert Upload.objects.filter(pk=upload.pk).exists()

    Upload.objects.update(completed_at=long_ago(days=91))
    retention.clean_up()
    assert not Upload.objects.filter(pk=upload.pk).exists()


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
