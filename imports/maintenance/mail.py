"""A sweep that sends hints for emails that are due, as resume.py does for uploads."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Min
from django.db.models.functions import Now

from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint
from imports.models import Notification
from imports.monitoring import metrics
from imports.monitoring.queues import messages_in

log = logging.getLogger(__name__)
MAX_HINTS_PER_SWEEP = 100


def resume_mail() -> int:
    """Send hints for due emails, fewer by those that wait in the queue. Returns their number.

    The age is that of the oldest email that is not sent yet, whether due or between two attempts.
    """
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    unsent = Notification.objects.filter(next_attempt_at__isnull=False)
    oldest = unsent.aggregate(oldest=Min("created_at"))["oldest"]
    due = unsent.filter(next_attempt_at__lt=Now() - grace).count()
    waiting = messages_in(settings.MAIL_QUEUE_URL, in_flight=False)
    metrics.queue_age(
        queue="mail",
        waiting=waiting,
        oldest_seconds=(database_now() - oldest).total_seconds() if oldest else 0.0,
    )
    sent = 0
    for _ in range(min(MAX_HINTS_PER_SWEEP, max(0, due - waiting))):
        sent += send_mail_hint()
    if sent:
        log.info("emails due: %s; hints sent: %s", due, sent)
    return sent
