"""Compare: in mode `replace`, find out which records the file lacks, before any row is imported."""

from typing import Any

from django.conf import settings

from imports import datasets
from imports.execution.lease import Work
from imports.holds.numbers import numbers_of
from imports.models import Upload
from imports.steps.look import hold, needs_look
from imports.storage import staging
from imports.validation.batch import ValidatedBatch
from imports.validation.validate import validate


def compare(work: Work) -> None:
    """Claim the identities of the rows after the cursor. After the last one, the import is held if
    the file lacks too many records.

    Raises StagingIncomplete, botocore's and database errors, and Fenced.
    """
    upload = work.upload
    dataset = datasets.of_upload(upload)
    runs = staging.read(upload, settings.BATCH_ROWS)
    rows = [row for run in runs for row in run.rows]
    today = (upload.started_at or upload.upload_timestamp).date()
    batch = validate(dataset, datasets.layout_of(upload), rows, upload.base_mode, today)
    identities = [(identity_of(batch, i), row) for i, row in enumerate(batch.numbers)]
    with work.batch() as upload:
        upload.compared(cursor=runs[-1].sequence if runs else upload.staged_items)
        missing = dataset.destination.compare(
            upload, dataset, identities, last=upload.step != Upload.Step.COMPARE
        )
        if missing and needs_look(upload):
            finding = missing.finding(numbers_of(upload.vendor)["TOO_MANY_MISSING"])
            hold(upload, [finding] if finding else [])


def identity_of(batch: ValidatedBatch, i: int) -> Any:
    """Which record the row at position `i` is about; None if that is not certain."""
    identity = batch.schema.identity
    if any(problem.column == identity for problem in batch.problems.get(i, [])):
        return None
    return batch.values[i][batch.position(identity)]
