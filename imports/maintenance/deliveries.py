"""A sweep that sends hints for what is due to someone outside, as resume.py does for uploads."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint
from imports.maintenance.missing_hints import send_missing
from imports.models import Delivery, Notification, OutboxFile


def resume_mail() -> int:
    """Send hints for due emails and answers. Returns their number."""
    return resume("mail", send_mail_hint, Notification, OutboxFile)


def resume(queue: str, send: Callable[[], bool], *kinds: type[Delivery]) -> int:
    """Send hints for the due deliveries of these kinds, fewer by those that wait in their queue.
    Returns the number of hints.

    The age is that of the oldest one that is not delivered, whether due or between two attempts.
    """
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    due = 0
    oldest: list[datetime] = []
    for kind in kinds:
        unsent = kind._default_manager.filter(next_attempt_at__isnull=False)
        due += unsent.filter(next_attempt_at__lt=Now() - grace).count()
        oldest += unsent.order_by("created_at").values_list("created_at", flat=True)[:1]
    return send_missing(
        queue,
        settings.QUEUE_URLS[queue],
        send,
        due=due,
        oldest_seconds=(database_now() - min(oldest)).total_seconds() if oldest else 0.0,
    )
