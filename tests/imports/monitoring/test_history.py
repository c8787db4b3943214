"""What the system has done, hour by hour, from literal uploads, emails and webhooks."""

from datetime import UTC, datetime, timedelta

import pytest

from imports.models import Notification, WebhookDelivery, WebhookEndpoint
from imports.monitoring import history
from imports.monitoring.history import Mails, Periods, Uploads, Webhooks
from tests.admin.conftest import make_upload
from vendors.models import Vendor

HOUR = timedelta(hours=1)
AT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
THREE_HOURS = Periods.until(AT, length=HOUR, count=3)
NONE = {"total_records": 0, "valid_records": 0, "error_records": 0}


@pytest.mark.parametrize(
    ("hours", "first", "last"), [(1, "2026-11-22T12:00", "14:00"), (6, "2026-11-22T00:00", "12:00")]
)
def test_periods_begin_at_round_times_and_the_last_one_is_not_over(
    hours: int, first: str, last: str
) -> None:
    found = Periods.until(AT, length=timedelta(hours=hours), count=3)
    assert [start.isoformat() for start in found.starts][::2] == [
        f"{first}:00+00:00",
        f"2026-11-22T{last}:00+00:00",
    ]
    assert found.starts[-1] <= AT < found.end


def ended(number: int, vendor: Vendor, *, at: datetime, took: float, **values: object) -> None:
    """An upload that was due 10 seconds before a worker had time for it."""
    began = at - timedelta(seconds=took)
    make_upload(
        f"UPLOAD_{number}",
        vendor,
        completed_at=at,
        started_at=began,
        **{"queued_at": began - timedelta(seconds=10), **values},
    )


def test_uploads_count_in_the_hour_in_which_they_ended(vendor_a: Vendor) -> None:
    at = THREE_HOURS.start
    rejected = {"status": "failed", "failure_code": "NO_ROWS", **NONE}
    stopped = {"status": "failed", "failure_code": "INTERNAL"}
    ended(1, vendor_a, at=at, took=2)
    ended(2, vendor_a, at=at + HOUR - timedelta(microseconds=1), took=4, status="failed")
    ended(3, vendor_a, at=at + timedelta(minutes=5), took=6, **stopped)
    ended(4, vendor_a, at=at - timedelta(microseconds=1), took=1)  # before
    ended(5, vendor_a, at=THREE_HOURS.end, took=1)  # after
    ended(6, vendor_a, at=at + 2 * HOUR, took=1, status="completed", **(NONE | {
        "total_records": 12, "valid_records": 8, "skipped_records": 4}))  # fmt: skip
    # Rejected at the form, so that no worker had it; its time is not known.
    ended(7, vendor_a, at=at + 2 * HOUR, took=0, **rejected, queued_at=None)
    make_upload("UPLOAD_8", vendor_a, completed_at=at, started_at=None, status="cancelled", **NONE)
    make_upload("UPLOAD_9", vendor_a, status="processing", started_at=at)

    first, second, third = history.uploads(THREE_HOURS)

    assert (first.partial, first.failed, first.internal, first.cancelled) == (1, 1, 1, 1)
    assert (first.valid, first.errors, first.rows) == (21, 9, 30)
    assert first.work == timedelta(seconds=12)
    assert first.rows_per_second == 2.5
    assert first.median == timedelta(seconds=14)  # of 12, 14 and 16
    assert first.slow == timedelta(seconds=15.8)
    assert second == Uploads()
    assert (second.median, second.rows_per_second) == (None, None)
    assert (third.completed, third.failed, third.count) == (1, 1, 2)
    assert (third.skipped, third.rows) == (4, 12)

    whole = history.all_uploads(THREE_HOURS)
    assert whole.count == first.count + third.count == 6
    assert whole.rows == 42
    assert whole.median == timedelta(seconds=12)  # of 0, 11, 12, 14 and 16
    assert history.total([first, second, third]).rows == 42


def test_emails_and_webhooks_count_in_the_hour_in_which_they_were_made(vendor_a: Vendor) -> None:
    upload = make_upload("UPLOAD_1", vendor_a)
    endpoint = WebhookEndpoint.objects.create(
        vendor=vendor_a, url="https://shop.example/", events=["upload.finished"], seed="5eed"
    )
    at = THREE_HOURS.start
    for number, state in enumerate(Notification.State.values):
        Notification.objects.create(
            upload=upload, run=number, to="a@b.example", subject="x", state=state, created_at=at
        )
    for number, state in enumerate(WebhookDelivery.State.values):
        WebhookDelivery.objects.create(
            endpoint=endpoint,
            message_id=f"msg_{number}",
            type="ping",
            subject=str(number),
            body="{}",
            state=state,
            created_at=at + 2 * HOUR,
        )
    nothing = Mails()
    assert history.mails(THREE_HOURS) == [Mails(sent=1, waiting=2, problems=4), nothing, nothing]
    found = history.webhooks(THREE_HOURS)
    assert found == [Webhooks(), Webhooks(), Webhooks(delivered=1, waiting=2, failed=1)]
    assert (history.total(found).count, found[0].count) == (4, 0)
