"""Every upload ends, and one that cannot end properly does not hold up the others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils.timezone import now

from imports import failures, pipeline
from imports.models import Alarm, Upload
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


@pytest.fixture(autouse=True)
def own_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own connection stays open."""
    monkeypatch.setattr(failures, "close_old_connections", lambda: None)


def drive_to_the_end(upload: Upload, settings: Any) -> int:
    """Let every attempt be due at once. Returns the number of slices."""
    for slices in range(4 * settings.MAX_ATTEMPTS):
        if Upload.objects.filter(pk=upload.pk, step="done").exists():
            return slices
        Upload.objects.filter(next_attempt_at__gt=now()).update(next_attempt_at=now())
        pipeline.advance()
    raise AssertionError("the upload does not end")


def test_an_upload_of_a_data_set_that_this_version_does_not_have_ends(
    vendor_a: Vendor, categories: list[str], settings: Any
) -> None:
    """After as many attempts as an outage gets, because a newer version may be starting."""
    upload = arrived([good_row(1)], vendor=vendor_a)
    Upload.objects.update(dataset="of the next version")

    assert drive_to_the_end(upload, settings) >= 2 * settings.MAX_ATTEMPTS

    upload.refresh_from_db()
    assert (upload.status, upload.failure_code, upload.step) == ("failed", "INTERNAL", "done")
    assert upload.completed_at is not None
    assert Alarm.objects.get().kind == "failed_upload"
    other = arrived([good_row(2)], vendor=vendor_a)
    drive()
    other.refresh_from_db()
    assert other.status == "completed"


def test_an_upload_whose_end_raises_ends_without_its_email(
    vendor_a: Vendor, categories: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("a template is broken")

    monkeypatch.setattr("imports.notifications.email.prepare", broken)
    upload = arrived([good_row(1)], vendor=vendor_a)

    drive_to_the_end(upload, settings)

    upload.refresh_from_db()
    assert (upload.status, upload.failure_code) == ("failed", "INTERNAL")
    assert upload.valid_records == 1
    assert not upload.notifications.exists()
    assert Alarm.objects.get().kind == "failed_upload"
