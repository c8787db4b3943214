"""The counts of a run's row errors, and which of them are not listed."""

from typing import Any

from django.db import connection
from django.utils.translation import ngettext

from imports.models import ErrorCounts, RowError, Upload
from imports.models.error_counts import MAX_RANGES, Kind
from imports.rules import quantities
from imports.rules.base import ERROR, WARNING

# Consecutive rows are joined here and not in Python: a file may have many rejected rows.
KINDS = """
WITH found AS (
    SELECT error_type, column_name, error_id, row_number AS number,
           row_number - row_number() OVER (
               PARTITION BY error_type, column_name ORDER BY row_number
           ) AS run
    FROM validation_errors WHERE upload_id = %(upload_id)s AND run = %(run)s AND severity = 'error'
), runs AS (
    SELECT error_type, column_name, min(number) AS first, max(number) AS last,
           count(*) AS count, min(error_id) AS error_id,
           row_number() OVER (PARTITION BY error_type, column_name ORDER BY min(number)) AS place
    FROM found GROUP BY error_type, column_name, run
)
SELECT column_name, error_type, sum(count)::bigint,
       (SELECT error_message FROM validation_errors WHERE error_id = min(runs.error_id)),
       array_agg(ARRAY[first, last] ORDER BY first) FILTER (WHERE place <= %(most)s)
FROM runs GROUP BY error_type, column_name
"""


def counts_of(upload: Upload, severity: str = ERROR) -> ErrorCounts:
    """The counts of the upload's run so far.

    Errors are counted here, if a version of the software before these counts has found some; once
    the run has ended, this is done once.
    """
    of_run: dict[str, Any] = {"upload": upload, "run": upload.run, "severity": severity}
    of_severity = {ERROR: upload.error_records, WARNING: upload.warned_records}
    if of_severity.get(severity) == 0:
        return ErrorCounts(**of_run)
    found = ErrorCounts.objects.filter(**of_run).first() or ErrorCounts(**of_run)
    if severity == ERROR and found.rows < upload.error_records:
        recount(found)
        if upload.has_ended:
            ErrorCounts.objects.update_or_create(**of_run, defaults=found.content)
    return found


def recount(counts: ErrorCounts) -> None:
    """Count the stored errors."""
    with connection.cursor() as cursor:
        cursor.execute(
            KINDS, {"upload_id": counts.upload_id, "run": counts.run, "most": MAX_RANGES}
        )
        counts.kinds = [
            Kind(column=column, type=code, count=count, message=message, ranges=ranges)
            for column, code, count, message, ranges in cursor.fetchall()
        ]
    stored = RowError.objects.filter(upload=counts.upload_id, run=counts.run).errors()
    counts.stored_errors = counts.errors
    counts.rows = counts.stored_rows = stored.order_by().values("row_number").distinct().count()


def unlisted(counts: ErrorCounts) -> str:
    """Says how many errors of the file, or warnings, are not listed; "" if all are."""
    if not counts.unlisted_errors:
        return ""
    if counts.severity == WARNING:
        text = ngettext(
            "%(count)s more warning in %(rows)s is not listed.",
            "%(count)s more warnings in %(rows)s are not listed.",
            counts.unlisted_errors,
        )
    else:
        text = ngettext(
            "%(count)s more error in %(rows)s is not listed.",
            "%(count)s more errors in %(rows)s are not listed.",
            counts.unlisted_errors,
        )
    return text % {
        "count": f"{counts.unlisted_errors:,}",
        "rows": quantities.rows(counts.rows - counts.stored_rows),
    }
