"""A clock for promises in seconds that stands still while every processor is busy.

Such a promise is about a program that waits. Where all processors are busy, with other tests for
example, everything takes longer and no promise is broken.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

STAT = Path("/proc/stat")
AT_MOST = 10  # times as long by the wall, however busy the machine is


class SpareTime:
    """Seconds since it was made in which a processor had nothing to do.

    To be asked often: it counts at most the time that passed since it was last asked.
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
    """Of all processors together, since some moment in the past."""
    if not STAT.exists():
        return time.monotonic()  # not Linux: all time counts
    idle, awaiting_disk = STAT.read_text().split(maxsplit=6)[4:6]
    return (int(idle) + int(awaiting_disk)) / os.sysconf("SC_CLK_TCK")


def moments(within: float) -> Iterator[None]:
    """Come by twenty times a second, for as many seconds of spare time."""
    spare, end = SpareTime(), time.monotonic() + AT_MOST * within
    while spare() <= within and time.monotonic() <= end:
        yield
        time.sleep(0.05)
