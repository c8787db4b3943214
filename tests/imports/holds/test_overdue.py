"""A held upload does not wait forever: a reminder, an alarm, and the end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from imports.actions import NotPossible
from imports.models import Alarm, Notification, OutboxFile, Upload
from imports.review.deciding import release
from imports.review.overdue import watch_held
from imports.review.working_hours import working_hours_between
from tests.conftest import drive
from tests.product_files import good_row
from vendors.access import access_of
from vendors.models import Vendor

Run = Callable[..., Upload]
TINY = [{"code": "TINY_FILE", "variant": "tiny", "detail": {"count": "1", "usual": "20"}}]
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def held(run_upload: Run, vendor_a: Vendor) -> Upload:
    """It waits for staff."""
    vendor_a.review = Vendor.Review.ALWAYS
    vendor_a.save()
    return run_upload([good_row(1)])


@pytest.fixture
def always_at_work(settings: Any) -> None:
    """An hour of waiting is a working hour, on the weekend, too."""
    settings.WORKING_FROM, settings.WORKING_HOURS = 0, 24
    settings.REVIEW_ALARM_HOURS = 0


def after(upload: Upload, **time: int) -> None:
    """So much time passes, and the sweep runs, twice."""
    Upload.objects.filter(pk=upload.pk).update(completed_at=now() - timedelta(**time))
    watch_held()
    watch_held()
    upload.refresh_from_db()


def kinds() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


def test_after_a_day_who_can_release_it_is_reminded_once(held: Upload, settings: Any) -> None:
    after(held, hours=23)
    assert kinds() == ["run_ended"]
    after(held, hours=25)
    assert kinds() == ["run_ended", "held_reminder"]
    mail = Notification.objects.latest("pk")
    assert (mail.subject, mail.to) == (
        "Reminder: products.csv is held",
        settings.NOTIFICATION_EMAIL,
    )
    assert "/admin/imports/heldupload/" in mail.text_body
    Vendor.objects.update(review="")
    other = Upload.objects.filter(pk=held.pk)
    other.update(held_reason=TINY, reminded_at=None)
    after(held, hours=25)
    mail = Notification.objects.latest("pk")
    assert mail.to == "imports@clicky.example"
    assert f"/uploads/{held.pk}/" in mail.html_body


@pytest.mark.usefixtures("always_at_work")
def test_staff_get_one_alarm_for_what_waits_for_them(held: Upload) -> None:
    after(held, hours=5)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject) == ("waiting_review", held.pk)
    alarm.closed_at = now()
    alarm.save()
    after(held, hours=6)
    assert Alarm.objects.count() == 1
    Vendor.objects.update(review="")
    held.held_reason, held.escalated_at = TINY, None
    held.save()
    after(held, hours=7)
    assert Alarm.objects.count() == 1


def test_after_a_week_it_ends(held: Upload, reviewer: User) -> None:
    after(held, days=6, hours=23)
    assert held.is_held
    after(held, days=7)
    drive()
    held.refresh_from_db()
    assert (held.status, held.failure_code, held.run) == ("failed", "NOT_RELEASED", 2)
    assert held.failure_message == "The upload was held and not released within 7 days."
    assert OutboxFile.objects.filter(upload=held, kind="result").count() == 2
    mail = Notification.objects.get(upload=held, run=2)
    assert "not released within 7 days" in mail.text_body
    with pytest.raises(NotPossible):  # on a page that was opened before
        release(held.pk, run=1, access=access_of(reviewer), by=reviewer)


@pytest.mark.parametrize(
    ("hours", "worked"),
    [(1, 1), (2, 2), (20, 2), (66, 2), (67, 3), (74, 10), (24 * 7, 40)],
)
def test_working_hours(hours: int, worked: float) -> None:
    """From Friday at 15:00: until 17:00, then from Monday at 9:00."""
    assert working_hours_between(FRIDAY, FRIDAY + timedelta(hours=hours)) == worked


def test_working_hours_by_the_clock_of_the_place(settings: Any) -> None:
    settings.WORKING_ZONE = "America/New_York"
    assert working_hours_between(FRIDAY, FRIDAY + timedelta(hours=24)) == 7
