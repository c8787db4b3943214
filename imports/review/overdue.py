"""Held uploads that wait: their people are reminded, staff get an alarm, and in the end it is over.

A sweep. Each of these happens once for each run that is held, whatever else happens meanwhile: the
row says that it was done, in the transaction that does it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from imports.execution.failpoints import failpoint
from imports.holds.reasons import needs_staff
from imports.models import Alarm, Upload
from imports.models.upload import IS_HELD
from imports.monitoring.sweeping import for_each
from imports.notifications import alarms, held_reminder
from imports.notifications.addresses import review_url
from imports.review.deciding import refuse
from imports.review.working_hours import working_hours_between
from imports.rules.quantities import days

log = logging.getLogger(__name__)
MOST = 200  # of one sweep


def watch_held() -> None:
    """Remind, raise alarms and end what was held for too long."""
    hours = settings.REVIEW_REMINDER_HOURS
    sweep("remind_of_held", waiting_for(hours).filter(reminded_at=None), remind)
    hours = settings.REVIEW_ALARM_HOURS
    sweep("escalate_held", waiting_for(hours).filter(escalated_at=None), escalate)
    sweep("end_held", waiting_for(24 * settings.REVIEW_DAYS), end)


def waiting_for(hours: int) -> QuerySet[Upload]:
    """Held for at least so long, the oldest first."""
    since = Now() - timedelta(hours=hours)
    late = Upload.objects.filter(IS_HELD, step=Upload.Step.DONE, completed_at__lte=since)
    return late.order_by("completed_at")


def sweep(name: str, late: QuerySet[Upload], act: Callable[[Upload], bool]) -> None:
    def act_on(upload_id: str) -> bool:
        with transaction.atomic():
            # Of a person who decides at this moment and the sweep, the first one counts.
            locked = late.select_for_update(skip_locked=True)
            upload = locked.filter(pk=upload_id).first()
            is_done = upload is not None and act(upload)
            failpoint("watch_held.before_commit")
            return is_done

    for_each(list(late.values_list("pk", flat=True)[:MOST]), act_on, sweep=name)


def remind(upload: Upload) -> bool:
    """Send one reminder to those who can release it."""
    held_reminder.prepare(upload, waits_for_staff=needs_staff(upload))
    upload.reminded_at = now()
    upload.save(update_fields=["reminded_at"])
    return True


def escalate(upload: Upload) -> bool:
    """Raise an alarm if it has waited for staff for some of their working hours."""
    waited = working_hours_between(upload.completed_at or now(), now())
    if waited < settings.REVIEW_ALARM_HOURS or not needs_staff(upload):
        return False
    vendor = upload.vendor or upload.vendor_prefix
    detail = f"{vendor}: {upload.file_name}\n\nReview it: {review_url(upload.upload_id)}"
    alarms.raise_alarm(Alarm.Kind.WAITING_REVIEW, upload.upload_id, detail)
    upload.escalated_at = now()
    upload.save(update_fields=["escalated_at"])
    return True


def end(upload: Upload) -> bool:
    """Nothing of it is imported any more."""
    refuse(upload, what=f"within {days(settings.REVIEW_DAYS)}.")
    log.info("not released in time", extra={"event": "not_released"})
    return True
