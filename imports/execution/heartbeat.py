"""Keeps the lease of an upload while one of its steps runs, however long that takes.

A thread beside the step's renews the lease, on a database connection of its own. It lives in the
step's process: a process that is stopped, or hangs in C code, loses its lease as it should.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from imports.execution.lease import Work

log = logging.getLogger(__name__)
BEATS_PER_LEASE = 3

# Nothing to renew if the token has risen or the lease was given back. A locked row is skipped,
# because the transaction that locks it protects the upload by itself, and renews the lease.
RENEW = """
UPDATE upload_history SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE upload_id = (
    SELECT upload_id FROM upload_history
    WHERE upload_id = %(upload_id)s AND token = %(token)s AND lease_until IS NOT NULL
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, eq=False)
class Step:
    """A running step, which holds the lease of this upload under this token."""

    upload_id: str
    token: int
    started: float = field(default_factory=time.monotonic)

    @property
    def is_overdue(self) -> bool:
        """Beyond its total time, its worker hangs and must lose the lease."""
        return time.monotonic() - self.started > settings.STEP_SECONDS


class Heart:
    """The thread that renews. It sleeps while no step runs, and connects to the database only when
    a step lasts longer than a third of the lease."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._step: Step | None = None
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """False in a process forked from the one that started the thread."""
        return self._thread.is_alive()

    def keep(self, step: Step | None) -> None:
        """Renew the lease of this step from now on; None: of none."""
        with self._changed:
            self._step = step
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._step is not None)
                step = self._step
            if step is not None:
                self._beat(step)

    def _beat(self, step: Step) -> None:
        """Renew the lease of `step` until it ends."""
        pause = settings.LEASE_SECONDS / BEATS_PER_LEASE
        while not self._ends_within(pause, step):
            if not step.is_overdue:
                renew(step)
        connection.close()  # an idle connection would keep a serverless database awake

    def _ends_within(self, seconds: float, step: Step) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._step is not step, seconds)


def renew(step: Step) -> None:
    """Renew the lease of `step`. A failure is logged: the next beat tries again."""
    values: dict[str, str | int] = {
        "lease": settings.LEASE_SECONDS,
        "upload_id": step.upload_id,
        "token": step.token,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(RENEW, values)
    except Exception as error:  # noqa: BLE001 - whatever it is, the thread must live on
        log.warning("the lease could not be renewed; trying again: %s", error)
        connection.close()


_hearts = threading.local()


@contextmanager
def beating(work: Work) -> Iterator[None]:
    """Keep the lease of `work` during the block."""
    heart: Heart | None = getattr(_hearts, "heart", None)
    if heart is None or not heart.is_alive:
        heart = _hearts.heart = Heart()
    heart.keep(Step(work.upload_id, work.token))
    try:
        yield
    finally:
        heart.keep(None)
