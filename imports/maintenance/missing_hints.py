"""Hints for due work, as many as are missing in its queue."""

import logging
from collections.abc import Callable

from imports.monitoring import metrics
from imports.monitoring.queues import messages_in

log = logging.getLogger(__name__)
MAX_HINTS_PER_SWEEP = 100


def send_missing(
    queue: str, url: str, send: Callable[[], bool], *, due: int, oldest_seconds: float
) -> int:
    """Send hints for `due` items, fewer by those that wait in the queue, and report how long work
    has waited. Returns the number of hints sent. Raises botocore's errors.

    Messages in flight are not subtracted: what a worker holds is not due, and the message of a
    worker that was killed stays hidden for minutes.
    """
    waiting = messages_in(url, in_flight=False)
    metrics.queue_age(queue=queue, waiting=waiting, oldest_seconds=oldest_seconds)
    sent = sum(send() for _ in range(min(MAX_HINTS_PER_SWEEP, max(0, due - waiting))))
    if sent:
        log.info("%s: due: %s; hints sent: %s", queue, due, sent)
    return sent
