"""A CSV file of a million rows and 250 MB into DynamoDB: time and memory beside batch_writer."""

import csv
import io
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from django.conf import settings

from bench import uploading
from bench.memory import OPEN_POLLS, children, in_words, peak_memory
from bench.system import System
from bench.table import Line
from bench.timing import Times
from imports.execution.hints import send_hint

ROWS, MEGABYTES = 1_000_000, 245
REFERENCE_ROWS = 100_000  # of the same file: batch_writer takes the same time for each
AIM = 40.0  # MB more than for a small file
SMALL = b"Sensor,Temperature\nHall 3,21.5\n"
COLUMNS = ("Sensor", "Measured at", "Temperature", "Note")


def measure(_runs: int, system: System) -> list[Line]:
    ours, theirs = Times(), Times()
    with tempfile.TemporaryDirectory(prefix="onboarding-") as folder:
        path = Path(folder) / "readings.csv"
        write(path)
        megabytes = path.stat().st_size / 1024**2
        _, idle = project(SMALL, 1, system)
        seconds, peak = project(path.read_bytes(), ROWS, system)
        ours.seconds.append(seconds)
        theirs.seconds.append(batch_writer(path))
    per_row = ours.median / ROWS * 1e6
    reference = theirs.median / REFERENCE_ROWS * 1e6
    what = f"any CSV of {ROWS:,} rows ({megabytes:.0f} MB)"
    return [
        Line(
            f"{what}, drop into S3 to final status",
            f"{ours}: {per_row:.0f} µs a row",
            f"boto3's batch_writer: {reference:.0f} µs a row",
            f"{per_row / reference:.2f} × its time",
            "≤ its time",
            per_row <= reference,
        ),
        Line(
            f"{what}: peak memory of a worker process",
            in_words([peak]),
            f"after one row: {in_words([idle])}",
            f"{peak - idle:+.1f} MB",
            f"within {AIM:.0f} MB",
            peak - idle <= AIM,
        ),
    ]


def write(path: Path) -> None:
    """Rows of about 250 bytes, each different."""
    note = "Checked by the night shift; no leak, no noise, no frost on the pipes. "
    width = MEGABYTES * 1024**2 // ROWS
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(ROWS):
            cells = [f"Hall {n % 500}", f"2026-11-{1 + n % 30:02}T{n % 24:02}:00", f"{n % 90}.5"]
            used = sum(map(len, cells)) + 5
            writer.writerow([*cells, f"{n} {note * 4}"[: width - used]])


def project(body: bytes, rows: int, system: System) -> tuple[float, float]:
    """Import the file with a new worker. Returns seconds and the worker's peak memory in MB."""
    worker = system.fresh_worker()
    for _ in range(OPEN_POLLS):  # for the old worker's open polls
        send_hint()
        time.sleep(0.5)
    ended = uploading.drop_one(body, f"csv/{uuid4().hex[:8]}.csv")
    uploading.check(ended.upload, rows)
    uploading.wait_for_quiet()
    return ended.seconds, max(peak_memory(child) for child in children(worker))


def batch_writer(path: Path) -> float:
    """Seconds of the usual script for REFERENCE_ROWS rows: no checks, no report."""
    table: Any = boto3.resource(
        "dynamodb", region_name=settings.AWS_REGION, endpoint_url=settings.AWS_ENDPOINT_URL
    ).Table(settings.CSV_DATA_TABLE)
    upload_id = f"BENCH-{uuid4().hex}"
    began = time.perf_counter()
    with path.open(newline="") as file, table.batch_writer() as batch:
        for number, item in enumerate(items(file), 2):
            batch.put_item(Item={**item, "upload_id": upload_id, "row_number": number})
    return time.perf_counter() - began


def items(file: io.TextIOBase) -> Iterator[dict[str, str]]:
    yield from islice(csv.DictReader(file), REFERENCE_ROWS)
