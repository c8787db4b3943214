"""One upload per object version, in whatever order and number its events arrive."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5
from io import BytesIO
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.timezone import now

from catalog.models import Product
from imports import actions
from imports.formats import file_types
from imports.intake import s3_events
from imports.intake.receive import (
    UPLOAD_ID,
    Arrival,
    clean_file_name,
    new_upload_id,
    object_arrived,
    open_upload,
    store,
)
from imports.intake.s3_events import UnreadableEvent, arrivals
from imports.models import Alarm, Notification, Upload
from imports.storage import s3
from tests.conftest import drive
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

BUCKET = "any-bucket"


def dropped(key: str, version: str = "v1", size: int = 10) -> Upload:
    upload = object_arrived(Arrival(settings.S3_BUCKET, key, version, size))
    assert upload is not None
    return upload


def form_upload(
    vendor: Vendor, *, mode: str = "update", only_check: bool = False, by: User | None = None
) -> Upload:
    return open_upload(
        vendor=vendor,
        dataset="products",
        mode=mode,
        only_check=only_check,
        file_name="a.csv",
        size=3,
        by=by,
    )


def test_an_upload_id_is_time_and_a_random_part() -> None:
    assert UPLOAD_ID.fullmatch(new_upload_id())


def test_a_dropped_file_becomes_an_upload_of_the_vendor_of_its_prefix(vendor_a: Vendor) -> None:
    upload = dropped("uploads/VEND001/spring/prices.csv")
    assert (upload.vendor, upload.file_name, upload.mode) == (vendor_a, "prices.csv", "create")
    assert upload.next_attempt_at is not None


def test_the_same_event_again_changes_nothing(vendor_a: Vendor) -> None:
    first = dropped("uploads/VEND001/prices.csv")
    assert dropped("uploads/VEND001/prices.csv") == first
    assert Upload.objects.count() == 1


def test_a_new_version_of_an_object_is_a_new_upload(vendor_a: Vendor) -> None:
    first = dropped("uploads/VEND001/prices.csv", "v1")
    second = dropped("uploads/VEND001/prices.csv", "v2")
    assert first != second


def test_the_event_of_a_forms_object_sets_its_version_once(vendor_a: Vendor) -> None:
    upload = form_upload(vendor_a)
    assert upload.next_attempt_at is None

    assert dropped(upload.s3_key, "v1", 77) == upload
    assert dropped(upload.s3_key, "v1", 77) == upload

    upload.refresh_from_db()
    assert (upload.s3_version, upload.file_size, upload.mode) == ("v1", 77, "update")
    assert upload.next_attempt_at is not None
    assert Upload.objects.count() == 1


def stored_again(upload: Upload, body: bytes, *, at: datetime | None = None) -> Upload:
    """The upload of another version of a form's object."""
    version = s3.put(upload.s3_bucket, upload.s3_key, body, "text/csv")
    etag = md5(body, usedforsecurity=False).hexdigest()
    found = object_arrived(
        Arrival(upload.s3_bucket, upload.s3_key, version, len(body), etag, at or now())
    )
    assert found is not None
    return found


def test_a_forms_object_that_is_written_twice_is_one_upload(
    vendor_a: Vendor, categories: list[str]
) -> None:
    body = csv_bytes([good_row(1)])
    upload = form_upload(vendor_a, mode="check")

    assert stored_again(upload, body) == upload
    assert stored_again(upload, body) == upload
    drive()
    assert stored_again(upload, body) == upload
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.mode, Upload.objects.count()) == ("completed", "check", 1)
    assert not Product.objects.exists()
    assert Notification.objects.count() == 1


def test_other_content_under_a_forms_key_is_an_upload_like_the_forms(
    vendor_a: Vendor, categories: list[str], alice: User
) -> None:
    upload = form_upload(vendor_a, mode="check", by=alice)
    stored_again(upload, csv_bytes([good_row(1)]))

    other = stored_again(upload, csv_bytes([good_row(2)]))
    drive()

    assert other != upload
    other.refresh_from_db()
    assert (other.mode, other.uploaded_by, other.vendor) == ("check", alice, vendor_a)
    assert (other.dataset, other.status) == ("products", "completed")
    assert not Product.objects.exists()


def test_a_file_that_is_restored_after_its_deletion_is_imported_again(
    vendor_a: Vendor, categories: list[str]
) -> None:
    body = csv_bytes([good_row(1)])
    upload = form_upload(vendor_a, mode="check")
    stored_again(upload, body)
    drive()
    Upload.objects.update(source_deleted_at=now())

    late = stored_again(upload, body, at=now() - timedelta(minutes=1))
    restored = stored_again(upload, body, at=now() + timedelta(minutes=1))

    assert late == upload
    assert restored != upload
    assert restored.mode == "check"


def test_a_forms_file_is_only_checked_even_if_the_database_has_forgotten_it(
    vendor_a: Vendor, categories: list[str]
) -> None:
    upload = form_upload(vendor_a, mode="check")
    store(upload, BytesIO(csv_bytes([good_row(1)])))
    Upload.objects.all().delete()

    (listed,) = s3.list_versions(upload.s3_bucket, upload.s3_key)
    found = object_arrived(Arrival.of_listed(listed))
    drive()

    assert found is not None
    found.refresh_from_db()
    assert (found.mode, found.status, found.valid_records) == ("check", "completed", 1)
    assert not Product.objects.exists()


def test_a_check_of_an_update_stays_one(vendor_a: Vendor, categories: list[str]) -> None:
    """Also another version of its object, and a row that the database has forgotten."""
    upload = form_upload(vendor_a, mode="update", only_check=True)
    store(upload, BytesIO(csv_bytes([good_row(1)])))
    (listed,) = s3.list_versions(upload.s3_bucket, upload.s3_key)
    object_arrived(Arrival.of_listed(listed))
    other = stored_again(upload, csv_bytes([good_row(2)]))
    Upload.objects.filter(pk=upload.pk).delete()

    found = object_arrived(Arrival.of_listed(listed))
    assert found is not None
    drive()

    for one in (found, other):
        one.refresh_from_db()
        assert (one.base_mode, one.is_check, one.valid_records) == ("update", True, 1)
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_a_forms_file_is_stored_once_however_often_it_is_sent() -> None:
    upload = open_upload(
        vendor=None, dataset="csv", mode="check", file_name="a.csv", size=4, by=None
    )
    for _ in range(3):  # as the SDK does when a reply is lost
        store(upload, BytesIO(b"a\n1\n"))
    (stored,) = s3.list_versions(upload.s3_bucket, upload.s3_key)
    assert stored.size == 4


class Conflict:
    """The body of S3's reply to a conditional PUT while an earlier one is in progress."""

    def stream(self) -> Iterator[bytes]:
        yield b"<Error><Code>ConditionalRequestConflict</Code></Error>"


@pytest.fixture
def conflicts() -> Iterator[list[int]]:
    """Statuses with which S3 answers the next PUTs, which it does not execute."""
    statuses: list[int] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not statuses:
            return None
        return AWSResponse(request.url, statuses.pop(), HTTPHeaders(), Conflict())

    events: Any = s3.client().meta.events  # its types know no hook that answers
    events.register("before-send.s3.PutObject", answer)
    yield statuses
    events.unregister("before-send.s3.PutObject", answer)


@pytest.mark.django_db
def test_a_put_that_meets_its_own_earlier_request_is_sent_again(conflicts: list[int]) -> None:
    upload = open_upload(
        vendor=None, dataset="csv", mode="check", file_name="a.csv", size=4, by=None
    )
    conflicts += [409] * 2
    store(upload, BytesIO(b"a\n1\n"))
    (stored,) = s3.list_versions(upload.s3_bucket, upload.s3_key)
    assert (stored.size, conflicts) == (4, [])


@pytest.mark.django_db
def test_a_put_is_not_sent_again_forever(conflicts: list[int]) -> None:
    upload = open_upload(
        vendor=None, dataset="csv", mode="check", file_name="a.csv", size=4, by=None
    )
    conflicts += [409] * 99
    with pytest.raises(ClientError):
        store(upload, BytesIO(b"a\n1\n"))
    assert conflicts
    assert not list(s3.list_versions(upload.s3_bucket, upload.s3_key))


def test_a_dropped_file_is_as_new_as_its_event_says(vendor_a: Vendor) -> None:
    at = datetime(2026, 11, 20, 9, 30, 0, 123_000, UTC)
    key = "uploads/VEND001/a.csv"
    for moment in (at, at + timedelta(hours=1)):
        upload = object_arrived(Arrival(settings.S3_BUCKET, key, "v1", 3, "mark", moment))
    assert upload is not None
    assert upload.content_at == at


def test_the_time_of_the_content_is_set_once(vendor_a: Vendor) -> None:
    first = datetime(2026, 11, 20, 9, 30, 0, 123_000, UTC)
    upload = form_upload(vendor_a)
    for at in (first, first + timedelta(hours=1)):
        object_arrived(Arrival(upload.s3_bucket, upload.s3_key, "v1", 3, "mark", at))
    upload.refresh_from_db()
    assert upload.stored_at == first


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_a_forms_object_that_arrives_after_the_end_changes_no_status(
    status: str, vendor_a: Vendor
) -> None:
    upload = form_upload(vendor_a)
    Upload.objects.update(status=status, step="done")

    assert dropped(upload.s3_key, "v1") == upload

    upload.refresh_from_db()
    assert (upload.status, upload.s3_version, upload.next_attempt_at) == (status, "v1", None)
    assert Upload.objects.count() == 1
    assert upload.can_be_retried


def test_an_upload_id_that_we_did_not_issue_is_a_folder_like_any_other(vendor_a: Vendor) -> None:
    upload = dropped("uploads/VEND001/UPLOAD_20240101_000000_ABCDEF/a.csv")
    assert upload.upload_id != "UPLOAD_20240101_000000_ABCDEF"
    assert upload.vendor == vendor_a


def test_another_vendors_upload_id_in_a_key_does_not_reach_that_upload(
    vendor_a: Vendor, vendor_b: Vendor
) -> None:
    upload = form_upload(vendor_a)
    other = dropped(f"uploads/VEND002/{upload.upload_id}/a.csv")
    assert (other.vendor, other == upload) == (vendor_b, False)
    upload.refresh_from_db()
    assert upload.s3_version is None


@pytest.mark.parametrize("key", ["uploads/NOBODY/a.csv", "uploads/a.csv", "uploads//a.csv"])
def test_a_file_of_an_unknown_vendor_fails_and_raises_an_alarm(key: str, vendor_a: Vendor) -> None:
    upload = dropped(key)
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.failure_code) == ("failed", "UNKNOWN_VENDOR")
    assert Alarm.objects.get().kind == "unknown_vendor"
    assert Notification.objects.get().to == settings.NOTIFICATION_EMAIL


def test_an_upload_can_be_retried_after_its_vendor_was_added(
    vendor_a: Vendor, categories: list[str]
) -> None:
    body = csv_bytes([good_row(1)])
    key = "uploads/VEND777/a.csv"
    version = s3.put(settings.S3_BUCKET, key, body, "text/csv")
    upload = dropped(key, version, len(body))
    drive()

    Vendor.objects.create(vendor_id="VEND777", name="Late but here")
    actions.retry(upload.upload_id, by=None)
    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.vendor_id) == ("completed", "VEND777")


def test_a_file_of_an_inactive_vendor_is_refused(vendor_a: Vendor) -> None:
    Vendor.objects.update(is_active=False)
    upload = dropped("uploads/VEND001/a.csv")
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.failure_code) == ("failed", "INACTIVE_VENDOR")


def test_a_file_that_its_owner_deleted_is_refused(vendor_a: Vendor, categories: list[str]) -> None:
    key = "uploads/VEND001/a.csv"
    version = s3.put(settings.S3_BUCKET, key, csv_bytes([good_row(1)]), "text/csv")
    upload = dropped(key, version)
    s3.delete_version(settings.S3_BUCKET, key, version)

    drive()

    upload.refresh_from_db()
    assert (upload.status, upload.failure_code) == ("failed", "FILE_DELETED")
    assert upload.is_refused
    assert not upload.can_be_retried
    assert not Alarm.objects.exists()
    mail = Notification.objects.get()
    assert mail.subject == "Product Upload Refused - a.csv"
    assert "Upload the file again" in mail.text_body


def test_a_folder_created_in_the_console_is_no_upload(vendor_a: Vendor) -> None:
    assert object_arrived(Arrival(settings.S3_BUCKET, "uploads/VEND001/", "v", 0)) is None


def test_an_object_without_a_data_set_is_no_upload(db: None) -> None:
    assert object_arrived(Arrival(settings.S3_BUCKET, "other/VEND001/a.csv", "v", 1)) is None


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("prices.csv", "prices.csv"),
        ("../../x.csv", "x.csv"),
        (r"C:\Users\me\x.csv", "x.csv"),
        ("a\r\nb.csv", "ab.csv"),
        ("\u202egpj.csv", "gpj.csv"),
        ('<img onerror="x">.csv', '<img onerror="x">.csv'),
        ("", "upload.csv"),
        ("..", "upload.csv"),
        ("x" * 300 + ".csv", "x" * 146 + ".csv"),
        ("ü" * 300 + ".csv", "ü" * 73 + ".csv"),
    ],
)
def test_a_file_name_is_display_text_and_no_path(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


def event(*keys: str, name: str = "ObjectCreated:Put") -> str:
    records = [
        {
            "eventName": name,
            "eventTime": "2026-11-20T09:30:00.123Z",
            "unknown": {"field": 1},
            "s3": {
                "bucket": {"name": BUCKET},
                "object": {"key": quote_plus(key), "versionId": "v", "size": 5},
            },
        }
        for key in keys
    ]
    return json.dumps({"Records": records})


def test_keys_in_events_are_url_encoded() -> None:
    key = "uploads/VEND001/a+b%2B é ü.csv"
    at = datetime(2026, 11, 20, 9, 30, 0, 123_000, UTC)
    assert arrivals(event(key)) == [Arrival(BUCKET, key, "v", 5, stored_at=at)]


def test_one_message_may_hold_several_records() -> None:
    assert [arrival.key for arrival in arrivals(event("uploads/a", "uploads/b"))] == [
        "uploads/a",
        "uploads/b",
    ]


def test_the_test_event_and_deletions_are_not_arrivals() -> None:
    assert arrivals('{"Service":"Amazon S3","Event":"s3:TestEvent"}') == []
    assert arrivals(event("uploads/a", name="ObjectRemoved:Delete")) == []


@pytest.mark.parametrize(
    "body",
    [
        *("", "nonsense", "[]", "null", "{}", '{"Records": 1}', '{"Records": [{}]}'),
        event("uploads/a").replace('"versionId": "v"', '"versionId": ""'),
    ],
)
def test_anything_else_cannot_be_read(body: str) -> None:
    with pytest.raises(UnreadableEvent):
        arrivals(body)


@pytest.mark.usefixtures("quiet_events")
def test_an_object_put_into_the_bucket_is_forwarded(
    vendor_a: Vendor, categories: list[str]
) -> None:
    key = "uploads/VEND001/a+b%2B é ü.csv"
    version = s3.put(settings.S3_BUCKET, key, csv_bytes([good_row(1)]), "text/csv")

    handled = s3_events.forward_some(s3_events.client(), wait_seconds=20)
    drive()

    assert handled == 1
    upload = Upload.objects.get()
    assert (upload.s3_key, upload.s3_version, upload.status) == (key, version, "completed")


@pytest.mark.usefixtures("quiet_events")
def test_a_bad_event_is_left_in_the_queue_and_the_others_are_handled(
    vendor_a: Vendor,
) -> None:
    sqs = s3_events.client()
    for body in ("nonsense", event("uploads/VEND001/a.csv").replace(BUCKET, settings.S3_BUCKET)):
        sqs.send_message(QueueUrl=settings.EVENTS_QUEUE_URL, MessageBody=body)

    handled = sum(s3_events.forward_some(sqs, wait_seconds=2) for _ in range(2))

    assert handled == 1
    assert Upload.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("dataset", "name", "media_type"),
    [
        ("clients", "a.txt", "text/csv"),
        ("clients", "A.XLSX", file_types.XLSX),
        ("metrics", "a.txt", "application/json"),
    ],
)
def test_a_file_is_stored_as_what_it_is(dataset: str, name: str, media_type: str) -> None:
    upload = open_upload(
        vendor=None, dataset=dataset, mode="create", file_name=name, size=2, by=None
    )
    store(upload, BytesIO(b"[]"))
    stored = s3.client().head_object(Bucket=upload.s3_bucket, Key=upload.s3_key)
    assert stored["ContentType"] == media_type
