"""Undo: take back what another upload did, some products at a time."""

import logging
import time

from django.conf import settings

from imports import datasets
from imports.dataset import Dataset
from imports.destinations.undo import extent
from imports.execution.lease import Work
from imports.formats.layout import Layout
from imports.models import Upload
from imports.monitoring import metrics
from imports.steps.findings import store_findings

log = logging.getLogger(__name__)


def undo(work: Work) -> None:
    """Take back what the undone upload did to its next products.

    Raises database errors and Fenced.
    """
    started = time.monotonic()
    dataset = datasets.get(work.upload.dataset)
    with work.batch() as upload:
        if not upload.layout:
            plan(upload, dataset)
        done = dataset.destination.take_back(upload, dataset, most=settings.BATCH_ROWS)
        store_findings(upload, done.notices, done.rows)
        upload.add_batch(
            cursor=done.last,
            created=done.added,
            updated=done.restored,
            removed=done.removed,
            unchanged=done.kept,
            errors=0,
            skipped=done.gone,
        )
    seconds = time.monotonic() - started
    log.info(
        "taken back in %.2f s; restored: %s, removed: %s, added again: %s, kept: %s, gone: %s",
        seconds,
        done.restored,
        done.removed,
        done.added,
        done.kept,
        done.gone,
        extra={
            "event": "taken_back",
            "dataset": dataset.key,
            "rows_done": upload.processed_records,
            "rows_total": upload.total_records,
        },
    )
    metrics.rows(
        dataset=dataset.key,
        created=done.added,
        updated=done.restored,
        unchanged=done.kept,
        rejected={},
        seconds=seconds,
    )


def plan(upload: Upload, dataset: Dataset) -> None:
    """Count the products. What is said of one shows the cells by which a person knows it."""
    products, last = extent(str(upload.undoes_id))
    cells = tuple(dataset.label(unique.column) for unique in dataset.unique)
    layout = Layout(encoding="", delimiter="", header=cells, header_row=0, data_rows=0)
    upload.planned(products=products, last=last, layout=layout.to_json())
