"""Errors of one run by type, with the rows they are in, for pages, emails and JSON."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from imports import datasets
from imports.dataset import Dataset
from imports.models import ErrorCounts, Upload
from imports.models.error_counts import Kind
from imports.reports.error_counts import counts_of
from imports.rules.base import ERROR
from imports.rules.quantities import rows
from imports.rules.remedies import remedy_for


@dataclass(frozen=True)
class ErrorGroup:
    """All errors of one type in one column; `rows` are ranges ("3–7, 12 and 40 more")."""

    error_type: str
    column: str  # the column's label, "" for the whole row
    count: int
    rows: str
    first_message: str
    remedy: str

    @property
    def where(self) -> str:
        """How many rows, and which: "1 row (8)", "6 rows (3–7, 12)"."""
        return f"{rows(self.count)} ({self.rows})"


def error_groups(upload: Upload, *, severity: str = ERROR) -> list[ErrorGroup]:
    """The errors, or the notices, of the upload's run, most frequent first."""
    return groups_of(counts_of(upload, severity), datasets.of_upload(upload))


def groups_of(counts: ErrorCounts, dataset: Dataset) -> list[ErrorGroup]:
    kinds: list[Kind] = counts.kinds
    return [
        ErrorGroup(
            error_type=kind["type"],
            column=dataset.label(kind["column"]),
            count=kind["count"],
            rows=row_ranges(
                [(first, last) for first, last in kind["ranges"]],
                kind["count"] - sum(last - first + 1 for first, last in kind["ranges"]),
            ),
            first_message=kind["message"],
            remedy=remedy_for(dataset, kind["column"], kind["type"]),
        )
        for kind in sorted(kinds, key=lambda kind: (-kind["count"], kind["type"], kind["column"]))
    ]


def errors_by_type(upload: Upload) -> dict[str, int]:
    """How many errors of each type the upload's run has, most frequent first."""
    counted: Counter[str] = Counter()
    for kind in sorted(counts_of(upload).kinds, key=lambda kind: str(kind["type"])):
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
