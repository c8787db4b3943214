"""Report: the error CSV, the final status and the text of the email."""

import logging
from tempfile import TemporaryFile

from django.db import transaction

from imports import datasets
from imports.destinations import claimed_keys
from imports.execution.clock import database_now
from imports.execution.failpoints import failpoint
from imports.execution.lease import Work
from imports.models import Alarm, Upload
from imports.monitoring import metrics
from imports.notifications import alarms, email
from imports.reports import error_report, result
from imports.storage import s3

log = logging.getLogger(__name__)


def report(work: Work) -> None:
    """End the run: exactly one report if there are errors, and one email to be sent.

    A report written by a worker that was fenced out is another version of the same key. Only the
    version recorded here is ever served. Raises botocore's errors and Fenced.
    """
    upload = work.upload
    key = version = ""
    if upload.error_records:
        found = error_report.report_of(upload)
        key, version = found.key, put_report(upload, found)
        failpoint("report.after_put")
        log.info("reported: the error report is stored", extra={"event": "reported"})
    with work.batch() as upload:
        upload.error_file_s3_key = key
        upload.error_file_version = version
        end_run(upload)


def end_run(upload: Upload) -> None:
    """Set the final status and prepare the email, inside the fenced transaction."""
    dataset = datasets.get(upload.dataset)
    dataset.destination.run_ends(upload)
    ended_at = database_now()
    upload.end_run(at=ended_at)
    claimed_keys.forget(upload)
    email.prepare(upload)
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


def put_report(upload: Upload, found: error_report.Report) -> str:
    """Store the report; returns its version."""
    with TemporaryFile(prefix="onboarding-", suffix=".report") as file:
        for piece in found.pieces:
            file.write(piece)
        file.seek(0)
        return s3.put(upload.s3_bucket, found.key, file, "text/csv; charset=utf-8")
