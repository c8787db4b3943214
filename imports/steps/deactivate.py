"""Deactivate: in mode `replace`, what the file lacks becomes inactive, some records at a time."""

import logging

from django.conf import settings

from imports import datasets
from imports.execution.lease import Work
from imports.monitoring import metrics
from imports.steps.findings import store_findings

log = logging.getLogger(__name__)


def deactivate(work: Work) -> None:
    """Deactivate the next records that the file lacks; of a check, count them.

    Raises database errors and Fenced.
    """
    dataset = datasets.of_upload(work.upload)
    with work.batch() as upload:
        done = dataset.destination.deactivate(upload, dataset, most=settings.BATCH_ROWS)
        store_findings(upload, done.notices, {row: {} for row in done.notices})
        upload.deactivated(count=done.count, cursor=done.last, done=done.done)
    log.info(
        "deactivated: %s, which the file lacks",
        done.count,
        extra={"event": "deactivated", "dataset": dataset.key},
    )
    if done.count and not upload.is_check:
        metrics.deactivated(dataset=dataset.key, count=done.count)
