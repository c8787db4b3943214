"""Files that nothing reads: staff get one alarm per place."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.timezone import now

from imports import tasks
from imports.maintenance.stray_files import find_stray_files
from imports.models import Alarm, Schedule
from imports.notifications import alarms
from imports.storage import s3
from tests.conftest import drive

pytestmark = pytest.mark.django_db
PLACE = f"s3://{settings.S3_BUCKET}/"


@pytest.fixture(autouse=True)
def only_ours() -> Iterator[None]:
    """A bucket without the objects of other tests, before and after."""
    s3.delete_all(settings.S3_BUCKET, "")
    yield
    s3.delete_all(settings.S3_BUCKET, "")


def put(*keys: str) -> None:
    for key in keys:
        s3.put(settings.S3_BUCKET, key, b"x", "text/csv")


def reported() -> list[str]:
    """The places of open alarms."""
    found = Alarm.objects.filter(kind="stray_file", closed_at=None)
    return sorted(found.values_list("subject", flat=True))


def test_each_place_with_files_that_nothing_reads_is_reported_once() -> None:
    put("products.csv", "prices.csv", "Uploads/VEND001/a.csv", "Uploads/VEND001/b.csv")
    put("client-data/new.csv", "client-data/old/new.csv", "upload/VEND001/deep/down/a.csv")
    find_stray_files()
    find_stray_files()
    assert reported() == [
        PLACE,
        *(f"{PLACE}Uploads/", f"{PLACE}client-data/", f"{PLACE}client-data/old/"),
        f"{PLACE}upload/",
    ]
    drive()


def test_what_we_read_and_write_is_not_reported() -> None:
    Schedule.objects.create(name="x", dataset="metrics", prefix="exports/m", every_minutes=5)
    put("errors/VEND001/a_errors.csv", "rejected/customers/a.csv", "uploads/VEND001/a.csv")
    put("outbox/VEND001/a.csv.UPLOAD_1.received.json")
    put("client-data/uploads/a.csv", "metrics/a.json", "csv/a.csv", "customers/a.csv")
    put("exports/metrics/a.json", "exports/more.json", "a folder of the console/", "uploads/a.csv")
    find_stray_files()
    assert not reported()


def test_the_search_for_missing_events_reports_them_too() -> None:
    put("products.csv")
    tasks.find_missing_events()
    assert reported() == [PLACE]


def test_a_file_that_was_deleted_is_not_reported() -> None:
    put("products.csv")
    s3.client().delete_object(Bucket=settings.S3_BUCKET, Key="products.csv")
    find_stray_files()
    assert not reported()


def test_after_its_alarm_was_closed_a_place_is_reported_again_for_newer_files_only(
    admin: object,
) -> None:
    put("products.csv")
    find_stray_files()
    alarm = Alarm.objects.get()
    alarms.close(alarm.pk, by=admin)  # type: ignore[arg-type]
    find_stray_files()
    assert not reported()

    Alarm.objects.update(raised_at=now() - timedelta(hours=1))  # before the file came
    find_stray_files()
    assert reported() == [PLACE]
