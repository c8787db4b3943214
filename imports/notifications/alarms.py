"""Alarms: what staff must look at, kept in the database and published to the alarm topic."""

import logging

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models.functions import Now

from config import aws
from imports.models import Alarm
from imports.notifications.addresses import alarm_url

log = logging.getLogger(__name__)


def raise_alarm(kind: Alarm.Kind, subject: str, detail: str) -> None:
    """Open an alarm and publish it on commit, unless one of this kind and subject is open."""
    alarm, is_new = Alarm.objects.get_or_create(
        kind=kind, subject=subject[:300], closed_at=None, defaults={"detail": detail[:10_000]}
    )
    if is_new:
        transaction.on_commit(lambda: publish(alarm), robust=True)


def close(alarm_id: int, *, by: AbstractBaseUser | AnonymousUser) -> bool:
    """Close an open alarm and record the user and the time. False if it is already closed."""
    open_one = Alarm.objects.filter(pk=alarm_id, closed_at__isnull=True)
    return bool(open_one.update(closed_at=Now(), closed_by=by.pk))


def publish(alarm: Alarm) -> None:
    """Publish to the alarm topic. If that fails nothing is lost: the alarm is in the database.

    The detail stays in the database, because an error message may quote a row.
    """
    kind = str(Alarm.Kind(alarm.kind).label)
    page = alarm_url(alarm.pk)
    try:
        aws.client("sns").publish(
            TopicArn=settings.ALARM_TOPIC_ARN,
            Subject=kind[:100],
            Message=f"{kind}: {alarm.subject}\n\nSee what happened and what to do: {page}",
        )
    except (ClientError, BotoCoreError) as error:
        log.error("alarm not published (%s, %s): %s", kind, alarm.subject, error)
