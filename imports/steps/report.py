"""Report: the error CSV, the final status and the text of the email."""

import logging
from tempfile import TemporaryFile

from imports.execution.failpoints import failpoint
from imports.execution.lease import Work
from imports.models import Upload
from imports.reports import error_report
from imports.steps.ending import end_run
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


def put_report(upload: Upload, found: error_report.Report) -> str:
    """Store the report; returns its version."""
    with TemporaryFile(prefix="onboarding-", suffix=".report") as file:
        for piece in found.pieces:
            file.write(piece)
        file.seek(0)
        return s3.put(upload.s3_bucket, found.key, file, "text/csv; charset=utf-8")
