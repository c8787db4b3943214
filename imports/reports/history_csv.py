"""The upload history as a CSV file for staff: one line per upload, with formulas escaped."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from imports.formats.csv_writer import csv_lines
from imports.models import Upload

HEADER = [
    "Upload ID", "Vendor ID", "Vendor", "Data Set", "Mode", "Run", "File Name", "Bytes", "SHA-256",
    "Uploaded", "Uploaded By", "Schedule", "Status", "Total Rows", "Valid Rows", "Rejected Rows",
    "Skipped Rows", "Unchanged Rows", "Rows Not Processed", "Failure Code", "Failure Message",
    "Started", "Ended", "Email Sent", "File Deleted", "Personal Data Erased", "S3 Key",
    "S3 Version", "Check Only", "Warned Rows", "Created Rows", "Updated Rows",
    "Deactivated Records", "Removed Records", "Undoes",
]  # fmt: skip


def history_file(uploads: Iterable[Upload]) -> Iterator[bytes]:
    """The file in pieces. Times are UTC in ISO 8601, to the second."""
    return csv_lines(_rows(uploads))


def _rows(uploads: Iterable[Upload]) -> Iterator[list[str]]:
    yield HEADER
    for upload in uploads:
        yield [
            upload.upload_id,
            upload.vendor_id or upload.vendor_prefix,
            upload.vendor.name if upload.vendor else "",
            upload.dataset,
            upload.base_mode,
            str(upload.run),
            upload.file_name,
            "" if upload.file_size is None else str(upload.file_size),
            upload.sha256,
            _moment(upload.upload_timestamp),
            upload.uploaded_by.get_username() if upload.uploaded_by else "",
            upload.schedule.name if upload.schedule else "",
            upload.status,
            str(upload.total_records),
            str(upload.valid_records),
            str(upload.error_records),
            str(upload.skipped_records),
            str(upload.unchanged_records),
            str(upload.not_processed),
            upload.failure_code,
            upload.failure_message,
            _moment(upload.started_at),
            _moment(upload.completed_at),
            _moment(upload.notified_at),
            _moment(upload.source_deleted_at),
            _moment(upload.erased_at),
            upload.s3_key,
            upload.s3_version or "",
            "yes" if upload.is_only_check else "no",
            str(upload.warned_records),
            str(upload.created_records),
            str(upload.updated_records),
            str(upload.deactivated_records),
            str(upload.removed_records),
            upload.undoes_id or "",
        ]


def _moment(when: datetime | None) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else ""
