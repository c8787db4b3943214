"""Report: the error CSV, the final status and the words of the e-mail."""

from datetime import timedelta
from tempfile import TemporaryFile

from django.utils.timezone import now

from imports import alarms, mail, metrics, objects, report_files, staging
from imports.lease import Work
from imports.models import Alarm, ClaimedKey, Upload


def report(work: Work) -> None:
    """End the run: exactly one report iff there are errors, and one e-mail waiting to be sent.

    A report put by somebody who was fenced out meanwhile is another version of the same key, and
    only the version recorded here is ever served. Raises botocore's errors and Fenced.
    """
    upload = work.upload
    key = version = ""
    if upload.error_records:
        key = report_key(upload)
        version = put_report(upload, key)
    with work.batch() as upload:
        upload.error_file_s3_key = key
        upload.error_file_version = version
        upload.end()
        upload.completed_at = now()
        upload.step = Upload.Step.NOTIFY
        ClaimedKey.objects.filter(upload=upload).delete()
        mail.prepare(upload)
        if upload.failure_code == "UNKNOWN_VENDOR":
            alarms.raise_alarm(
                Alarm.Kind.UNKNOWN_VENDOR,
                upload.vendor_prefix or upload.s3_key,
                f"{upload.upload_id}: s3://{upload.s3_bucket}/{upload.s3_key}",
            )
    staging.put_upload(work.upload)
    metrics.upload_ended(
        dataset=upload.dataset, status=upload.status, seconds=duration(upload).total_seconds()
    )


def report_key(upload: Upload) -> str:
    return f"errors/{upload.vendor_id or '_'}/{upload.upload_id}_errors.csv"


def put_report(upload: Upload, key: str) -> str:
    """Store the error report; returns its version."""
    with TemporaryFile(prefix="onboarding-", suffix=".report") as file:
        for piece in report_files.error_report(upload):
            file.write(piece)
        file.seek(0)
        return objects.put(upload.s3_bucket, key, file, "text/csv; charset=utf-8")


def duration(upload: Upload) -> timedelta:
    """From the start of the run to its final status."""
    return (upload.completed_at or now()) - (upload.started_at or upload.upload_timestamp)
