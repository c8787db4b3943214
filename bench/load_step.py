"""The load step, validation and commit of 10,000 rows, compared with COPY and INSERT … SELECT."""

import gc
import time
from collections.abc import Callable
from unittest.mock import patch

from django.conf import settings
from django.db.models.functions import Now

from bench import files, plain_sql, uploading
from bench.table import Line
from bench.timing import in_turn
from bench.twins import empty_twin, make_twin
from config.rounding import ceil_div
from imports.execution.lease import Work
from imports.formats.layout import Layout
from imports.intake.receive import new_upload_id
from imports.models import Upload
from imports.rules.rows import StagedRow
from imports.steps.load import load
from imports.storage import staging
from vendors.models import Vendor

ROWS = 10_000
VENDOR = "BENCH-LOAD"
AIM = 3.5  # times the minimum, which records no changes
FILES = {
    "all 14 columns": (files.ALL, 21),
    "6 columns": (files.REQUIRED, 22),
}


def measure(runs: int) -> list[Line]:
    owner = uploading.vendor(VENDOR)
    make_twin(plain_sql.TABLE)
    lines = []
    for what, (columns, seed) in FILES.items():
        right = files.product_file(ROWS, seed=seed, columns=columns)
        wrong = files.product_file(ROWS, seed=seed, columns=columns, mistakes=True)
        lines += _lines(what, right, wrong, owner, runs)
    return lines


def _lines(what: str, right: files.File, wrong: files.File, owner: Vendor, runs: int) -> list[Line]:
    def floor() -> float:
        empty_twin(plain_sql.TABLE)
        return plain_sql.copy_and_insert(right, VENDOR)

    def project(file: files.File) -> float:
        uploading.empty_catalog()
        return load_staged(file, owner)

    works = (lambda: project(right), floor, lambda: project(wrong))
    in_turn(1, *works)
    ours, theirs, with_mistakes = in_turn(runs, *works)
    return [
        Line(
            f"10,000 rows, validate and commit: {what}{mistakes}",
            str(times),
            f"COPY and INSERT … SELECT: {theirs}",
            f"{times.median / theirs.median:.1f} × its time",
            f"≤ {AIM} × its time",
            times.median <= AIM * theirs.median,
        )
        for times, mistakes in ((ours, ""), (with_mistakes, ", 5 % invalid"))
    ]


def load_staged(file: files.File, owner: Vendor, mode: str = "create") -> float:
    """Run the load step on staged rows held in memory; return its duration in seconds."""
    return load_all(file, staged(file, owner, mode=mode))


def staged(
    file: files.File, owner: Vendor, *, mode: str = "create", only_check: bool = False
) -> Upload:
    """An upload of the file, ready for the load step."""
    header = tuple(files.LABELS[column] for column in file.columns)
    layout = Layout("utf-8", ",", header, 1, len(file.rows), separator_line=False)
    upload = Upload(
        upload_id=new_upload_id(),
        vendor=owner,
        vendor_prefix=owner.vendor_id,
        dataset="products",
        file_name="staged.csv",
        s3_bucket=settings.S3_BUCKET,
        s3_key=f"bench/{new_upload_id()}",
        status=Upload.Status.PROCESSING,
        step=Upload.Step.LOAD,
        total_records=len(file.rows),
        layout=layout.to_json(),
        staged_token=1,
        staged_items=len(items_of(file)),
        token=1,
        started_at=Now(),
    )
    upload.ask(mode, only_check=only_check)
    upload.save(force_insert=True)
    return upload


def items_of(file: files.File) -> list[staging.StagedRun]:
    rows: list[StagedRow] = [(number, cells, []) for number, cells in enumerate(file.rows, 2)]
    size = staging.ROWS_PER_ITEM
    return [
        staging.StagedRun(sequence, rows[start : start + size])
        for sequence, start in enumerate(range(0, len(rows), size), 1)
    ]


def load_all(file: files.File, upload: Upload) -> float:
    """Load the file's rows from memory; return the seconds that it takes.

    Everything else is as in a worker: batches, fencing, row errors, counters, commits.
    """
    items, size = items_of(file), staging.ROWS_PER_ITEM

    def in_memory(
        upload: Upload, most_rows: int, *, after: int | None = None
    ) -> list[staging.StagedRun]:
        first = upload.cursor if after is None else after
        return items[first : first + ceil_div(most_rows, size)]

    with patch.object(staging, "read", in_memory):
        return run_step(upload, load)


def run_step(upload: Upload, step: Callable[[Work], None]) -> float:
    """Run the upload's present step to its end, as a worker does; return the seconds that it takes.
    The run ends there."""
    work = Work(upload.upload_id, token=upload.token)
    work.deadline = float("inf")  # not divided into slices
    present = work.upload.step
    gc.collect()
    gc.freeze()  # as in a worker
    began = time.perf_counter()
    while work.upload.step == present:
        step(work)
    seconds = time.perf_counter() - began
    done = work.upload
    if done.processed_records != done.total_records:
        raise AssertionError(f"{done.processed_records} of {done.total_records} rows were counted")
    Upload.objects.filter(pk=done.pk).update(
        status=Upload.Status.CANCELLED, step=Upload.Step.DONE, lease_until=None
    )
    return seconds
