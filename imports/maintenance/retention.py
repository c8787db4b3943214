"""Retention: deletes source objects and upload history past their time.

The object of an upload that has not ended is never deleted.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from imports import datasets
from imports.execution.failpoints import failpoint
from imports.models import Upload
from imports.storage import s3

log = logging.getLogger(__name__)
MAX_DELETIONS_PER_SWEEP = 1_000


def clean_up() -> int:
    """Delete source objects past their time, by version, then history past its time.

    Returns the number of objects deleted.
    """
    late = expired_sources()
    deleted = 0
    for upload_id in list(late.values_list("pk", flat=True)[:MAX_DELETIONS_PER_SWEEP]):
        with transaction.atomic():
            # The lock prevents a retry between the check and the deletion.
            upload = late.select_for_update(skip_locked=True).filter(pk=upload_id).first()
            if upload is None:
                continue
            s3.delete_version(upload.s3_bucket, upload.s3_key, str(upload.s3_version))
            failpoint("clean_up.after_delete")
            upload.source_deleted_at = now()
            upload.save(update_fields=["source_deleted_at"])
            deleted += 1
    deleted_records, _ = expired_history().delete()
    if deleted or deleted_records:
        log.info("deleted source objects: %s; history records: %s", deleted, deleted_records)
    return deleted


def expired_sources() -> QuerySet[Upload]:
    """Uploads whose source object is to be deleted, the oldest first."""
    declared = datasets.all_datasets().values()
    ours = ~Q(dataset__in=[dataset.key for dataset in declared])
    for dataset in declared:
        # A schedule found objects elsewhere; those are not ours to delete.
        ours |= Q(dataset=dataset.key, s3_key__startswith=dataset.prefix)
    return (
        Upload.objects.ended()
        .filter(
            ours,
            older_than(hours=settings.SOURCE_KEPT_HOURS),
            step=Upload.Step.DONE,
            source_deleted_at__isnull=True,
            s3_version__isnull=False,
        )
        .order_by("completed_at")
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
