"""A clock for promises in seconds that stops while all CPUs are busy.

Such a promise limits how long a program waits. While all CPUs are busy, for example with other
tests, everything takes longer without breaking a promise.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

STAT = Path("/proc/stat")
AT_MOST = 10  # times as long by the wall, however busy the machine is


class SpareTime:
    """Seconds since its creation in which a CPU was idle.

    Call it often: each call counts at most the time since the previous one.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._asked, self._idle = time.monotonic(), idle_seconds()

    def __call__(self) -> float:
        now, idle = time.monotonic(), idle_seconds()
        self._seconds += min(now - self._asked, idle - self._idle)
        self._asked, self._idle = now, idle
        return self._seconds


def idle_seconds() -> float:
    """Idle seconds of all CPUs, since some moment in the past."""
    if not STAT.exists():
        return time.monotonic()  # not Linux: all time counts
    idle, awaiting_disk = STAT.read_text().split(maxsplit=6)[4:6]
    return (int(idle) + int(awaiting_disk)) / os.sysconf("SC_CLK_TCK")


def moments(within: float, *, every: float = 0.05) -> Iterator[None]:
    """Yield `every` so many seconds, for `within` seconds of idle time."""
    spare, end = SpareTime(), time.monotonic() + AT_MOST * within
    while spare() <= within and time.monotonic() <= end:
        yield
        time.sleep(every)
