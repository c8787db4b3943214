"""Hints: messages that say "there is work" and nothing else.

Losing, doubling or delaying one changes nothing, because the database says what is due and
`resume_stalled` hints again. So a hint that cannot be sent is logged, never raised.
"""

import logging
import math

from botocore.exceptions import BotoCoreError, ClientError
from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
ADVANCE = "imports.tasks.advance"
LONGEST_DELAY = 900  # seconds; SQS allows no more


def send_hint(*, delay: float = 0) -> bool:
    """Ask for one slice of work, after `delay` seconds. Returns whether the hint was sent."""
    try:
        current_app.send_task(
            ADVANCE,
            queue="imports",
            retry=False,
            DelaySeconds=min(LONGEST_DELAY, math.ceil(delay)),  # not before the work is due
        )
    except (ClientError, BotoCoreError, OperationalError) as error:
        log.warning("a hint could not be sent and is left to the sweep: %s", error)
        return False
    return True
