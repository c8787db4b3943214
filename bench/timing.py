"""Repeated measurements, with project and reference taking turns so that noise affects both."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

YARDSTICK_RECORDS, YARDSTICK_SECONDS = 20_000, 0.107  # how long these take undisturbed


def computed_seconds(pid: int) -> float:
    """Seconds a process had a processor for: on a busy machine the rest is waiting. Those of the
    clock where Linux does not tell."""
    schedule = Path(f"/proc/{pid}/schedstat")
    if not schedule.exists():
        return time.perf_counter()
    return int(schedule.read_text().split()[0]) / 1e9


def server_process() -> int:
    """The PID of the database's process for our connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (found,) = cursor.fetchone()
    pid: int = found
    return pid


def slowness() -> float:
    """How many times as long as undisturbed this machine takes at present for work like that of a
    page, which makes many small objects; at least 1. Neighbors take caches and memory from it."""
    began = time.process_time()
    records = [{"number": str(n), "parts": [n, n + 1]} for n in range(YARDSTICK_RECORDS)]
    json.loads(json.dumps(records))
    return max(1.0, (time.process_time() - began) / YARDSTICK_SECONDS)


@dataclass
class Times:
    """Durations of several runs, in seconds."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.2f} s ({min(self.seconds):.2f} to {max(self.seconds):.2f})"

    @contextmanager
    def run(self) -> Iterator[None]:
        """Time the block."""
        began = time.perf_counter()
        yield
        self.seconds.append(time.perf_counter() - began)


def in_turn(runs: int, *works: Callable[[], float]) -> list[Times]:
    """Run each of `works`, which return their duration, `runs` times, taking turns."""
    times = [Times() for _ in works]
    for _ in range(runs):
        for kept, work in zip(times, works, strict=True):
            kept.seconds.append(work())
    return times
