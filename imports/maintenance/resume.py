"""Resume: a sweep that sends hints for uploads that are due.

It is level-triggered ("older than X", never a time window), so that it works after hours without
beat, and with two beats at once.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from imports.execution.failpoints import failpoint
from imports.execution.hints import send_hint
from imports.intake.receive import receive_stored
from imports.maintenance.missing_hints import MAX_HINTS_PER_SWEEP, send_missing
from imports.models import Upload
from imports.monitoring.sweeping import for_each
from imports.rules.quantities import minutes as in_minutes
from imports.rules.refusals import REFUSALS

log = logging.getLogger(__name__)


def resume_stalled() -> int:
    """Send hints for due uploads that no worker holds. Returns the number of hints sent."""
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    due = Upload.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()), next_attempt_at__lt=Now() - grace
    )
    oldest = due.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    sent = send_missing(
        "imports",
        settings.IMPORTS_QUEUE_URL,
        send_one,
        due=due.count(),
        oldest_seconds=(now() - oldest).total_seconds() if oldest else 0.0,
    )
    refuse_never_arrived()
    return sent


def send_one() -> bool:
    is_sent = send_hint()
    failpoint("resume.after_hint")
    return is_sent


def refuse_never_arrived() -> None:
    """End the wait for objects of the web form that did not arrive in time: receive those that are
    in the bucket without an event, refuse the others."""
    for_each(
        list(late().order_by("upload_timestamp")[:MAX_HINTS_PER_SWEEP]),
        receive_or_refuse,
        sweep="refuse_never_arrived",
    )


def late() -> QuerySet[Upload]:
    """Uploads whose object should have arrived by now."""
    return Upload.objects.filter(
        status=Upload.Status.RECEIVED,
        s3_version__isnull=True,
        upload_timestamp__lt=Now() - timedelta(minutes=settings.NEVER_ARRIVED_MINUTES),
        next_attempt_at__isnull=True,
    )


def receive_or_refuse(upload: Upload) -> bool:
    """End the wait for the upload's object. Returns whether it was refused."""
    return not receive_stored(upload) and refuse(upload.upload_id)


def refuse(upload_id: str) -> bool:
    with transaction.atomic():
        upload = late().select_for_update(skip_locked=True).filter(pk=upload_id).first()
        if upload is None:
            return False  # its object has just arrived, or another sweep handles it
        time = in_minutes(60 * settings.NEVER_ARRIVED_MINUTES)
        upload.refuse("NEVER_ARRIVED", REFUSALS["NEVER_ARRIVED"].filled_in(time=time))
        upload.save()
        transaction.on_commit(send_hint, robust=True)
        failpoint("never_arrived.before_commit")
        return True
