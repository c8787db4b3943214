"""Look: whether an import needs a person's look before its first row is written.

It is a part of the step `load` and not one of its own, so that a worker of an earlier version
simply imports the file. A kill in it loses nothing: nothing is written before its end.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.conf import settings

from imports import datasets
from imports.dataset import Dataset
from imports.execution.lease import Work
from imports.holds.findings import Catalog, found
from imports.holds.measure import Measured
from imports.holds.numbers import numbers_of
from imports.holds.policy import review_of
from imports.holds.reasons import findings_of
from imports.holds.usual import tiny_file
from imports.mapping.values import replacements_of
from imports.models import Upload
from imports.rules.holds import Finding
from imports.rules.schema import UPDATING
from imports.storage import staging
from imports.storage.staging import StagedRun
from imports.validation.validate import validate

log = logging.getLogger(__name__)


def needs_look(upload: Upload) -> bool:
    """It is to import, and no person has released it. A run that is held already is looked at
    again, because `compare` holds it before the rows are looked at."""
    dataset = datasets.all_datasets().get(upload.dataset)
    is_check = upload.is_check and upload.held_reason is None
    return dataset is not None and dataset.can_hold and not (is_check or upload.released)


def look(work: Work, dataset: Dataset, first: Sequence[StagedRun]) -> None:
    """Hold the import if there is a reason. `first`: the first staged runs, which the caller has
    read.

    Raises StagingIncomplete, botocore's and database errors, and Fenced.
    """
    upload = work.upload
    numbers = numbers_of(upload.vendor)
    reasons = [review_of(upload), tiny_file(upload, numbers["TINY_FILE"])]
    findings = [finding for finding in reasons if finding]
    if dataset.watched and upload.base_mode in UPDATING:
        measured = Measured(dataset.watched, numbers["PRICE_JUMP"])
        measure(measured, upload, dataset, first)
        catalog = catalog_of(upload, dataset, measured)
        findings += found(measured, numbers, catalog, dataset.label)
    if findings:
        with work.batch(hold=True) as upload:
            hold(upload, findings)


def hold(upload: Upload, findings: Sequence[Finding]) -> None:
    """Hold the import for these reasons and those that it is held for already."""
    reasons = {each.code: each for each in (*findings_of(upload), *findings)}
    if not reasons:
        return
    upload.hold([each.to_json() for each in reasons.values()])
    codes = ", ".join(reasons)
    log.info("held: %s", codes, extra={"event": "held", "code": codes})


def measure(
    measured: Measured, upload: Upload, dataset: Dataset, first: Sequence[StagedRun]
) -> None:
    """Measure what the file would change in records that are there, by its watched columns."""
    watched = measured.watched.columns
    schema = replace(
        dataset,
        columns=tuple(
            column for column in dataset.columns if column.key in (dataset.identity, *watched)
        ),
        unique=(),
        fixed=(),
        row_rules=(),
    )
    layout = datasets.layout_of(upload)
    known = replacements_of(upload)
    today = (upload.started_at or upload.upload_timestamp).date()
    for runs in parts(upload, first):
        rows = [row for run in runs for row in run.rows]
        batch = validate(schema, layout, rows, upload.base_mode, today, replacements=known)
        at = batch.position(dataset.identity)
        positions = [(key, batch.position(key)) for key in watched]
        named = [values[at] for values in batch.values]
        present = dataset.destination.values_of(
            upload, dataset, [name for name in named if name], watched
        )
        for i, name in enumerate(named):
            if i not in batch.problems and name in present:
                after = {key: batch.stored(i, position) for key, position in positions}
                measured.add(batch.numbers[i], name, present[name], after)


def parts(upload: Upload, first: Sequence[StagedRun]) -> Iterator[Sequence[StagedRun]]:
    """All staged runs, about as many at once as are loaded at once."""
    runs = first
    while runs:
        yield runs
        if (last := runs[-1].sequence) >= upload.staged_items:
            return
        runs = staging.read(upload, settings.BATCH_ROWS, after=last)


def catalog_of(upload: Upload, dataset: Dataset, measured: Measured) -> Catalog:
    count, stock = dataset.destination.count_in_use, measured.watched.stock
    return Catalog(
        active=lambda: count(upload, dataset), in_stock=lambda: count(upload, dataset, filled=stock)
    )
