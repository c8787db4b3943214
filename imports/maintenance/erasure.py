"""Erasure: deletes personal data after PERSONAL_KEPT_DAYS.

Deleted are the file in S3 with the older versions under its key, reports and correctable files
with all their versions, staged rows, the original rows stored with errors, and the texts of error
messages, emails and alarms, which quote values. Counts, hashes, IDs, file names and error types
are kept. Imported rows are the result of the upload and are not erased.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from imports import datasets
from imports.destinations import claimed_keys
from imports.maintenance.retention import count_failure, next_to_sweep, older_than
from imports.models import Alarm, ErrorCounts, FileSample, Notification, RowError, Upload
from imports.monitoring.sweeping import for_each
from imports.rules.refusals import REFUSALS
from imports.storage import s3, staging

log = logging.getLogger(__name__)
MAX_UPLOADS_PER_SWEEP = 200
ERASED = "Erased: personal data past its time."


def erase_personal_data() -> int:
    """Erase the personal data of uploads past their time. Returns the number of uploads."""
    late = with_expired_personal_data()

    def erase_locked(upload_id: str) -> bool:
        with transaction.atomic():
            # The lock prevents a retry during the erasure.
            upload = late.select_for_update(skip_locked=True).filter(pk=upload_id).first()
            if upload is None:
                return False
            erase(upload)
            return True

    erased = for_each(
        next_to_sweep(late, MAX_UPLOADS_PER_SWEEP),
        erase_locked,
        sweep="erase_personal_data",
        count_failure=count_failure,
        kind=Alarm.Kind.FAILED_ERASURE,
    )
    if erased:
        log.info("uploads whose personal data was erased: %s", erased)
    return erased


def with_expired_personal_data() -> QuerySet[Upload]:
    personal = [d.key for d in datasets.all_datasets().values() if d.personal]
    return Upload.objects.ended().filter(
        older_than(hours=24 * settings.PERSONAL_KEPT_DAYS),
        dataset__in=personal,
        step=Upload.Step.DONE,
        erased_at__isnull=True,
    )


def erase(upload: Upload) -> None:
    """Erase other stores first, so that a killed sweep is repeated. Raises botocore's errors."""
    erase_objects(upload)
    staging.erase(upload.upload_id)
    RowError.objects.filter(upload=upload).update(
        original_data=None, cell=None, error_message=ERASED
    )
    erase_examples(upload)
    FileSample.objects.filter(upload=upload).delete()
    Notification.objects.filter(upload=upload).update(text_body=ERASED, html_body=ERASED)
    Alarm.objects.filter(subject=upload.upload_id).update(detail=ERASED)
    claimed_keys.forget(upload)
    refusal = REFUSALS.get(upload.failure_code)
    upload.erase(at=now(), failure_message=str(refusal.title) if refusal else ERASED)
    upload.save()


def erase_examples(upload: Upload) -> None:
    """Erase the messages that stand with the counts of errors."""
    for counts in ErrorCounts.objects.filter(upload=upload):
        counts.kinds = [kind | {"message": ERASED} for kind in counts.kinds]
        counts.save()


def erase_objects(upload: Upload) -> None:
    """Delete the source file and the reports of every run, under both possible prefixes."""
    if upload.s3_version is not None:
        for version in versions_to_erase(upload):
            s3.delete_version(upload.s3_bucket, upload.s3_key, version)
    folders = {f"errors/{upload.vendor_id or '_'}/", "errors/_/"}
    folders |= {datasets.get(upload.dataset).rejected_prefix} - {""}
    for folder in sorted(folders):
        s3.delete_all(upload.s3_bucket, f"{folder}{upload.upload_id}_")


def versions_to_erase(upload: Upload) -> list[str]:
    """The upload's own version, and older ones under its key that no other upload still needs. A
    version that was replaced before a schedule found it has no upload at all.

    The oldest comes first, so that none of them becomes the latest version in between.
    """
    limit = now() - timedelta(days=settings.PERSONAL_KEPT_DAYS)
    others = Upload.objects.filter(
        s3_bucket=upload.s3_bucket, s3_key=upload.s3_key, erased_at__isnull=True
    ).exclude(pk=upload.pk)
    kept = set(others.values_list("s3_version", flat=True))

    def is_left_over(listed: s3.ListedVersion) -> bool:
        return not listed.is_latest and listed.modified < limit and listed.version not in kept

    found: list[tuple[datetime, str]] = [
        (listed.modified, listed.version)
        for listed in s3.list_versions(upload.s3_bucket, upload.s3_key)
        if listed.key == upload.s3_key
        and (listed.version == upload.s3_version or is_left_over(listed))
    ]
    return [version for _, version in sorted(found)]
