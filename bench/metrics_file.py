"""Time and peak memory of importing 200 MB of metrics, compared with json.load and executemany."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.db import connection, transaction

from bench import uploading
from bench.memory import OPEN_POLLS, children, in_words, peak_memory
from bench.system import System
from bench.table import Line
from bench.timing import Times
from deploy.local.places import CHECKOUT
from imports.execution.hints import send_hint

MEGABYTES = 200
AIM = 60.0  # MB above an idle worker
TWIN = "metrics_by_executemany"
RUNS = 1  # takes minutes and varies little
SMALL = b'[{"name": "warm", "value": 1, "timestamp": "2025-01-01T00:00:00Z"}]'


@dataclass(frozen=True)
class Taken:
    seconds: float
    peak: float  # MB


def measure(runs: int, system: System) -> list[Line]:
    ours, theirs, idle = Times(), Times(), []
    peaks: dict[str, list[float]] = {"project": [], "reference": []}
    with tempfile.TemporaryDirectory(prefix="onboarding-") as folder:
        path = Path(folder) / "metrics.json"
        rows = write(path)
        for _ in range(min(runs, RUNS)):
            idle.append(project(SMALL, 1, system).peak)
            done = project(path.read_bytes(), rows, system)
            ours.seconds.append(done.seconds)
            peaks["project"].append(done.peak)
            other = reference(path, rows)
            theirs.seconds.append(other.seconds)
            peaks["reference"].append(other.peak)
    more = max(peaks["project"]) - min(idle)
    what = f"{MEGABYTES} MB of metrics ({rows:,})"
    return [
        Line(
            f"{what}, drop into S3 to final status, all or nothing",
            str(ours),
            f"json.load and executemany: {theirs}",
            f"{theirs.median / ours.median:.1f} × faster",
            "",
            None,
        ),
        Line(
            f"{what}: peak memory of a worker process",
            in_words(peaks["project"]),
            f"after one metric: {in_words(idle)}; json.load: {in_words(peaks['reference'])}",
            f"{more:+.1f} MB",
            f"within {AIM:.0f} MB",
            more <= AIM,
        ),
    ]


def write(path: Path) -> int:
    """Write the file; return its number of items."""
    items = _items()
    rows = 1
    with path.open("w") as file:
        file.write("[\n" + next(items))
        while file.tell() < MEGABYTES * 1024 * 1024:
            file.writelines(",\n" + item for item in islice(items, 1_000))
            rows += 1_000
        file.write("\n]\n")
    return rows


def _items() -> Iterator[str]:
    number = 0
    while True:
        second, series = divmod(number, 500)
        at = f"2025-{1 + second // 2_419_200:02d}-{1 + second // 86_400 % 28:02d}"
        clock = f"{second // 3_600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        yield (
            f'{{"name": "host-{series:03d}.cpu.load", "value": {number * 0.37 % 100:.4f}, '
            f'"timestamp": "{at}T{clock}Z"}}'
        )
        number += 1


def project(body: bytes, rows: int, system: System) -> Taken:
    """Import the file with a new worker."""
    _empty("metrics")
    worker = system.fresh_worker()
    for _ in range(OPEN_POLLS):  # for the old worker's open polls
        send_hint()
        time.sleep(0.5)
    ended = uploading.drop_one(body, "metrics/bench.json")
    if ended.upload.valid_records != rows:
        raise uploading.NotImported(f"{ended.upload}: {ended.upload.failure_message}")
    uploading.wait_for_quiet()
    return Taken(ended.seconds, max(peak_memory(child) for child in children(worker)))


def reference(path: Path, rows: int) -> Taken:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TWIN}")
        cursor.execute(f"CREATE TABLE {TWIN} (LIKE metrics INCLUDING ALL)")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bench.json_load", path],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - began
    count, peak = done.stdout.split()
    if int(count) != rows:
        raise AssertionError(f"json.load found {count} items")
    _empty(TWIN)
    return Taken(seconds, float(peak))


def _empty(table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}")
