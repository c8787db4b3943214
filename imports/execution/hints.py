"""Hints: messages that say "there is work" and nothing else.

Losing, doubling or delaying one changes nothing, because the database says what is due and
`resume_stalled` hints again. So a hint that cannot be sent is logged, never raised.
"""

import logging
import math
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
ADVANCE = "imports.tasks.advance"
RUN_SCHEDULES = "imports.tasks.run_schedules"
MAX_DELAY_SECONDS = 900  # seconds; SQS allows no more


def send_for_schedules() -> bool:
    """Ask for a look at the schedules now, instead of at beat's next turn."""
    return _sent(RUN_SCHEDULES, queue="maintenance")


def send_hint(*, delay: float = 0) -> bool:
    """Ask for one slice of work, after `delay` seconds. Returns whether the hint was sent."""
    # Not before the work is due.
    return _sent(ADVANCE, queue="imports", DelaySeconds=min(MAX_DELAY_SECONDS, math.ceil(delay)))


def _sent(task: str, **options: Any) -> bool:
    try:
        current_app.send_task(task, retry=False, **options)
    except (ClientError, BotoCoreError, OperationalError) as error:
        log.warning("a hint could not be sent and is left to the sweep: %s", error)
        return False
    return True
