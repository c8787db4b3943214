"""What is wrong with the rows of an upload."""

from typing import Any, Literal

from django.db.models import Q
from ninja import Path, Query, Router, Schema
from pydantic import Field

from imports.models import RowError
from imports.reports.error_counts import counts_of
from onboarding.api.callers import ApiRequest
from onboarding.api.cursors import cursor_of, values_of
from onboarding.api.declared import UploadId, operation
from onboarding.api.uploads import help_of, visible_upload
from onboarding.datasets import to_show
from onboarding.uploads.row_errors import lines_of
from vendors.access import READ_UPLOADS

router = Router(tags=["uploads"])
Severity = Literal["error", "warning", "notice"]


class Finding(Schema):
    """Something wrong with a row, as the report has it."""

    row: int = Field(description="As a spreadsheet counts: the header is row 1.")
    column: str | None = Field(description="The column's key; null for the whole row.")
    label: str | None = Field(description="The column's name.")
    value: str = Field(description="The cell, as it was sent.")
    code: str
    message: str
    remedy: str
    severity: str = Field(description="error, warning or notice; errors reject a row.")
    help: str = Field(description="Address of the code's explanation.")


class Findings(Schema):
    errors: list[Finding]
    total: int = Field(description="Of this severity, also those that are not listed.")
    unlisted: int = Field(description="Of a file with very many errors, the first are listed.")
    next_cursor: str | None


class Filters(Schema):
    severity: Severity = "error"
    code: str | None = Field(None, max_length=40)
    limit: int = Field(100, ge=1, le=1_000)
    cursor: str | None = Field(None, max_length=300)


@operation(
    router,
    "GET",
    "/uploads/{upload_id}/errors",
    name="list_errors",
    title="List the errors of an upload",
    scope=READ_UPLOADS,
    answers={200: Findings},
    problems=(404, 422),
)
def list_errors(
    request: ApiRequest, upload_id: Path[UploadId], filters: Query[Filters]
) -> dict[str, Any]:
    """Those of the last run, in file order: errors, warnings or notices."""
    upload = visible_upload(request, upload_id)
    counts = counts_of(upload, filters.severity)
    errors = RowError.objects.of_run(upload).filter(severity=filters.severity)
    if filters.code is not None:
        errors = errors.filter(error_type=filters.code)
    if filters.cursor is not None:
        row, number = values_of(filters.cursor, int, int)
        errors = errors.filter(
            Q(row_number__gt=row) | Q(row_number=row, error_id__gt=number), row_number__gte=row
        )
    ordered = errors.order_by("row_number", "error_id").defer("original_data")
    found = list(ordered[: filters.limit + 1])
    more = len(found) > filters.limit
    found = found[: filters.limit]
    dataset = to_show(upload)
    return {
        "errors": [
            {
                "row": error.row_number,
                "column": error.column_name or None,
                "label": line.column or None,
                "value": line.value,
                "code": error.error_type,
                "message": error.error_message,
                "remedy": line.remedy,
                "severity": error.severity,
                "help": help_of(error.error_type, upload.dataset),
            }
            for error, line in zip(found, lines_of(upload, dataset, found), strict=True)
        ],
        "total": counts.errors,
        "unlisted": counts.unlisted_errors,
        "next_cursor": cursor_of(found[-1].row_number, found[-1].pk) if more else None,
    }
