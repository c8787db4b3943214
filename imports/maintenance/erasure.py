"""Erasure: personal data that has been kept long enough goes, wherever a file left it.

What goes: the file in S3 with the older versions under its key, reports and rejected rows with all
their versions, staged rows, the rows kept with errors, and the words of messages, e-mails and
alarms, which quote values. What stays: counts, hashes, ids, names of files, and the error types.
The rows that were imported are the result, and not ours to erase.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from imports import datasets
from imports.destinations import claimed_keys
from imports.maintenance.retention import older_than
from imports.models import Alarm, Notification, RowError, Upload
from imports.rules.refusals import REFUSALS
from imports.storage import s3, staging

log = logging.getLogger(__name__)
MAX_UPLOADS_PER_SWEEP = 200  # per sweep
ERASED = "Erased: personal data past its time."


def erase_personal_data() -> int:
    """Erase what ended uploads of personal data left behind; returns how many uploads."""
    late = past_their_time()
    erased = 0
    for upload_id in list(
        late.order_by("completed_at").values_list("pk", flat=True)[:MAX_UPLOADS_PER_SWEEP]
    ):
        with transaction.atomic():
            # The lock keeps a retry from starting meanwhile.
            upload = late.select_for_update(skip_locked=True).filter(pk=upload_id).first()
            if upload is not None:
                erase(upload)
                erased += 1
    if erased:
        log.info("erased the personal data of %s uploads", erased)
    return erased


def past_their_time() -> QuerySet[Upload]:
    personal = [d.key for d in datasets.all_datasets().values() if d.personal]
    return Upload.objects.ended().filter(
        older_than(hours=24 * settings.PERSONAL_KEPT_DAYS),
        dataset__in=personal,
        step=Upload.Step.DONE,
        erased_at__isnull=True,
    )


def erase(upload: Upload) -> None:
    """All of it, elsewhere first: who dies on the way begins again. Raises botocore's errors."""
    erase_objects(upload)
    staging.erase(upload.upload_id)
    RowError.objects.filter(upload=upload).update(original_data=None, error_message=ERASED)
    Notification.objects.filter(upload=upload).update(text_body=ERASED, html_body=ERASED)
    Alarm.objects.filter(subject=upload.upload_id).update(detail=ERASED)
    claimed_keys.forget(upload)
    refusal = REFUSALS.get(upload.failure_code)
    upload.erase(at=now(), failure_message=str(refusal.title) if refusal else ERASED)
    upload.save()


def erase_objects(upload: Upload) -> None:
    """The file, and what we wrote about it: a report in either place, from every run."""
    if upload.s3_version is not None:
        for version in versions_to_erase(upload):
            s3.delete_version(upload.s3_bucket, upload.s3_key, version)
    folders = {f"errors/{upload.vendor_id or '_'}/", "errors/_/"}
    folders |= {datasets.get(upload.dataset).rejected_prefix} - {""}
    for folder in sorted(folders):
        s3.delete_all(upload.s3_bucket, f"{folder}{upload.upload_id}_")


def versions_to_erase(upload: Upload) -> list[str]:
    """The upload's own version, and older ones under its key that no upload is to keep yet: an
    object that was replaced before a schedule saw it has no upload at all.

    The oldest comes first, so that none of them becomes the latest meanwhile.
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
