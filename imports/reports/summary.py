"""Errors of one run by type, with the rows they are in, for pages, emails and JSON."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext

from imports import datasets
from imports.models import RowError, Upload
from imports.rules.quantities import rows
from imports.rules.remedies import remedy_for

MAX_RANGES = 12
MAX_REASONS = 5
MAX_SAMPLED_ERRORS = 20_000


@dataclass(frozen=True)
class ErrorGroup:
    """All errors of one type in one column; `rows` are ranges ("3–7, 12 and 40 more")."""

    error_type: str
    column: str  # the column's label, "" for the whole row
    count: int
    rows: str
    first_message: str
    remedy: str
    # What is wrong, by value, the most frequent first, each with how often; if there are several.
    reasons: tuple[tuple[str, int], ...] = ()
    other_reasons: int = 0  # and how many more there are

    @property
    def where(self) -> str:
        """How many rows, and which: "1 row (8)", "6 rows (3–7, 12)"."""
        return f"{rows(self.count)} ({self.rows})"


# Consecutive rows are joined here and not in Python: a file may have millions of rejected rows.
GROUPS = """
WITH found AS (
    SELECT error_type, column_name, error_id, row_number AS number,
           row_number - row_number() OVER (
               PARTITION BY error_type, column_name ORDER BY row_number
           ) AS run
    FROM validation_errors WHERE upload_id = %(upload_id)s AND run = %(run)s
), runs AS (
    SELECT error_type, column_name, min(number) AS first, max(number) AS last,
           count(*) AS count, min(error_id) AS error_id,
           row_number() OVER (PARTITION BY error_type, column_name ORDER BY min(number)) AS place
    FROM found GROUP BY error_type, column_name, run
)
SELECT error_type, column_name, sum(count)::bigint, min(error_id),
       array_agg(first ORDER BY first) FILTER (WHERE place <= %(most)s),
       array_agg(last ORDER BY first) FILTER (WHERE place <= %(most)s),
       coalesce(sum(count) FILTER (WHERE place > %(most)s), 0)::bigint
FROM runs GROUP BY error_type, column_name
ORDER BY sum(count) DESC, error_type, column_name
"""


# By the message, which quotes the value. Of a file with very many errors, the first ones are
# representative, and counting all of them would take seconds.
REASONS = """
WITH found AS (
    SELECT error_type, column_name, error_message, error_id
    FROM validation_errors WHERE upload_id = %(upload_id)s AND run = %(run)s
    ORDER BY error_id LIMIT %(sample)s
), reasons AS (
    SELECT error_type, column_name, error_message, count(*) AS count,
           row_number() OVER (
               PARTITION BY error_type, column_name ORDER BY count(*) DESC, min(error_id)
           ) AS place,
           count(*) OVER (PARTITION BY error_type, column_name) AS different
    FROM found GROUP BY error_type, column_name, error_message
)
SELECT error_type, column_name, error_message, count, different
FROM reasons WHERE place <= %(most)s ORDER BY error_type, column_name, place
"""


def reasons_of(upload: Upload) -> dict[tuple[str, str], tuple[list[tuple[str, int]], int]]:
    """For each type and column of error: its most frequent messages with their counts, and how
    many different ones there are."""
    found: dict[tuple[str, str], tuple[list[tuple[str, int]], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            REASONS,
            {
                "upload_id": upload.upload_id,
                "run": upload.run,
                "sample": MAX_SAMPLED_ERRORS,
                "most": MAX_REASONS,
            },
        )
        for error_type, column, text, count, different in cursor.fetchall():
            found.setdefault((error_type, column), ([], different))[0].append((text, count))
    return found


def error_groups(upload: Upload) -> list[ErrorGroup]:
    """The errors of the upload's run, most frequent first."""
    dataset = datasets.of_upload(upload)
    with connection.cursor() as cursor:
        cursor.execute(
            GROUPS, {"upload_id": upload.upload_id, "run": upload.run, "most": MAX_RANGES}
        )
        groups = cursor.fetchall()
    messages = dict(
        RowError.objects.filter(error_id__in=[group[3] for group in groups]).values_list(
            "error_id", "error_message"
        )
    )
    reasons = reasons_of(upload)
    summaries = []
    for error_type, column_name, count, error_id, firsts, lasts, rest in groups:
        shown, different = reasons.get((error_type, column_name), ([], 0))
        summaries.append(
            ErrorGroup(
                error_type=error_type,
                column=dataset.label(column_name),
                count=count,
                rows=row_ranges(zip(firsts, lasts, strict=True), rest),
                first_message=messages[error_id],
                remedy=remedy_for(dataset, column_name, error_type),
                reasons=tuple(shown) if different > 1 else (),
                other_reasons=max(0, different - len(shown)),
            )
        )
    return summaries


def errors_by_type(upload: Upload) -> dict[str, int]:
    """How many errors of each type the upload's run has."""
    counts = (
        RowError.objects.filter(upload=upload, run=upload.run)
        .order_by()
        .values("error_type")
        .annotate(count=Count("*"))
        .order_by("-count", "error_type")
    )
    return {entry["error_type"]: entry["count"] for entry in counts}


def row_ranges(runs: Iterable[tuple[int, int]], rest: int = 0) -> str:
    """Runs of row numbers (first, last), and how many rows are in others: "3–7, 12 and 40 more"."""
    ranges = ", ".join(row_range(first, last) for first, last in runs)
    if not rest:
        return ranges
    return gettext("%(ranges)s and %(count)s more") % {"ranges": ranges, "count": f"{rest:,}"}


def row_range(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first}, {last}" if last == first + 1 else f"{first}–{last}"
