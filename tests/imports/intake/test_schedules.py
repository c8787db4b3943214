"""Schedules: each due one runs once and each new object is imported once, even with two sweeps."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import EndpointConnectionError
from django.conf import settings as project
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from imports.intake import schedules
from imports.intake.receive import Arrival, object_arrived
from imports.models import Alarm, Schedule, Upload
from imports.storage import s3
from tests.conftest import drive
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor


@pytest.fixture
def schedule(vendor_a: Vendor) -> Schedule:
    return make_schedule(vendor_a)


def make_schedule(vendor: Vendor | None, **values: Any) -> Schedule:
    usual = {
        "name": "Clicky every hour",
        "dataset": "products",
        "prefix": f"exports/{uuid4().hex}/",
        "every_minutes": 60,
    }
    return Schedule.objects.create(vendor=vendor, **{**usual, **values})


def put(schedule: Schedule, name: str, *rows: int) -> str:
    body = csv_bytes([good_row(row) for row in rows])
    return s3.put(project.S3_BUCKET, f"{schedule.prefix}{name}", body, "text/csv")


def made_due(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_run_at=now() - timedelta(minutes=1))


def test_objects_under_the_prefix_are_imported(schedule: Schedule, categories: list[str]) -> None:
    version = put(schedule, "a.csv", 1, 2)
    put(schedule, "deeper/b.csv", 3)
    s3.put(project.S3_BUCKET, f"{schedule.prefix}folder/", b"", "text/csv")

    assert schedules.run_schedules() == 2
    drive()

    upload = Upload.objects.get(s3_key=f"{schedule.prefix}a.csv")
    assert (upload.status, upload.valid_records) == ("completed", 2)
    assert (upload.vendor, upload.file_name, upload.s3_version) == (
        schedule.vendor,
        "a.csv",
        version,
    )
    assert upload.schedule == schedule
    assert upload.source_etag
    schedule.refresh_from_db()
    assert schedule.last_result == "2 new"
    assert schedule.next_run_at is not None
    assert timedelta(minutes=59) < schedule.next_run_at - now() <= timedelta(minutes=60)


def test_an_object_that_has_not_changed_is_not_imported_again(schedule: Schedule) -> None:
    put(schedule, "a.csv", 1)
    assert schedules.run_schedules() == 1
    for _ in range(2):
        made_due(schedule)
        assert schedules.run_schedules() == 0

    put(schedule, "a.csv", 1)  # another version with the same content
    made_due(schedule)
    assert schedules.run_schedules() == 0

    put(schedule, "a.csv", 1, 2)
    put(schedule, "a.csv", 1, 2, 3)  # only the latest version counts
    made_due(schedule)
    assert schedules.run_schedules() == 1
    assert Upload.objects.count() == 2

    put(schedule, "a.csv", 1)  # the same content as an earlier version, but not as the last one
    made_due(schedule)
    assert schedules.run_schedules() == 1
    schedule.refresh_from_db()
    assert schedule.last_result == "1 new"


def test_a_deleted_object_is_not_imported(schedule: Schedule) -> None:
    put(schedule, "a.csv", 1)
    s3.client().delete_object(Bucket=project.S3_BUCKET, Key=f"{schedule.prefix}a.csv")
    assert schedules.run_schedules() == 0


def test_the_same_content_is_imported_again_after_an_internal_failure(schedule: Schedule) -> None:
    put(schedule, "a.csv", 1)
    schedules.run_schedules()
    Upload.objects.update(status="failed", failure_code="INTERNAL", step="done")
    put(schedule, "a.csv", 1)
    made_due(schedule)
    assert schedules.run_schedules() == 1


def test_a_key_that_cannot_be_stored_does_not_stop_the_schedule(schedule: Schedule) -> None:
    poison = f"{schedule.prefix}\0.csv"
    version = s3.put(project.S3_BUCKET, poison, b"x", "text/csv")
    try:
        put(schedule, "good.csv", 1)
        assert schedules.run_schedules() == 1
        assert version in Alarm.objects.get(kind="failed_schedule", subject=schedule.name).detail
    finally:
        s3.delete_version(project.S3_BUCKET, poison, version)


def test_missed_ticks_are_made_up_for_once(schedule: Schedule) -> None:
    beat = now() - timedelta(days=3, minutes=10)
    Schedule.objects.update(next_run_at=beat)
    put(schedule, "a.csv", 1)
    assert schedules.run_schedules() == 1
    schedule.refresh_from_db()
    assert schedule.next_run_at == beat + timedelta(days=3, hours=1)  # it keeps its phase
    put(schedule, "b.csv", 2)
    assert schedules.run_schedules() == 0


def test_a_disabled_schedule_or_one_not_due_does_not_run(schedule: Schedule) -> None:
    put(schedule, "a.csv", 1)
    Schedule.objects.update(next_run_at=now() + timedelta(minutes=1))
    assert schedules.run_schedules() == 0
    Schedule.objects.update(next_run_at=now() - timedelta(minutes=1), is_enabled=False)
    assert schedules.run_schedules() == 0


def test_import_now_runs_a_disabled_schedule_and_records_the_user(
    schedule: Schedule, reviewer: User
) -> None:
    put(schedule, "a.csv", 1)
    Schedule.objects.update(is_enabled=False)
    schedules.ask(schedule.pk, by=reviewer)
    assert schedules.run_schedules() == 1
    assert Upload.objects.get().uploaded_by == reviewer
    schedule.refresh_from_db()
    assert (schedule.asked_at, schedule.asked_by, schedule.next_run_at) == (None, None, None)
    assert schedules.run_schedules() == 0


def test_import_now_does_not_move_the_next_tick(schedule: Schedule, reviewer: User) -> None:
    tick = now() + timedelta(minutes=7)
    Schedule.objects.update(next_run_at=tick)
    schedules.ask(schedule.pk, by=reviewer)
    schedules.run_schedules()
    schedule.refresh_from_db()
    assert schedule.next_run_at == tick


def test_a_crontab_line_waits_for_its_time(vendor_a: Vendor) -> None:
    schedule = make_schedule(vendor_a, every_minutes=None, cron="0 6 * * mon-fri")
    put(schedule, "a.csv", 1)
    assert schedules.run_schedules() == 0
    schedule.refresh_from_db()
    assert schedule.next_run_at is not None
    assert schedule.next_run_at > now()
    made_due(schedule)
    assert schedules.run_schedules() == 1
    schedule.refresh_from_db()
    assert schedule.next_run_at > now()


@pytest.mark.parametrize(
    ("line", "tick"),
    [
        ("*/5 * * * *", datetime(2026, 11, 20, 19, 25, tzinfo=UTC)),
        ("0 6 * * mon-fri", datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),
        ("20 19 * * *", datetime(2026, 11, 21, 19, 20, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("  15   3  1 * * ", datetime(2026, 12, 1, 3, 15, tzinfo=UTC)),
        # Both days are given: either one may match. 2026-11-20 is a Friday.
        ("0 6 25 * mon", datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),
        ("0 6 21 * mon", datetime(2026, 11, 21, 6, 0, tzinfo=UTC)),
        ("0 6 */2 * mon", datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),  # unless one is a star
        ("0 0 31 2 sun", datetime(2027, 2, 7, tzinfo=UTC)),
        ("0 6 * * 7", datetime(2026, 11, 22, 6, 0, tzinfo=UTC)),
        ("0 6 L * *", datetime(2026, 11, 30, 6, 0, tzinfo=UTC)),
    ],
)
def test_the_next_tick_of_a_crontab_line(line: str, tick: datetime) -> None:
    assert schedules.next_by_crontab(line, datetime(2026, 11, 20, 19, 20, tzinfo=UTC)) == tick


@pytest.mark.parametrize(
    "line",
    [
        *("", "x", "@daily", "* * * *", "* * * * * *", "61 * * * *", "*/0 * * * *"),
        *("0 0 31 2 *", "0 22-6 * * *", "0 6 * * monday"),
    ],
)
def test_an_invalid_crontab_line(line: str) -> None:
    with pytest.raises(ValueError, match="invalid cron expression: "):
        schedules.next_by_crontab(line, now())


@given(st.text("0123456789*/,-#L monadyj", max_size=20))
def test_any_line_has_a_next_tick_or_is_no_crontab_line(line: str) -> None:
    after = datetime(2026, 11, 20, 19, 20, tzinfo=UTC)
    problem = ""
    try:
        found = schedules.next_by_crontab(line, after)
    except ValueError as error:
        problem = str(error)
    assert problem.startswith("invalid cron expression: ") if problem else found > after


def test_a_line_that_only_an_earlier_version_accepted_disables_its_schedule(
    schedule: Schedule, vendor_a: Vendor
) -> None:
    put(schedule, "a.csv", 1)
    old = make_schedule(vendor_a, name="Nightly", every_minutes=None, cron="0 22-6 * * *")
    Schedule.objects.filter(pk=old.pk).update(next_run_at=now() - timedelta(hours=1))
    assert schedules.run_schedules() == 1
    old.refresh_from_db()
    assert (old.is_enabled, old.next_run_at) == (False, None)
    assert old.last_result == (
        "switched off: Invalid cron expression: bad hour. Enter one such as 0 6 * * mon-fri."
    )
    assert Alarm.objects.get().subject == "Nightly"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"dataset": "nothing"}, "dataset"),
        ({"vendor": None}, "vendor"),
        ({"prefix": "uploads/"}, "vendor"),  # under this prefix the key names the vendor
        ({"prefix": ""}, "prefix"),
        ({"prefix": "/exports/"}, "prefix"),
        ({"prefix": "up"}, "prefix"),
        ({"prefix": "errors/VEND001/"}, "prefix"),
        ({"prefix": "outbox/"}, "prefix"),
        ({"every_minutes": 0}, "every_minutes"),
        ({"every_minutes": None}, "cron"),
        ({"cron": "0 6 * * *"}, "cron"),
        ({"every_minutes": None, "cron": "often"}, "cron"),
    ],
)
def test_an_invalid_schedule_is_rejected(
    vendor_a: Vendor, values: dict[str, Any], field: str
) -> None:
    usual = {"name": "x", "dataset": "products", "prefix": "exports/", "every_minutes": 5}
    schedules.check(Schedule(vendor=vendor_a, **usual))
    with pytest.raises(ValidationError) as refused:
        schedules.check(Schedule(**{"vendor": vendor_a, **usual, **values}))
    assert list(refused.value.message_dict) == [field]


def test_under_the_data_sets_own_prefix_the_key_names_the_vendor(vendor_b: Vendor) -> None:
    schedule = make_schedule(None, prefix=f"uploads/VEND002/{uuid4().hex}/")
    schedules.check(schedule)
    version = put(schedule, "a.csv", 1)
    assert schedules.run_schedules() == 1
    upload = Upload.objects.get()
    assert upload.vendor == vendor_b
    # Its event arrives later and belongs to the same upload.
    object_arrived(Arrival(project.S3_BUCKET, upload.s3_key, version, 1))
    assert Upload.objects.count() == 1


def test_a_run_with_too_many_new_objects_continues(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedules, "MAX_NEW_PER_RUN", 2)
    monkeypatch.setattr(schedules, "MAX_LISTED_AT_ONCE", 2)
    for row in range(5):
        put(schedule, f"{row}.csv", row)
    assert schedules.run_schedules() == 5
    assert Upload.objects.count() == 5
    assert schedules.run_schedules() == 0


def test_a_storage_failure_is_retried_and_raises_an_alarm(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> Iterator[s3.ListedVersion]:
        raise EndpointConnectionError(endpoint_url="http://x")

    put(schedule, "a.csv", 1)
    with monkeypatch.context() as broken:
        broken.setattr(s3, "list_versions", unreachable)
        for failures in (1, 2, 3):
            assert not Alarm.objects.exists()
            made_due(schedule)
            assert schedules.run_schedules() == 0
            schedule.refresh_from_db()
            assert schedule.failures == failures
            assert schedule.last_result.startswith("failed: EndpointConnectionError")
            assert schedule.next_run_at is not None
            is_soon = schedule.next_run_at < now() + timedelta(minutes=1)
            assert is_soon == (failures < 3)
    assert Alarm.objects.get().kind == "failed_schedule"

    made_due(schedule)
    assert schedules.run_schedules() == 1
    schedule.refresh_from_db()
    assert schedule.failures == 0


def test_a_failing_schedule_does_not_block_the_others(schedule: Schedule, vendor_a: Vendor) -> None:
    broken = make_schedule(vendor_a, name="Broken", dataset="forgotten")
    made_due(broken)
    put(schedule, "a.csv", 1)
    assert schedules.run_schedules() == 1


@pytest.mark.django_db(transaction=True)
def test_two_beats_do_no_harm(schedule: Schedule) -> None:
    for row in range(5):
        put(schedule, f"{row}.csv", row)
    schedules.set_first_ticks()
    start = threading.Barrier(2)
    found: list[int] = []

    def beat() -> None:
        start.wait()
        try:
            found.append(schedules.run_schedules())
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(2)]
    for each in beats:
        each.start()
    for each in beats:
        each.join()
    assert sum(found) == 5
    assert Upload.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_schedule_that_is_already_running_is_skipped(schedule: Schedule) -> None:
    put(schedule, "a.csv", 1)
    schedules.set_first_ticks()
    found: list[int] = []

    def other() -> None:
        try:
            found.append(schedules.run_schedules())
        finally:
            connection.close()

    with transaction.atomic():
        schedules.due().select_for_update().get()
        beat = threading.Thread(target=other)
        beat.start()
        beat.join()
    assert found == [0]
    assert schedules.run_schedules() == 1


def test_metrics_are_imported_from_another_prefix(db: None) -> None:
    schedule = make_schedule(None, name="Metrics", dataset="metrics")
    schedules.check(schedule)
    moment = (now() - timedelta(hours=1)).isoformat()
    body = json.dumps([{"name": "load", "value": 0.5, "timestamp": moment}]).encode()
    s3.put(project.S3_BUCKET, f"{schedule.prefix}now.json", body, "application/json")
    assert schedules.run_schedules() == 1
    drive()
    upload = Upload.objects.get()
    assert (upload.dataset, upload.status, upload.valid_records) == ("metrics", "completed", 1)
