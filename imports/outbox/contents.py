"""What the files of an outbox are called, and what they say.

Both are an interface: docs/machines.md describes them.
"""

import json
from collections.abc import Mapping
from typing import Any

from imports.models import Upload
from imports.notifications import addresses
from imports.reports.result import result_of
from imports.reports.times import rfc_3339

OUTBOX = "outbox/"
RECEIVED, RESULT = "received.v1", "result.v1"  # what `schema` says
NO_FILES: dict[str, str | None] = {"error_report": None, "rows_to_fix": None}


def received_key(upload: Upload) -> str:
    return _key(upload, "received.json")


def result_key(upload: Upload, run: int) -> str:
    return _key(upload, f"run{run}.result.json")


def error_report_key(upload: Upload, run: int) -> str:
    return _key(upload, f"run{run}.errors.csv")


def rows_to_fix_key(upload: Upload, run: int) -> str:
    return _key(upload, f"run{run}.rows_to_fix.csv")


def _key(upload: Upload, end: str) -> str:
    return f"{OUTBOX}{upload.vendor_prefix}/{upload.file_name}.{upload.upload_id}.{end}"


def received(upload: Upload) -> str:
    """That the upload's file has arrived, and where the result of its first run will be."""
    return _text(
        {
            "schema": RECEIVED,
            "upload_id": upload.upload_id,
            **_source(upload),
            "received_at": rfc_3339(upload.upload_timestamp),
            "result_key": result_key(upload, 1),
            "upload_url": addresses.upload_url(upload.upload_id),
        }
    )


def result(upload: Upload) -> str:
    """How the upload's run has ended, without the files beside it."""
    found = result_of(upload)
    codes = {
        *found["errors_by_type"],
        *found["warnings_by_type"],
        *(each["code"] for each in found["held_for"]),
        upload.failure_code,
    } - {""}
    return _text(
        {
            "schema": RESULT,
            **found,
            "run": upload.run,
            "mode": upload.base_mode,
            **_source(upload),
            "sha256": upload.sha256 or None,
            "received_at": rfc_3339(upload.upload_timestamp),
            "started_at": rfc_3339(upload.started_at),
            "ended_at": rfc_3339(upload.completed_at),
            "upload_url": addresses.upload_url(upload.upload_id),
            "help": {code: addresses.help_url(upload.dataset, code) for code in sorted(codes)},
            "files": NO_FILES,
        }
    )


def with_files(text: str, files: Mapping[str, str | None]) -> str:
    """A result with the keys of the files beside it; None for one that there is not."""
    return _text({**json.loads(text), "files": {**files}})


def _source(upload: Upload) -> dict[str, Any]:
    return {
        "vendor_id": upload.vendor_prefix,
        "dataset": upload.dataset,
        "file_name": upload.file_name,
        "source_key": upload.s3_key or None,
        "source_version": upload.s3_version,
    }


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
