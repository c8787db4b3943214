"""The end of a run: the one place that says so, whatever has ended it.

What is said about a run is prepared in the transaction that sets its final status, and becomes due
at the latest in the transaction that finishes the upload.
"""

import logging

from django.db import transaction
from django.db.models.functions import Now

from imports import datasets
from imports.destinations import claimed_keys
from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint
from imports.models import Alarm, Upload
from imports.monitoring import metrics
from imports.notifications import alarms, due_mail, email
from imports.outbox import answers
from imports.reports import result
from imports.reports.quality import count_quality
from imports.webhooks import events

log = logging.getLogger(__name__)


def end_run(upload: Upload) -> None:
    """Set the final status, prepare the email and answer, inside the fenced transaction."""
    dataset = datasets.get(upload.dataset)
    dataset.destination.run_ends(upload)
    ended_at = database_now()
    upload.end_run(at=ended_at)
    claimed_keys.forget(upload)
    email.prepare(upload)
    tell_programs(upload)
    if upload.failure_code == "UNKNOWN_VENDOR":
        alarms.raise_alarm(
            Alarm.Kind.UNKNOWN_VENDOR,
            upload.vendor_prefix or upload.s3_key,
            f"{upload.upload_id}: s3://{upload.s3_bucket}/{upload.s3_key}",
        )
    # An internal failure has already raised its alarm.
    has_failed = upload.status == Upload.Status.FAILED
    if dataset.alarms and has_failed and not upload.failed_internally:
        alarms.raise_alarm(
            Alarm.Kind.FAILED_IMPORT,
            upload.upload_id,
            f"{dataset.title}\n{result.in_words(upload)}",
        )
    seconds = (ended_at - (upload.started_at or upload.upload_timestamp)).total_seconds()
    transaction.on_commit(lambda: log_end(upload, seconds), robust=True)
    transaction.on_commit(
        lambda: metrics.upload_ended(dataset=upload.dataset, status=upload.status, seconds=seconds),
        robust=True,
    )


def finish(upload: Upload) -> None:
    """Mark an upload whose run has ended as done, and have the mail worker deliver what is said."""
    due_mail.hand_over(upload)
    upload.finish()
    transaction.on_commit(send_mail_hint, robust=True)
    dataset = datasets.all_datasets().get(upload.dataset)
    if dataset and dataset.quality and upload.has_changed_records:
        transaction.on_commit(lambda: count_after(upload), robust=True)


def count_after(upload: Upload) -> None:
    """Count the quality of the vendor's products, after the last of its uploads that are due.

    If this fails, a sweep does it within a day.
    """
    others = Upload.objects.filter(vendor_prefix=upload.vendor_prefix, dataset=upload.dataset)
    if not others.filter(next_attempt_at__lte=Now()).exists():
        count_quality([str(upload.vendor_id)])


def end_without_email(upload: Upload) -> None:
    """End a run and finish its upload at once: of a file that the form refused, whose sender has
    just read why, or if the run cannot be ended properly."""
    upload.end_run(at=database_now())
    tell_programs(upload)
    finish(upload)


def tell_programs(upload: Upload) -> None:
    """How the run has ended: in the vendor's outbox, and at its webhooks."""
    answers.run_ended(upload)
    events.run_ended(upload)


def log_end(upload: Upload, seconds: float) -> None:
    log.info(
        "ended: %s; valid: %s, with errors: %s, skipped: %s of %s",
        upload.status,
        upload.valid_records,
        upload.error_records,
        upload.skipped_records,
        upload.total_records,
        extra={
            "event": "ended",
            "dataset": upload.dataset,
            "mode": upload.base_mode,
            "only_check": upload.is_check,
            "run": upload.run,
            "status": upload.status,
            "code": upload.failure_code,
            "valid": upload.valid_records,
            "errors": upload.error_records,
            "skipped": upload.skipped_records,
            "rows_total": upload.total_records,
            "seconds": round(seconds, 3),
        },
    )
