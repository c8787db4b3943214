"""The result of an upload as other programs and people read it."""

from typing import Any

from imports.holds.reasons import findings_of
from imports.models import Upload
from imports.reports.corrections import corrected
from imports.reports.outcome import deactivated, effects_of
from imports.reports.summary import error_groups, errors_by_type
from imports.rules.base import SEVERITIES, WARNING
from imports.rules.quantities import rows


def result_of(upload: Upload) -> dict[str, Any]:
    """Counts, errors and warnings by type and failure of an upload, ready for JSON.

    `seconds` runs from the upload's arrival to its final status, None before it.
    """
    ended = upload.completed_at
    return {
        "upload_id": upload.upload_id,
        "only_check": upload.is_only_check,
        "undoes": upload.undoes_id,
        "corrects": upload.corrects_id,
        "status": upload.status,
        "total_records": upload.total_records,
        "valid_records": upload.valid_records,
        "error_records": upload.error_records,
        "open_records": corrected([upload])[upload.upload_id].open if upload.error_records else 0,
        "skipped_records": upload.skipped_records,
        "created_records": upload.created_records,
        "updated_records": upload.updated_records,
        "unchanged_records": upload.unchanged_records,
        "deactivated_records": upload.deactivated_records,
        "removed_records": upload.removed_records,
        "warned_records": upload.warned_records,
        "errors_by_type": errors_by_type(upload) if upload.error_records else {},
        "warnings_by_type": (
            errors_by_type(upload, severity=WARNING) if upload.warned_records else {}
        ),
        "held_for": held_for(upload),
        "failure_code": upload.failure_code or None,
        "failure_message": upload.failure_message or None,
        "error_report_key": upload.error_file_s3_key or None,
        "seconds": round((ended - upload.upload_timestamp).total_seconds(), 3) if ended else None,
    }


def held_for(upload: Upload) -> list[dict[str, Any]]:
    """Why the upload is held, as people and programs read it; none of other uploads."""
    findings = findings_of(upload) if upload.is_held else []
    return [
        {"code": each.code, "message": each.message, "remedy": str(each.reason.remedy)}
        for each in findings
    ]


def in_words(upload: Upload) -> str:
    """The result as people read it."""
    valid = "without errors" if upload.is_check else "imported"
    effects = [*effects_of(upload), *deactivated(upload)]
    lines = [
        f"{upload.upload_id}  {upload.status.upper()}",
        f"{upload.file_name}: {rows(upload.total_records)}, {upload.valid_records:,} {valid}"
        + (f" ({', '.join(effects)})" if effects else "")
        + f", {upload.error_records:,} rejected"
        + (f", {upload.skipped_records:,} skipped" if upload.skipped_records else "")
        + (f", {upload.not_processed:,} not processed" if upload.not_processed else "")
        + (f", {upload.warned_records:,} with warnings" if upload.warned_records else ""),
    ]
    lines += [f"{each['code']}: {each['message']}" for each in held_for(upload)]
    if upload.failure_code:
        lines.append(f"{upload.failure_code}: {upload.failure_message}")
    for severity in SEVERITIES:
        for group in error_groups(upload, severity=severity):
            shown = group.reasons or [(group.first_message, group.count)]
            lines.append(f"  {group.error_type:<28} {group.where}")
            lines += [f"    {count:>7,} × {text}" for text, count in shown]
    if upload.error_file_s3_key:
        lines.append(f"Error report: {upload.error_file_s3_key}")
    return "\n".join(lines)
