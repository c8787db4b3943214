"""The transitions of an upload: what a new run resets, and which status a run ends with."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imports.models import Upload
from imports.models.upload import INTERNAL

ROOT = Path(__file__).resolve().parents[2]
# Fields that do not belong to one run. `start_run` sets the last three, but to no default.
KEPT = {
    *("corrects", "corrected_rows", "corrected_records"),
    *("upload_id", "vendor", "vendor_prefix", "dataset", "mode", "file_name", "uploaded_by"),
    *(
        "only_check",
        "check_of",
        "upload_timestamp",
        "s3_bucket",
        "s3_key",
        "s3_version",
        "file_size",
        "sha256",
    ),
    *(
        "stored_at",
        "source_etag",
        "source_deleted_at",
        "erased_at",
        "schedule",
        "undoes",
        "mapping",
    ),
    *("run", "token", "next_attempt_at", "sweep_failures"),
    *("released", "left_out_rows"),
}
A_TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_every_field_is_either_kept_or_belongs_to_a_run() -> None:
    fields = {field.name for field in Upload._meta.concrete_fields}
    assert {*Upload.PER_RUN} | KEPT == fields
    assert not {*Upload.PER_RUN} & KEPT


def value_of(field: Any) -> Any:
    """A value that is not the field's default."""
    if field.choices:
        return field.choices[-1][0]
    kinds: dict[str, Any] = {
        "DateTimeField": A_TIME,
        "JSONField": ["x"],
        "CharField": "x",
        "TextField": "x",
    }
    return kinds.get(field.get_internal_type(), 7)


def test_a_new_run_resets_all_fields_of_a_run() -> None:
    upload = Upload(run=3, token=9)
    fields = [field for field in Upload._meta.concrete_fields if field.name in Upload.PER_RUN]
    for field in fields:
        setattr(upload, field.attname, value_of(field))
        assert getattr(upload, field.attname) != field.get_default()
    upload.start_run()
    assert [f.name for f in fields if getattr(upload, f.attname) != f.get_default()] == []
    assert (upload.run, upload.token) == (4, 10)
    assert upload.next_attempt_at is not None


@pytest.mark.parametrize(
    ("counts", "failure_code", "before", "after"),
    [
        ({"valid_records": 2}, "", "processing", "completed"),
        ({}, "", "processing", "completed"),
        ({"skipped_records": 2}, "", "processing", "completed"),
        ({"valid_records": 1, "error_records": 1}, "", "processing", "partial"),
        ({"skipped_records": 1, "error_records": 1}, "", "processing", "partial"),
        ({"error_records": 2}, "", "processing", "failed"),
        ({}, "NO_ROWS", "processing", "failed"),
        ({"valid_records": 2}, INTERNAL, "processing", "failed"),
        ({"valid_records": 2}, "", "cancelled", "cancelled"),
        ({"valid_records": 2}, INTERNAL, "cancelled", "cancelled"),
    ],
)
def test_the_final_status_follows_from_the_counts(
    counts: dict[str, int], failure_code: str, before: str, after: str
) -> None:
    upload = Upload(status=before, failure_code=failure_code, **counts)
    upload.end_run(at=A_TIME)
    assert (upload.status, upload.step, upload.completed_at) == (after, "notify", A_TIME)


@pytest.mark.parametrize(
    ("failure_code", "is_refused", "failed_internally"),
    [("", False, False), ("NO_ROWS", True, False), (INTERNAL, False, True)],
)
def test_a_failure_of_ours_is_no_refusal(
    failure_code: str, is_refused: bool, failed_internally: bool
) -> None:
    upload = Upload(failure_code=failure_code)
    assert (upload.is_refused, upload.failed_internally) == (is_refused, failed_internally)


def test_the_last_batch_moves_an_upload_to_its_report() -> None:
    upload = Upload(step="load", staged_items=2, total_records=30)
    upload.add_batch(cursor=1, created=5, updated=1, unchanged=2, errors=1, skipped=1, warned=3)
    assert (upload.step, upload.processed_records, upload.not_processed) == ("load", 10, 20)
    upload.add_batch(cursor=2, created=0, updated=15, unchanged=0, errors=5, skipped=0, warned=1)
    assert (upload.step, upload.valid_records, upload.error_records) == ("report", 23, 6)
    assert (upload.created_records, upload.updated_records, upload.unchanged_records) == (5, 16, 2)
    assert upload.skipped_records == 1
    assert upload.warned_records == 4


def test_a_canceled_upload_is_fenced_and_due() -> None:
    upload = Upload(step="load", token=4, attempts=2, lease_until=A_TIME)
    upload.cancel()
    assert (upload.status, upload.step, upload.token) == ("cancelled", "report", 5)
    assert (upload.lease_until, upload.attempts) == (None, 0)
    assert upload.next_attempt_at is not None


def test_one_module_ends_runs() -> None:
    """Emails, answers in the bucket and whatever else is said about a run hang on it."""
    sources = [
        path
        for path in (ROOT / "imports").rglob("*.py")
        if re.search(r"\bupload\.end_run\(", path.read_text())
    ]
    assert sources == [ROOT / "imports" / "steps" / "ending.py"]
