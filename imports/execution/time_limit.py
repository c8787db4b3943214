"""The total time of a step, after which it fails, so that no step can hold its worker forever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imports.execution.retry_policy import Transient


class TookTooLong(Transient):
    """The step took longer than its total time."""


class _TimeIsUp(BaseException):
    """Not an Exception, because botocore takes any of those for a failed request and repeats it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in the block after `seconds`.

    Code in C is not interrupted: the error is raised when it returns, or else the task's time
    limit ends the process. Only the main thread, in which workers work, can be interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _time_is_up)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        raise TookTooLong(f"it took more than {seconds:g} s") from None
    finally:
        signal.signal(signal.SIGALRM, before)


def _time_is_up(*_: Any) -> None:
    raise _TimeIsUp
