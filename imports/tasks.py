"""Thin Celery doors to the pipeline and to housekeeping.

A server that is away fails no task: the message would come back until it is set aside as a dead
letter. What was to be done is in the database, and the next sweep asks for it again.
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
from imports.maintenance import erasure, missing_events, resume
from imports.maintenance import retention as clean_up_sources
from imports.monitoring import dead_letters

log = logging.getLogger(__name__)
PAUSE_SECONDS = (
    1.0  # seconds, so that a queue full of hints is not used up while the database restarts
)


@contextmanager
def left_to_the_next_sweep() -> Iterator[None]:
    """Take a server that does not answer for what it is: a reason to come again later."""
    try:
        yield
    except (OperationalError, InterfaceError, BotoCoreError, ClientError) as error:
        log.error("left to the next sweep: %s", error)
        time.sleep(PAUSE_SECONDS)


@shared_task
@left_to_the_next_sweep()
def advance() -> None:
    pipeline.advance()


@shared_task
@left_to_the_next_sweep()
def resume_stalled() -> None:
    resume.resume_stalled()


@shared_task
@left_to_the_next_sweep()
def find_missing_events() -> None:
    missing_events.find_missing_events()


@shared_task
@left_to_the_next_sweep()
def run_schedules() -> None:
    schedules.run_schedules()


@shared_task
@left_to_the_next_sweep()
def clean_up() -> None:
    clean_up_sources.clean_up()
    erasure.erase_personal_data()


@shared_task
@left_to_the_next_sweep()
def watch_dead_letters() -> None:
    dead_letters.watch_dead_letters()
