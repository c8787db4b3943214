"""A sweep that sends hints for what is due to someone outside, as resume.py does for uploads."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint, send_webhook_hint
from imports.maintenance.missing_hints import send_missing
from imports.models import (
    Delivery,
    Digest,
    Invitation,
    Notification,
    OutboxFile,
    VendorNotice,
    WebhookDelivery,
)


def resume_mail() -> int:
    """Send hints for due emails and answers. Returns their number.

    The age is that of the oldest one that is not delivered, whether due or between two attempts.
    """
    kinds = (Notification, OutboxFile, Invitation, VendorNotice, Digest)
    return resume("mail", send_mail_hint, *kinds)


def resume_webhooks() -> int:
    """Send hints for due webhooks. Returns their number.

    The age is how long the oldest one has been due: a program that is away for days, and is tried
    again now and then, is no sign that workers are missing.
    """
    return resume("webhooks", send_webhook_hint, WebhookDelivery, since="next_attempt_at")


def resume(
    queue: str, send: Callable[[], bool], *kinds: type[Delivery], since: str = "created_at"
) -> int:
    """Send hints for the due deliveries of these kinds, fewer by those that wait in their queue.
    Returns the number of hints. The age is the longest time since the time in the column `since`.
    """
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    due = 0
    oldest: list[datetime] = []
    for kind in kinds:
        unsent = kind._default_manager.filter(next_attempt_at__isnull=False)
        due += unsent.filter(next_attempt_at__lt=Now() - grace).count()
        oldest += unsent.order_by(since).values_list(since, flat=True)[:1]
    return send_missing(
        queue,
        settings.QUEUE_URLS[queue],
        send,
        due=due,
        oldest_seconds=max(0.0, (database_now() - min(oldest)).total_seconds()) if oldest else 0.0,
    )
