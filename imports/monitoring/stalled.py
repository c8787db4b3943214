"""Stalled uploads: those without progress, which staff must look at."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from imports.models import Upload

STALLED_AFTER = timedelta(minutes=2)


def is_stalled() -> Q:
    """Uploads whose last attempt failed, that have been due for two minutes without a worker, or
    whose object has not arrived two minutes after the form was sent."""
    has_failed = Q(attempts__gt=0)
    has_no_worker = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    overdue = Q(next_attempt_at__lt=Now() - STALLED_AFTER) & has_no_worker
    no_object = Q(
        status=Upload.Status.RECEIVED,
        s3_version__isnull=True,
        next_attempt_at__isnull=True,
        upload_timestamp__lt=Now() - STALLED_AFTER,
    )
    return (Q(next_attempt_at__isnull=False) & (has_failed | overdue)) | no_object
