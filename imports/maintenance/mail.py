"""A sweep that sends hints for emails that are due, as resume.py does for uploads."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Min
from django.db.models.functions import Now

from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint
from imports.maintenance.missing_hints import send_missing
from imports.models import Notification


def resume_mail() -> int:
    """Send hints for due emails, fewer by those that wait in the queue. Returns their number.

    The age is that of the oldest email that is not sent yet, whether due or between two attempts.
    """
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    unsent = Notification.objects.filter(next_attempt_at__isnull=False)
    oldest = unsent.aggregate(oldest=Min("created_at"))["oldest"]
    return send_missing(
        "mail",
        settings.MAIL_QUEUE_URL,
        send_mail_hint,
        due=unsent.filter(next_attempt_at__lt=Now() - grace).count(),
        oldest_seconds=(database_now() - oldest).total_seconds() if oldest else 0.0,
    )
