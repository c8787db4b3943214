"""Errors of one run by type, with the rows they stand in, for pages, mails and JSON."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Min

from imports import datasets
from imports.models import RowError, Upload
from imports.remedies import remedy_for

MOST_RANGES = 12


@dataclass(frozen=True)
class ErrorGroup:
    """All errors of one type in one column; `rows` in words ("3–7, 12 and 40 more")."""

    error_type: str
    column: str  # the column's label, "" for the whole row
    count: int
    rows: str
    first_message: str
    remedy: str

    @property
    def where(self) -> str:
        """The rows with their noun: "row 8", "rows 3–7 and 12"."""
        return f"{'row' if self.rows.isdigit() else 'rows'} {self.rows}"


def error_groups(upload: Upload) -> list[ErrorGroup]:
    """The errors of the upload's run, most frequent first."""
    dataset = datasets.of_upload(upload)
    groups = list(
        RowError.objects.filter(upload=upload, run=upload.run)
        .order_by()
        .values("error_type", "column_name")
        .annotate(count=Count("*"), first=Min("error_id"), rows=ArrayAgg("row_number"))
        .order_by("-count", "error_type", "column_name")
    )
    messages = dict(
        RowError.objects.filter(error_id__in=[group["first"] for group in groups]).values_list(
            "error_id", "error_message"
        )
    )
    return [
        ErrorGroup(
            error_type=group["error_type"],
            column=dataset.label(group["column_name"]),
            count=group["count"],
            rows=row_ranges(group["rows"]),
            first_message=messages[group["first"]],
            remedy=remedy_for(dataset, group["column_name"], group["error_type"]),
        )
        for group in groups
    ]


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


def row_ranges(numbers: Iterable[int], most: int = MOST_RANGES) -> str:
    """Row numbers in words: "3–7, 12 and 40 more rows"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [in_words(first, last) for first, last in runs[:most]]
    rest = sum(last - first + 1 for first, last in runs[most:])
    more = f" and {rest:,} more {'row' if rest == 1 else 'rows'}" if rest else ""
    return ", ".join(words) + more


def in_words(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first}, {last}" if last == first + 1 else f"{first}–{last}"
