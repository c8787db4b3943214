"""Errors of one run by type, with the rows they are in, for pages, emails and JSON."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext

from imports import datasets
from imports.dataset import Dataset
from imports.models import ErrorCounts, Upload
from imports.models.error_counts import Kind
from imports.reports.error_counts import counts_of
from imports.rules.base import ERROR
from imports.rules.quantities import rows
from imports.rules.remedies import remedy_for

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
        return f"{rows(self.count)} ({self.rows})" if self.rows else rows(self.count)


# By the message, which quotes the value. Of a file with very many errors, the first ones are
# representative, and counting all of them would take seconds.
REASONS = """
WITH found AS (
    SELECT error_type, column_name, error_message, error_id
    FROM validation_errors
    WHERE upload_id = %(upload_id)s AND run = %(run)s AND severity = %(severity)s
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


def reasons_of(counts: ErrorCounts) -> dict[tuple[str, str], tuple[list[tuple[str, int]], int]]:
    """For each type and column of error: its most frequent messages with their counts, and how
    many different ones there are."""
    found: dict[tuple[str, str], tuple[list[tuple[str, int]], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            REASONS,
            {
                "upload_id": counts.upload_id,
                "run": counts.run,
                "severity": counts.severity,
                "sample": MAX_SAMPLED_ERRORS,
                "most": MAX_REASONS,
            },
        )
        for error_type, column, text, count, different in cursor.fetchall():
            found.setdefault((error_type, column), ([], different))[0].append((text, count))
    return found


def error_groups(upload: Upload, *, severity: str = ERROR) -> list[ErrorGroup]:
    """The errors, warnings or notices of the upload's run, most frequent first."""
    return groups_of(counts_of(upload, severity), datasets.of_upload(upload))


def groups_of(counts: ErrorCounts, dataset: Dataset) -> list[ErrorGroup]:
    kinds: list[Kind] = counts.kinds
    reasons = reasons_of(counts) if kinds else {}
    return [
        group_of(kind, dataset, *reasons.get((kind["type"], kind["column"]), ([], 0)))
        for kind in sorted(kinds, key=lambda kind: (-kind["count"], kind["type"], kind["column"]))
    ]


def group_of(
    kind: Kind, dataset: Dataset, reasons: list[tuple[str, int]], different: int
) -> ErrorGroup:
    # Numbers below 1 are of records that no row names.
    ranges = [(max(first, 1), last) for first, last in kind["ranges"] if last > 0]
    others = kind["count"] - sum(last - first + 1 for first, last in ranges)
    return ErrorGroup(
        error_type=kind["type"],
        column=dataset.label(kind["column"]),
        count=kind["count"],
        rows=row_ranges(ranges, others) if ranges else "",
        first_message=kind["message"],
        remedy=remedy_for(dataset, kind["column"], kind["type"]),
        reasons=tuple(reasons) if different > 1 else (),
        other_reasons=max(0, different - len(reasons)),
    )


def errors_by_type(upload: Upload, *, severity: str = ERROR) -> dict[str, int]:
    """How many errors, or warnings, of each type the upload's run has, most frequent first."""
    counted: Counter[str] = Counter()
    for kind in sorted(counts_of(upload, severity).kinds, key=lambda kind: str(kind["type"])):
        counted[kind["type"]] += kind["count"]
    return dict(counted.most_common())


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
