"""Load: validate a batch of staged rows and write the valid ones to the destination."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import OperationalError

from imports import datasets
from imports.dataset import Dataset
from imports.destinations import claimed_keys
from imports.destinations.base import BatchOutcome, KeysTakenMeanwhile
from imports.execution import retry_policy
from imports.execution.lease import Work
from imports.mapping.values import replacements_of
from imports.models import ErrorCounts, RowError, Upload
from imports.monitoring import metrics
from imports.reports.corrections import numbers_in
from imports.rules.base import RowProblem
from imports.rules.cells import rejected_problem
from imports.rules.rows import StagedRow
from imports.steps.findings import store_findings
from imports.steps.look import look, needs_look
from imports.storage import staging
from imports.validation.batch import ValidatedBatch
from imports.validation.validate import validate

log = logging.getLogger(__name__)
MAX_TRIES = 5  # of one batch, after deadlocks
MAX_RESTARTS = 5


class RowsLost(Exception):
    """The rows that earlier batches had written were lost too many times."""


def load(work: Work) -> None:
    """Load the batch after the cursor.

    Raises StagingIncomplete, botocore's and database errors, and Fenced.
    """
    started = time.monotonic()
    dataset = datasets.of_upload(work.upload)
    runs = staging.read(work.upload, settings.BATCH_ROWS)
    if work.upload.cursor == 0 and needs_look(work.upload):
        look(work, dataset, runs)
    batch = validated(work.upload, dataset, [row for run in runs for row in run.rows])
    cursor = runs[-1].sequence if runs else work.upload.staged_items
    if outcome := write(work, dataset, batch, cursor):
        record(work.upload, dataset, batch, outcome, time.monotonic() - started)


def validated(upload: Upload, dataset: Dataset, rows: Sequence[StagedRow]) -> ValidatedBatch:
    """The rows, with all that can be said of them before they are written."""
    today = (upload.started_at or upload.upload_timestamp).date()
    layout = datasets.layout_of(upload)
    known = replacements_of(upload)
    batch = validate(dataset, layout, rows, upload.base_mode, today, replacements=known)
    batch.add_warnings(dataset.destination.doubts(upload, batch))
    reject(upload, batch)
    return batch


def write(work: Work, dataset: Dataset, batch: ValidatedBatch, cursor: int) -> BatchOutcome | None:
    """Write the batch and what was found in it, in one transaction that moves the cursor there.
    None if the load begins again, because earlier batches were lost."""
    for tries in range(1, MAX_TRIES + 1):
        try:
            with work.batch() as upload:
                is_last = cursor >= upload.staged_items
                outcome = dataset.destination.write(upload, batch, last=is_last)
                if outcome.lost:
                    restart_load(upload)
                    return None
                problems = batch.problems | outcome.problems
                found = joined(problems, batch.warnings, batch.notices, outcome.notices)
                store_findings(
                    upload,
                    {batch.numbers[i]: said for i, said in found.items()},
                    {batch.numbers[i]: cells_of(batch, i) for i in found},
                    cell_finder(batch),
                )
                upload.add_batch(
                    cursor=cursor,
                    created=outcome.created,
                    updated=outcome.updated,
                    unchanged=outcome.unchanged,
                    errors=len(problems),
                    skipped=outcome.skipped,
                    warned=len(batch.warnings),
                )
        except (OperationalError, KeysTakenMeanwhile) as error:
            if tries == MAX_TRIES or not retry_policy.is_contention(error):
                raise
            time.sleep(random.uniform(0, 0.05 * tries))  # noqa: S311 - jitter, not a secret
        else:
            return outcome
    raise AssertionError("the last try returns or raises")


def record(
    upload: Upload, dataset: Dataset, batch: ValidatedBatch, outcome: BatchOutcome, seconds: float
) -> None:
    """Log and count the batch that was written."""
    problems = batch.problems | outcome.problems
    count = len(batch.numbers)
    log.info(
        "rows loaded: %s in %.2f s (%.0f rows/s); valid: %s, with errors: %s; done: %s of %s",
        count,
        seconds,
        count / seconds,
        outcome.valid,
        len(problems),
        upload.processed_records,
        upload.total_records,
        extra={
            "event": "loaded",
            "dataset": dataset.key,
            "rows": count,
            "rows_per_second": round(count / seconds),
            "rows_done": upload.processed_records,
            "rows_total": upload.total_records,
        },
    )
    did = BatchOutcome() if upload.is_check else outcome
    metrics.rows(
        dataset=dataset.key,
        created=did.inserted,
        updated=did.changed,
        unchanged=did.unchanged,
        rejected=Counter(problem.code for found in problems.values() for problem in found),
        seconds=seconds,
    )


def reject(upload: Upload, batch: ValidatedBatch) -> None:
    """Reject the rows that a reviewer has left out, whatever else is wrong with them."""
    left_out = numbers_in(upload.left_out_rows or [])
    for i, number in enumerate(batch.numbers):
        if number in left_out:
            batch.problems.setdefault(i, []).append(rejected_problem())


def restart_load(upload: Upload) -> None:
    """Start the load again from the first row. Raises RowsLost after too many restarts."""
    if upload.restarts == MAX_RESTARTS:
        raise RowsLost(f"the rows of earlier batches were lost after {MAX_RESTARTS} restarts, too")
    log.warning("a database crash deleted the loaded rows; restarting the load")
    RowError.objects.filter(upload=upload, run=upload.run).delete()
    ErrorCounts.objects.filter(upload=upload, run=upload.run).delete()
    claimed_keys.forget(upload)
    upload.restart_load()


def joined(*findings: dict[int, list[RowProblem]]) -> dict[int, list[RowProblem]]:
    """All that was found, by position in the batch, in file order."""
    positions = sorted({i for of_rows in findings for i in of_rows})
    return {i: [each for of_rows in findings for each in of_rows.get(i, [])] for i in positions}


def cells_of(batch: ValidatedBatch, i: int) -> dict[str, str]:
    """The cells of a row by the vendor's column names."""
    cells = batch.cells[i]
    return dict(zip(batch.layout.names_of(cells), cells, strict=False))


def cell_finder(batch: ValidatedBatch) -> Callable[[int, str], str | None]:
    """A function from a row's number and the key of a column to the cell that was read."""
    layout = batch.layout
    sources = layout.sources_in(batch.schema)
    rows = dict(zip(batch.numbers, batch.cells, strict=True))
    width = len(layout.header)

    def cell_of(number: int, column: str) -> str | None:
        if column not in sources or len(rows[number]) > width:
            return layout.constants.get(column)
        position = sources[column].position
        cells = rows[number]
        return cells[position] if position < len(cells) else ""

    return cell_of
