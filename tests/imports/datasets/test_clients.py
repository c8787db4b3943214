"""Clients: one item per email address, with the values of the newest file."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils.timezone import now

from imports import actions, failures
from imports.destinations import dynamodb as destination
from imports.models import ClaimedKey, Notification, RowError, Upload
from imports.storage import dynamodb
from tests.conftest import drive, report_text
from tests.imports.conftest import Killed, Kills, expire_leases
from tests.imports.dropping import dropped, imported

HEADER = "Name,Email,Company,Phone,Status\n"
TWO = (
    "Jo Miller,jo@example.com,Miller & Sons,+49 421 555 0123,active\n"
    "Ayşe Öz,Ayse@Example.com,Öz GmbH,,INACTIVE\n"
)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clients")]


FOLDER = "client-data/uploads/"


def send(text: str | bytes) -> Upload:
    return imported(f"{FOLDER}clients.csv", text)


def counts(upload: Upload) -> tuple[str, int, int, int]:
    return (upload.status, upload.valid_records, upload.error_records, upload.skipped_records)


def stored() -> dict[str, dict[str, str]]:
    """Every client by email address, without our own attributes."""
    found = dynamodb.client().scan(TableName=settings.CLIENTS_TABLE, ConsistentRead=True)["Items"]
    ours = {"email", "upload_id", "upload_row", "uploaded_at"}
    return {
        item["email"]["S"]: {
            name: str(next(iter(value.values())))
            for name, value in item.items()
            if name not in ours
        }
        for item in found
    }


def errors() -> list[tuple[int, str, str]]:
    return list(RowError.objects.values_list("row_number", "column_name", "error_type"))


def test_a_dropped_file_becomes_items(settings: Any) -> None:
    settings.NOTIFICATION_EMAILS = {"clients": "clients@techmart.example"}
    upload = send(HEADER + TWO)

    assert counts(upload) == ("completed", 2, 0, 0)
    assert (upload.vendor, upload.dataset) == (None, "clients")
    assert stored() == {
        "jo@example.com": {
            "name": "Jo Miller",
            "company": "Miller & Sons",
            "phone": "+49 421 555 0123",
            "status": "Active",
        },
        # An empty phone number has no attribute; email and status have one canonical spelling.
        "ayse@example.com": {"name": "Ayşe Öz", "company": "Öz GmbH", "status": "Inactive"},
    }
    mail = Notification.objects.get()
    assert mail.to == "clients@techmart.example"
    assert mail.subject == "Client Upload Complete - clients.csv (100% Success)"


def test_an_item_says_which_row_of_which_upload_wrote_it() -> None:
    upload = send(HEADER + TWO)
    found = dynamodb.client().get_item(
        TableName=settings.CLIENTS_TABLE, Key={"email": {"S": "ayse@example.com"}}
    )["Item"]
    assert found["upload_id"] == {"S": upload.upload_id}
    assert found["upload_row"] == {"N": "3"}
    assert found["uploaded_at"] == {"S": destination.uploaded_at(upload)}


def test_every_error_of_a_row_is_reported_and_the_other_rows_are_imported() -> None:
    upload = send(
        HEADER
        + "Jo,jo@example.com,Miller,,\n"
        + ",not-an-address,,12,Sleeping\n"
        + "Al,,Acme,4.9E+11,Active\n"
        + "Bo,bo@example.com,Acme\n"
    )
    assert counts(upload) == ("partial", 1, 3, 0)
    assert errors() == [
        (3, "name", "REQUIRED_FIELD"),
        (3, "email", "INVALID_EMAIL"),
        (3, "company", "REQUIRED_FIELD"),
        (3, "phone", "INVALID_PHONE"),
        (3, "status", "INVALID_STATUS"),
        (4, "email", "REQUIRED_FIELD"),
        (4, "phone", "INVALID_PHONE"),
        (5, "", "COLUMN_COUNT"),
    ]
    assert RowError.objects.get(error_type="INVALID_STATUS").error_message == (
        "Status must be Active or Inactive (was 'Sleeping')"
    )
    lines = report_text(upload).splitlines()
    assert lines[0] == (
        "Row Number,Email,Name,Error Type,Error Message,Company,Phone,Status,Column,Value,"
        "How To Fix,Severity"
    )
    assert upload.error_file_s3_key == f"errors/_/{upload.upload_id}_errors.csv"
    assert list(stored()) == ["jo@example.com"]


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (TWO, {"jo@example.com": "1", "ayse@example.com": "2"}),
        ("\n" + TWO, {"jo@example.com": "2", "ayse@example.com": "3"}),
        ("Jo,jo@example.com,Miller,,\nAl,al@example.com,Acme,0421 555012,Active\n",
         {"jo@example.com": "1", "al@example.com": "2"}),
        ("Jo,jo@example.com,Miller\n", {"jo@example.com": "1"}),
        ("Jo;jo@example.com;Miller;;Active;beyond\n", {"jo@example.com": "1"}),
    ],
    ids=["plain", "blank above", "empty at the end", "three columns", "six columns"],
)  # fmt: skip
def test_a_file_without_a_header_is_data_from_its_first_row(
    body: str, rows: dict[str, str]
) -> None:
    upload = send(body)
    assert counts(upload) == ("completed", len(rows), 0, 0)
    assert upload.total_records == len(rows)
    found = dynamodb.client().scan(TableName=settings.CLIENTS_TABLE)["Items"]
    assert {item["email"]["S"]: item["upload_row"]["N"] for item in found} == rows


def test_errors_of_a_file_without_a_header_count_from_one() -> None:
    upload = send("Jo,jo@example.com,Miller,,\nAl,al@example.com,,,\n")
    assert errors() == [(2, "company", "REQUIRED_FIELD")]
    lines = report_text(upload).splitlines()
    assert lines[1].startswith("2,al@example.com,Al,REQUIRED_FIELD,")


def test_a_header_in_another_order_with_unknown_columns() -> None:
    upload = send("Notes;E_mail *;COMPANY;name\nx;jo@example.com;Miller;Jo\n")
    assert counts(upload) == ("completed", 1, 0, 0)
    assert upload.ignored_columns == ["Notes"]
    assert stored() == {"jo@example.com": {"name": "Jo", "company": "Miller"}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "EMPTY_FILE"),
        (HEADER, "NO_ROWS"),
        ("Name,Email\nJo,jo@example.com\n", "MISSING_COLUMNS"),
        ("Jo,jo@example.com\n", "MISSING_COLUMNS"),
        ("Name,Email,Company,Email\nJo,jo@example.com,M,x\n", "DUPLICATE_COLUMNS"),
        (b"PK\x03\x04" + b"\x00" * 50, "NOT_CSV"),
        ('Jo,jo@example.com,"Miller\n', "MALFORMED_CSV"),
        (TWO * 3, "TOO_MANY_ROWS"),
        (HEADER + TWO * 3, "TOO_MANY_ROWS"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(body: str | bytes, code: str, settings: Any) -> None:
    settings.UPLOAD_MAX_ROWS = 5
    upload = send(body)
    assert (upload.status, upload.failure_code) == ("failed", code)
    assert stored() == {}


TWICE = HEADER + (
    "First,jo@example.com,,,\n"  # not clean, so it claims no key
    "Second,Jo@example.com,Miller,,\n"
    "Third,JO@EXAMPLE.COM,Miller,,\n"
    "Fourth,jo@example.com,,,\n"
)


def assert_the_second_row_won(upload: Upload) -> None:
    assert counts(upload) == ("partial", 1, 3, 0)
    doubled = RowError.objects.get(error_type="DUPLICATE_EMAIL")
    assert (doubled.row_number, doubled.error_message) == (
        4,
        "Email 'jo@example.com' is already used in row 3 of this file",
    )
    assert stored()["jo@example.com"]["name"] == "Second"
    assert not ClaimedKey.objects.exists(), "claims are forgotten when the run ends"


def test_the_later_row_with_the_same_address_is_rejected() -> None:
    assert_the_second_row_won(send(TWICE))


@pytest.mark.usefixtures("row_by_row")
def test_the_later_row_is_rejected_in_another_batch_too() -> None:
    assert_the_second_row_won(send(TWICE))


@pytest.mark.usefixtures("row_by_row")
def test_a_batch_that_was_written_and_not_counted_is_repeated(kill_after_writing: Kills) -> None:
    upload = dropped(f"{FOLDER}clients.csv", TWICE)
    kill_after_writing(2, lambda: bool(stored()))
    for _ in range(2):
        with pytest.raises(Killed):
            drive()
        expire_leases()
    assert stored(), "DynamoDB has rows that PostgreSQL has not counted"
    drive()
    upload.refresh_from_db()
    assert_the_second_row_won(upload)


def test_a_stored_client_is_replaced_as_a_whole_by_a_newer_file() -> None:
    send(HEADER + "Jo,jo@example.com,Miller,0421 555 0123,Active\n")
    upload = send(HEADER + "Jo Ann,jo@example.com,Acme,,\n")
    assert counts(upload) == ("completed", 1, 0, 0)
    assert stored() == {"jo@example.com": {"name": "Jo Ann", "company": "Acme"}}


def test_an_older_file_that_is_imported_later_replaces_nothing() -> None:
    older = dropped(
        f"{FOLDER}a.csv", HEADER + "Old,jo@example.com,Miller,,\nAl,al@example.com,Acme,,\n"
    )
    newer = dropped(f"{FOLDER}a.csv", HEADER + "New,jo@example.com,Miller,,\n")
    Upload.objects.filter(pk=older.pk).update(
        upload_timestamp=newer.upload_timestamp - timedelta(minutes=5), next_attempt_at=None
    )
    drive()
    Upload.objects.filter(pk=older.pk).update(next_attempt_at=now())
    drive()
    older.refresh_from_db()
    assert counts(older) == ("completed", 1, 0, 1)
    assert {email: client["name"] for email, client in stored().items()} == {
        "jo@example.com": "New",
        "al@example.com": "Al",
    }
    assert "Skipped Clients: 1" in Notification.objects.get(upload=older).text_body


def test_the_newer_file_is_the_one_that_was_stored_later_and_not_the_one_received_later() -> None:
    later, earlier = (
        dropped(f"{FOLDER}a.csv", HEADER + f"{name},jo@example.com,Miller,,\n")
        for name in ("Later", "Earlier")
    )
    Upload.objects.filter(pk=later.pk).update(stored_at=now())
    Upload.objects.filter(pk=earlier.pk).update(stored_at=now() - timedelta(seconds=1))
    drive()
    assert stored()["jo@example.com"]["name"] == "Later"


def test_of_two_files_with_the_same_time_the_same_one_wins_in_any_order() -> None:
    first, second = (
        dropped(f"{FOLDER}a.csv", HEADER + "A,jo@example.com,M,,\n"),
        dropped(f"{FOLDER}a.csv", HEADER + "B,jo@example.com,M,,\n"),
    )
    Upload.objects.update(upload_timestamp=now())
    drive()
    winner = max(first.upload_id, second.upload_id)
    found = dynamodb.client().scan(TableName=settings.CLIENTS_TABLE)["Items"]
    assert [item["upload_id"]["S"] for item in found] == [winner]


def test_items_that_another_program_wrote_are_replaced() -> None:
    dynamodb.client().put_item(
        TableName=settings.CLIENTS_TABLE,
        Item={"email": {"S": "jo@example.com"}, "uploaded_at": {"N": "7"}, "tags": {"L": []}},
    )
    assert counts(send(HEADER + "Jo,jo@example.com,M,,\n")) == ("completed", 1, 0, 0)
    assert stored() == {"jo@example.com": {"name": "Jo", "company": "M"}}


@pytest.mark.usefixtures("row_by_row")
def test_a_retry_writes_its_own_items_again_and_counts_them() -> None:
    upload = send(TWICE)
    actions.retry(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert upload.run == 2
    assert_the_second_row_won(upload)


def test_a_check_writes_nothing_and_counts_as_an_import_would() -> None:
    send(HEADER + "Jo,jo@example.com,Miller,,\n")
    before = stored()
    upload = dropped(
        f"{FOLDER}a.csv", HEADER + "Jo,jo@example.com,Acme,,\n" + "Al,al@example.com,Acme,,\n" * 2
    )
    Upload.objects.filter(pk=upload.pk).update(mode=Upload.Mode.CHECK)
    drive()
    upload.refresh_from_db()
    assert counts(upload) == ("partial", 2, 1, 0)
    assert stored() == before
    assert not ClaimedKey.objects.exists()


def test_a_table_that_stays_overloaded_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "close_old_connections", lambda: None)  # the test's own
    upload = dropped(f"{FOLDER}a.csv", HEADER + TWO)
    real = dynamodb.put_all

    def full(table: str, items: Any, **more: Any) -> None:
        if table == settings.CLIENTS_TABLE:
            raise dynamodb.Overloaded("30 s of unprocessed items")
        real(table, items, **more)

    monkeypatch.setattr(dynamodb, "put_all", full)
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.attempts, upload.valid_records) == ("processing", 1, 0)
    monkeypatch.undo()
    Upload.objects.filter(pk=upload.pk).update(next_attempt_at=now())
    drive()
    upload.refresh_from_db()
    assert counts(upload) == ("completed", 2, 0, 0)


def test_many_clients_take_many_requests() -> None:
    rows = "".join(f"Client {n},client-{n}@example.com,Acme,,Active\n" for n in range(2_345))
    assert counts(send(HEADER + rows)) == ("completed", 2_345, 0, 0)
    assert len(stored()) == 2_345


@pytest.mark.django_db(transaction=True)
def test_no_other_batch_writes_between_a_batchs_lookup_and_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the older file has looked up the key and found no item, the newer one must wait until
    the older one has written. Otherwise its client would be overwritten."""
    dropped(f"{FOLDER}a.csv", HEADER + "Old,jo@example.com,Miller,,\n")
    newer = dropped(f"{FOLDER}b.csv", HEADER + "New,jo@example.com,Miller,,\n")
    has_looked_up, may_write = Event(), Event()
    look_up = destination.content_of

    def wait_before_writing(table: str, key: str, values: Any) -> dict[str, tuple[str, str]]:
        found = look_up(table, key, values)
        if not has_looked_up.is_set():  # the older one is the first
            has_looked_up.set()
            assert may_write.wait(120)
        return found

    monkeypatch.setattr(destination, "content_of", wait_before_writing)
    Upload.objects.filter(pk=newer.pk).update(next_attempt_at=None)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(in_a_thread)
        assert has_looked_up.wait(120)
        Upload.objects.filter(pk=newer.pk).update(next_attempt_at=now())
        second = pool.submit(in_a_thread)
        assert not wait([second], timeout=1).done, "the newer file did not wait"
        may_write.set()
        first.result(120)
        second.result(120)
    assert stored()["jo@example.com"]["name"] == "New"
    assert set(Upload.objects.values_list("status", flat=True)) == {"completed"}


def in_a_thread() -> None:
    """Do all due work, with the thread's own connection."""
    try:
        drive()
    finally:
        connection.close()
