"""Hints: messages that say "there is work" and nothing else.

Hints may be lost, duplicated or delayed without consequence: the database says what is due, and
`resume_stalled` sends new ones. So a failure to send a hint is logged, never raised.
"""

import logging
import math

from botocore.exceptions import BotoCoreError, ClientError
from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
ADVANCE = "imports.tasks.advance"
RUN_SCHEDULES = "imports.tasks.run_schedules"
SEND_MAIL = "imports.tasks.send_mail"
SEND_WEBHOOKS = "imports.tasks.send_webhooks"
MAX_DELAY_SECONDS = 900  # the limit of SQS


def send_schedules_hint() -> bool:
    """Request a run of the due schedules before beat's next tick. Returns whether it was sent."""
    return send_sweep(RUN_SCHEDULES)


def send_sweep(task: str, *, queue: str = "maintenance", delay: float = 0) -> bool:
    """Request one run of a sweep after `delay` seconds. Returns whether it was sent."""
    return _send(task, queue=queue, delay=delay)


def send_hint(*, delay: float = 0) -> bool:
    """Request one slice of work after `delay` seconds. Returns whether the hint was sent."""
    return _send(ADVANCE, queue="imports", delay=delay)


def send_mail_hint(*, delay: float = 0) -> bool:
    """Report that an email is due after `delay` seconds. Returns whether the hint was sent."""
    return _send(SEND_MAIL, queue="mail", delay=delay)


def send_webhook_hint(*, delay: float = 0) -> bool:
    """Report that a webhook is due after `delay` seconds. Returns whether the hint was sent."""
    return _send(SEND_WEBHOOKS, queue="webhooks", delay=delay)


def _send(task: str, *, queue: str, delay: float) -> bool:
    # Rounded up, so that the hint does not arrive before the work is due.
    seconds = min(MAX_DELAY_SECONDS, math.ceil(delay))
    try:
        current_app.send_task(task, retry=False, queue=queue, DelaySeconds=seconds)
    except (ClientError, BotoCoreError, OperationalError) as error:
        log.warning("hint not sent; leaving it to the next sweep: %s", error)
        return False
    return True
