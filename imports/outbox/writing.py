"""Writing the answers that are due: done by the mail worker, so that no import waits for it.

A worker that is killed, or that was believed dead, may have written a file without recording it;
the next one writes the same bytes to the same key, and the row names the version that counts.
"""

import logging
from tempfile import TemporaryFile

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from config.logging import about
from imports.execution import deliveries
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_mail_hint
from imports.execution.lease import Fenced
from imports.execution.retry_policy import backoff
from imports.models import Alarm, OutboxFile, Upload
from imports.notifications import alarms
from imports.outbox import contents
from imports.reports.correctable_file import correctable_file
from imports.storage import s3

log = logging.getLogger(__name__)


def write_due() -> None:
    """Write what is due, for the time of a slice. Raises database errors.

    A failure ends the slice: most of them concern the bucket and not the file.
    """
    deliveries.deliver_for_a_slice(write_next, send_mail_hint)


def write_next() -> bool:
    """Write the answer that has been due the longest. Returns whether one was written."""
    file = claim()
    if file is None:
        return False
    with about(upload_id=file.upload_id, vendor_id=file.upload.vendor_prefix):
        try:
            write(file)
        except Fenced:
            log.info("this answer has been written meanwhile; nothing was changed")
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - any error must be recorded
            record_failure(file, error)
            return False
    return True


def claim() -> OutboxFile | None:
    """Mark the next due answer as being written, with a new token; None when nothing is due."""
    with transaction.atomic():
        file = deliveries.next_due(OutboxFile.objects.select_related("upload"))
        if file is None:
            return None
        if file.attempts and deliveries.is_late(file):
            file.end(OutboxFile.State.FAILED, reason=file.last_error)
            file.save(update_fields=file.PROGRESS)
            return claim()
        if file.attempts >= settings.MAX_ATTEMPTS:
            alarms.raise_alarm(
                Alarm.Kind.UNWRITTEN_ANSWER,
                f"s3://{settings.S3_BUCKET}/{contents.OUTBOX}",
                f"{file.key}: {file.last_error or 'every worker that wrote it was lost'}",
            )
        # If this worker is killed, the next attempt follows after the usual pause.
        file.start(seconds=max(settings.LEASE_SECONDS, backoff(file.attempts + 1)))
        file.save(update_fields=file.PROGRESS)
    failpoint("outbox.after_claim")
    return file


def write(file: OutboxFile) -> None:
    """Write a claimed answer, after what lies beside it. Raises Fenced, botocore's errors, and
    OSError when the disk is full."""
    if file.lacks_files:
        files = {"error_report": copied_report(file), "rows_to_fix": stored_rows(file)}
        failpoint("outbox.after_files")
        with transaction.atomic():
            deliveries.lock(file)
            file.complete(contents.with_files(file.content, files))
            file.save(update_fields=["content", "lacks_files"])
    version = s3.put(settings.S3_BUCKET, file.key, file.content.encode(), "application/json")
    failpoint("outbox.after_put")
    with transaction.atomic():
        deliveries.lock(file)
        file.written(version)
        file.save(update_fields=[*file.PROGRESS, "version", "written_at"])
    log.info("answered: %s (run %s)", file.kind, file.run, extra={"event": "answered"})


def copied_report(file: OutboxFile) -> str | None:
    """Copy the run's error report into the outbox; returns its key there, None if there is none."""
    if not file.report_version:
        return None
    key = contents.error_report_key(file.upload, file.run)
    try:
        s3.copy(settings.S3_BUCKET, file.report_key, file.report_version, key)
    except s3.Gone:
        return None
    return key


def stored_rows(file: OutboxFile) -> str | None:
    """Write the run's rejected rows into the outbox; returns their key, None if the next run has
    begun, which deletes them and has an answer of its own."""
    upload = file.upload
    key = contents.rows_to_fix_key(upload, file.run)
    with TemporaryFile(prefix="onboarding-", suffix=".rows") as body:
        if upload.run != file.run:
            return None
        for piece in correctable_file(upload):
            body.write(piece)
        # What was read is of this run if it is still the last one: its rows are deleted with the
        # beginning of the next.
        if not Upload.objects.filter(pk=upload.pk, run=file.run).exists():
            return None
        body.seek(0)
        s3.put(settings.S3_BUCKET, key, body, "text/csv; charset=utf-8")
    return key


def record_failure(file: OutboxFile, error: Exception) -> None:
    """Try again later."""
    reason = f"{type(error).__name__}: {error}"
    delay = backoff(file.attempts)
    try:
        with transaction.atomic():
            deliveries.lock(file)
            log.warning("attempt %s failed; next in %.0f s: %s", file.attempts, delay, reason)
            file.retry(reason, seconds=delay)
            file.save(update_fields=file.PROGRESS)
            transaction.on_commit(lambda: send_mail_hint(delay=delay), robust=True)
    except Fenced:
        log.info("this answer has been written meanwhile; its failure is not recorded")
