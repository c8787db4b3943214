"""Retention: deletes source objects and upload history past their time.

The object of an upload that has not ended is never deleted.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CASCADE, F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from imports import datasets
from imports.execution.failpoints import failpoint
from imports.models import Upload
from imports.monitoring.sweeping import for_each
from imports.storage import s3

log = logging.getLogger(__name__)
MAX_DELETIONS_PER_SWEEP = 1_000
MAX_HISTORY_PER_SWEEP = 1_000
ROWS_PER_DELETION = 10_000  # of one table, in one transaction


def delete_sources() -> int:
    """Delete source objects past their time, by version. Returns their number."""
    late = expired_sources()

    def delete(upload_id: str) -> bool:
        with transaction.atomic():
            # The lock prevents a retry between the check and the deletion.
            upload = late.select_for_update(skip_locked=True).filter(pk=upload_id).first()
            if upload is None:
                return False
            s3.delete_version(upload.s3_bucket, upload.s3_key, str(upload.s3_version))
            failpoint("clean_up.after_delete")
            upload.source_deleted_at = now()
            upload.save(update_fields=["source_deleted_at"])
            return True

    deleted = for_each(
        next_to_sweep(late, MAX_DELETIONS_PER_SWEEP),
        delete,
        sweep="delete_sources",
        count_failure=count_failure,
    )
    if deleted:
        log.info("deleted source objects: %s", deleted)
    return deleted


def delete_history() -> int:
    """Delete the history of uploads past its time. Returns the number of uploads."""
    deleted = for_each(
        next_to_sweep(expired_history(), MAX_HISTORY_PER_SWEEP),
        delete_upload,
        sweep="delete_history",
        count_failure=count_failure,
    )
    if deleted:
        log.info("deleted uploads from the history: %s", deleted)
    return deleted


def delete_upload(upload_id: str) -> bool:
    """Delete an upload and everything that refers to it, in transactions of bounded size. A killed
    sweep leaves an upload with fewer rows, which the next one deletes."""
    cascades = (r for r in Upload._meta.related_objects if r.on_delete is CASCADE)
    for relation in cascades:
        # Rows that nothing else refers to, so that Django deletes them without loading them.
        of_upload = relation.related_model._default_manager.filter(
            **{relation.field.name: upload_id}
        ).order_by()
        for _ in deleted_in_pieces(of_upload):
            pass
    return bool(expired_history().filter(pk=upload_id).delete()[0])


def deleted_in_pieces(rows: QuerySet[Any]) -> Iterator[int]:
    """Delete the rows in transactions of bounded size, one for each step of the iterator. Yields
    how many each has deleted."""
    while deleted := rows.filter(pk__in=rows.values("pk")[:ROWS_PER_DELETION]).delete()[0]:
        yield deleted


def next_to_sweep(uploads: QuerySet[Upload], most: int) -> list[str]:
    """Their IDs: those that failed least first, so that they do not wait for others that fail
    again and again; then the oldest."""
    in_order = uploads.order_by("sweep_failures", "completed_at")
    return list(in_order.values_list("pk", flat=True)[:most])


def count_failure(upload_id: str) -> int:
    """Record that a sweep failed for this upload; returns how many times one has."""
    upload = Upload.objects.filter(pk=upload_id)
    upload.update(sweep_failures=F("sweep_failures") + 1)
    return upload.values_list("sweep_failures", flat=True).first() or 0


def expired_sources() -> QuerySet[Upload]:
    """Uploads whose source object is to be deleted."""
    declared = datasets.all_datasets().values()
    ours = ~Q(dataset__in=[dataset.key for dataset in declared])
    for dataset in declared:
        # A schedule found objects elsewhere; those are not ours to delete.
        ours |= Q(dataset=dataset.key, s3_key__startswith=dataset.prefix)
    return Upload.objects.ended().filter(
        ours,
        older_than(hours=settings.SOURCE_KEPT_HOURS),
        step=Upload.Step.DONE,
        source_deleted_at__isnull=True,
        s3_version__isnull=False,
    )


def expired_history() -> QuerySet[Upload]:
    """Ended uploads past AUDIT_KEPT_DAYS whose source object and personal data are deleted."""
    personal = [d.key for d in datasets.all_datasets().values() if d.personal]
    return Upload.objects.ended().filter(
        older_than(hours=24 * settings.AUDIT_KEPT_DAYS),
        Q(source_deleted_at__isnull=False) | Q(s3_version__isnull=True),
        ~Q(dataset__in=personal) | Q(erased_at__isnull=False),
        step=Upload.Step.DONE,
    )


def older_than(*, hours: int) -> Q:
    """Ended more than `hours` ago, by the database's clock."""
    return Q(completed_at__lt=Now() - timedelta(hours=hours))
