"""Peak memory of a worker process, for a file of the usual size and one twenty times as long."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from bench import files, uploading
from bench.system import System
from bench.table import Line
from imports.execution.hints import send_hint

VENDOR = "BENCH-MEMORY"
USUAL, LONG = 10_000, 200_000
OPEN_POLLS = 3


@dataclass(frozen=True)
class Kind:
    """What is done with the file, the share of its rows that are invalid, and how many more MB
    the long file may take."""

    title: str
    mode: str
    bad: float
    aim: float


KINDS = (
    Kind("import", "create", 0.05, 5.0),
    Kind("check", "check", 0.05, 40.0),
    Kind("import, all rows invalid", "create", 1.0, 40.0),
    Kind("check, all rows invalid", "check", 1.0, 40.0),
)


def measure(runs: int, system: System) -> list[Line]:
    return [_measure(kind, runs, system) for kind in KINDS]


def _measure(kind: Kind, runs: int, system: System) -> Line:
    bodies = {
        rows: files.product_file(rows, seed=41, mistakes=kind.bad).csv() for rows in (USUAL, LONG)
    }
    peaks: dict[int, list[float]] = {rows: [] for rows in bodies}
    for _ in range(runs):
        for rows, body in bodies.items():
            peaks[rows].append(_peak(body, rows, kind.mode, system))
    usual, long = (statistics.median(peaks[rows]) for rows in (USUAL, LONG))
    return Line(
        f"peak memory of a worker process, {kind.title}, {LONG:,} rows",
        in_words(peaks[LONG]),
        f"{USUAL:,} rows: {in_words(peaks[USUAL])}",
        f"{long - usual:+.1f} MB",
        f"within {kind.aim:.0f} MB",
        abs(long - usual) <= kind.aim,
    )


def _peak(body: bytes, rows: int, mode: str, system: System) -> float:
    """Peak memory in MB of the new worker process that needed most for this file."""
    uploading.empty_catalog()
    worker = system.fresh_worker()
    # Each open poll of the old worker receives one more message, which is delivered again only
    # after a minute. Empty hints use up those polls.
    for _ in range(OPEN_POLLS):
        send_hint()
        time.sleep(0.5)
    upload = uploading.import_one(body, VENDOR, mode=mode).upload
    if upload.processed_records != rows:
        raise uploading.NotImported(f"{upload.upload_id}: {upload.failure_message}")
    uploading.wait_for_quiet()
    return max(peak_memory(child) for child in children(worker))


def in_words(peaks: list[float]) -> str:
    return f"{statistics.median(peaks):.1f} MB ({min(peaks):.1f} to {max(peaks):.1f})"


def children(parent: int) -> list[int]:
    """The child processes of this process."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in found.split()]


def peak_memory(pid: int) -> float:
    """Peak resident memory of this process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no peak memory")
