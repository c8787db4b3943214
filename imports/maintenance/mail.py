"""A sweep that sends hints for emails and answers that are due, as resume.py does for uploads."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint
from imports.maintenance.missing_hints import send_missing
from imports.models import Notification, OutboxFile


def resume_mail() -> int:
    """Send hints for due emails and answers, fewer by those that wait in the queue. Returns their
    number.

    The age is that of the oldest one that is not delivered, whether due or between two attempts.
    """
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    due = 0
    oldest: list[datetime] = []
    for deliveries in (Notification.objects, OutboxFile.objects):
        unsent = deliveries.filter(next_attempt_at__isnull=False)
        due += unsent.filter(next_attempt_at__lt=Now() - grace).count()
        oldest += unsent.order_by("created_at").values_list("created_at", flat=True)[:1]
    return send_missing(
        "mail",
        settings.MAIL_QUEUE_URL,
        send_mail_hint,
        due=due,
        oldest_seconds=(database_now() - min(oldest)).total_seconds() if oldest else 0.0,
    )
