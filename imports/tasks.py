"""Celery tasks: thin entry points to the pipeline and to maintenance.

An outage of the database or of AWS does not fail a task: a message that is delivered again and
again becomes a dead letter. Instead, a new message is sent that arrives later, and the old one is
acknowledged. So hints outlive an outage of any length.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError

from imports import pipeline
from imports.execution.hints import (
    SEND_WARNINGS,
    send_hint,
    send_mail_hint,
    send_sweep,
    send_webhook_hint,
)
from imports.intake import schedules
from imports.maintenance import (
    changes,
    dead_webhooks,
    deliveries,
    digests,
    erasure,
    expiring_tokens,
    missing_events,
    quality,
    resume,
    retention,
    stray_files,
)
from imports.monitoring import dead_letters
from imports.monitoring.sweeping import for_each
from imports.notifications import due_mail, mail_events
from imports.outbox import writing
from imports.people import invitations, vendor_state
from imports.people import sending as person_mail
from imports.review import overdue
from imports.wanted import applying
from imports.webhooks import endpoints, sending
from vendors.old_logins import forget_old_logins

log = logging.getLogger(__name__)
NEXT_SWEEP_IS_NEAR_SECONDS = 900.0
AWS_AWAY = (BotoCoreError, ClientError, ResponseParserError)  # the last: a proxy answered


@contextmanager
def outages_pass(again: Callable[[], bool]) -> Iterator[None]:
    """Log an outage of the database or AWS and do the work `again` later.

    If that is not possible either, the error is raised and the message itself comes back.
    """
    try:
        yield
    except (OperationalError, InterfaceError, *AWS_AWAY) as error:
        log.error("service unavailable; trying again later: %s", error)
        if not again():
            raise


def hint_again() -> bool:
    """After a lease, because a worker that could not record its failure still holds one."""
    return send_hint(delay=settings.LEASE_SECONDS)


def mail_hint_again() -> bool:
    return send_mail_hint(delay=settings.LEASE_SECONDS)


def webhook_hint_again() -> bool:
    return send_webhook_hint(delay=settings.LEASE_SECONDS)


def sweep_again(name: str) -> Callable[[], bool]:
    """Later, unless beat sends the sweep again soon: else an outage would pile them up."""
    entry: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE[name]

    def again() -> bool:
        if entry["schedule"] <= NEXT_SWEEP_IS_NEAR_SECONDS:
            return True
        queue = entry["options"]["queue"]
        return send_sweep(entry["task"], queue=queue, delay=settings.LEASE_SECONDS)

    return again


@shared_task
@outages_pass(hint_again)
def advance() -> None:
    pipeline.advance()


@shared_task
@outages_pass(sweep_again("resume_stalled"))
def resume_stalled() -> None:
    resume.resume_stalled()
    deliveries.resume_mail()
    deliveries.resume_webhooks()
    applying.import_waiting()
    overdue.watch_held()


@shared_task
@outages_pass(sweep_again("find_missing_events"))
def find_missing_events() -> None:
    missing_events.find_missing_events()
    stray_files.find_stray_files()


@shared_task
@outages_pass(sweep_again("run_schedules"))
def run_schedules() -> None:
    schedules.run_schedules()


@shared_task
@outages_pass(sweep_again("clean_up"))
def clean_up() -> None:
    # Erasure first, because it has a date that others rely on.
    parts = (
        erasure.erase_personal_data,
        digests.make_digests,
        retention.delete_sources,
        retention.delete_history,
        changes.delete_changes,
        endpoints.delete_old_deliveries,
        invitations.delete_old,
        vendor_state.delete_old_notices,
        digests.delete_old,
        forget_old_logins,
        quality.count_daily,
    )
    for_each(parts, lambda part: part(), sweep="clean_up", name=lambda part: part.__name__)
    # To the worker that may send email, now that the database is awake.
    send_sweep(SEND_WARNINGS, queue="mail")


@shared_task
@outages_pass(sweep_again("watch_dead_letters"))
def watch_dead_letters() -> None:
    dead_letters.watch_dead_letters()


@shared_task
@outages_pass(mail_hint_again)
def send_mail() -> None:
    # Answers in the bucket first: they take milliseconds, and SES may hang.
    writing.write_due()
    # Then the events of SES, because SES may report that it has accepted an email whose answer was
    # lost. But emails do not wait for that queue.
    try:
        if due_mail.has_repeats():
            mail_events.read_mail_events()
    except AWS_AWAY as error:
        log.error("the events of SES cannot be read; sending without them: %s", error)
    # People wait at their screens for invitations, and there are few.
    person_mail.send_due()
    due_mail.send_due()


@shared_task
@outages_pass(webhook_hint_again)
def send_webhooks() -> None:
    sending.send_due()


@shared_task
@outages_pass(sweep_again("read_mail_events"))
def read_mail_events() -> None:
    mail_events.read_mail_events()


@shared_task
@outages_pass(lambda: True)  # clean_up sends it again
def send_warnings() -> None:
    expiring_tokens.warn_of_expiring_tokens()
    dead_webhooks.warn_of_dead_webhooks()
