"""Clean up: source objects past their time, by each data set's own words, then old history.

An object whose upload has not ended is never deleted.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from imports import datasets
from imports.dataset import Dataset
from imports.execution.failpoints import crashpoint
from imports.models import Upload
from imports.storage import s3

log = logging.getLogger(__name__)
MOST_DELETIONS = 1_000  # per sweep
PROCESSED = (Upload.Status.COMPLETED, Upload.Status.PARTIAL)


def clean_up() -> int:
    """Delete source objects past their time, by version, then history past its time.

    Returns how many objects went.
    """
    late = sources_past_their_time()
    deleted = 0
    for upload_id in list(late.values_list("pk", flat=True)[:MOST_DELETIONS]):
        with transaction.atomic():
            # The lock keeps a retry from starting between the look and the deletion.
            upload = late.select_for_update(skip_locked=True).filter(pk=upload_id).first()
            if upload is None:
                continue
            s3.delete_version(upload.s3_bucket, upload.s3_key, str(upload.s3_version))
            crashpoint("clean_up.after_delete")
            upload.source_deleted_at = now()
            upload.save(update_fields=["source_deleted_at"])
            deleted += 1
    forgotten, _ = history_past_its_time().delete()
    if deleted or forgotten:
        log.info("deleted %s source objects and %s records past their time", deleted, forgotten)
    return deleted


def sources_past_their_time() -> QuerySet[Upload]:
    """Uploads whose source object is to be deleted, the oldest first."""
    declared = datasets.all_datasets().values()
    past = ~Q(dataset__in=[dataset.key for dataset in declared]) & older_than(hours=default_hours())
    for dataset in declared:
        past |= _past_its_time(dataset)
    return (
        Upload.objects.ended()
        .filter(
            past, step=Upload.Step.DONE, source_deleted_at__isnull=True, s3_version__isnull=False
        )
        .order_by("completed_at")
    )


def _past_its_time(dataset: Dataset) -> Q:
    """Old enough, and under the prefix; where only processed files go early, the others go when
    their history does."""
    late = older_than(hours=kept_hours(dataset))
    if dataset.clean_up.processed_only:
        late &= Q(status__in=PROCESSED)
        late |= older_than(hours=24 * settings.AUDIT_KEPT_DAYS)
    prefix = dataset.clean_up.prefix or dataset.prefix
    return Q(dataset=dataset.key, s3_key__startswith=prefix) & late


def history_past_its_time() -> QuerySet[Upload]:
    """Ended uploads that nothing is left of but their record, which has been kept long enough."""
    personal = [d.key for d in datasets.all_datasets().values() if d.personal]
    return Upload.objects.ended().filter(
        older_than(hours=24 * settings.AUDIT_KEPT_DAYS),
        Q(source_deleted_at__isnull=False) | Q(s3_version__isnull=True),
        ~Q(dataset__in=personal) | Q(erased_at__isnull=False),
        step=Upload.Step.DONE,
    )


def source_goes_at(upload: Upload) -> datetime | None:
    """When the source object left our storage, or will; None when that is not certain."""
    if upload.completed_at is None or upload.s3_version is None:
        return None
    if upload.source_deleted_at is not None:
        return upload.source_deleted_at
    dataset = datasets.all_datasets().get(upload.dataset)
    if dataset is None:
        return upload.completed_at + timedelta(hours=default_hours())
    hours = kept_hours(dataset)
    if dataset.clean_up.processed_only and upload.status not in PROCESSED:
        hours = 24 * settings.AUDIT_KEPT_DAYS
    if not upload.s3_key.startswith(dataset.clean_up.prefix or dataset.prefix):
        return None
    return upload.completed_at + timedelta(hours=hours)


def kept_hours(dataset: Dataset) -> int:
    hours = dataset.clean_up.after_hours
    return default_hours() if hours is None else hours


def default_hours() -> int:
    hours: int = settings.SOURCE_KEPT_HOURS
    return hours


def older_than(*, hours: int) -> Q:
    """Ended more than `hours` ago, by the database's clock."""
    return Q(completed_at__lt=Now() - timedelta(hours=hours))
