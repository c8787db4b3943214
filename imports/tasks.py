"""Celery tasks: thin entry points to the pipeline and to maintenance.

An outage of a service does not fail a task, because its message would be redelivered until it
becomes a dead letter. The database says what is to be done, and the next sweep sends a new hint.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from celery import shared_task
from django.db import InterfaceError, OperationalError

from imports import pipeline
from imports.intake import schedules
from imports.maintenance import erasure, mail, missing_events, resume, retention, stray_files
from imports.monitoring import dead_letters
from imports.monitoring.sweeping import for_each
from imports.notifications import mail_events, outbox
from vendors.old_logins import forget_old_logins

log = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0  # so that a database restart does not use up a queue full of hints


@contextmanager
def outages_wait_for_next_sweep() -> Iterator[None]:
    """Log an outage of the database or AWS, and leave the work to the next sweep."""
    try:
        yield
    except (OperationalError, InterfaceError, BotoCoreError, ClientError) as error:
        log.error("service unavailable; leaving the work to the next sweep: %s", error)
        time.sleep(PAUSE_SECONDS)


@shared_task
@outages_wait_for_next_sweep()
def advance() -> None:
    pipeline.advance()


@shared_task
@outages_wait_for_next_sweep()
def resume_stalled() -> None:
    resume.resume_stalled()
    mail.resume_mail()


@shared_task
@outages_wait_for_next_sweep()
def find_missing_events() -> None:
    missing_events.find_missing_events()
    stray_files.find_stray_files()


@shared_task
@outages_wait_for_next_sweep()
def run_schedules() -> None:
    schedules.run_schedules()


@shared_task
@outages_wait_for_next_sweep()
def clean_up() -> None:
    # Erasure first, because it has a date that others rely on.
    parts = (
        erasure.erase_personal_data,
        retention.delete_sources,
        retention.delete_history,
        forget_old_logins,
    )
    for_each(parts, lambda part: part(), sweep="clean_up", name=lambda part: part.__name__)


@shared_task
@outages_wait_for_next_sweep()
def watch_dead_letters() -> None:
    dead_letters.watch_dead_letters()


@shared_task
@outages_wait_for_next_sweep()
def send_mail() -> None:
    # First, because SES may report that it has accepted an email whose answer was lost.
    mail_events.read_mail_events()
    outbox.send_due()


@shared_task
@outages_wait_for_next_sweep()
def read_mail_events() -> None:
    mail_events.read_mail_events()
