"""The exact counts of a run's row errors."""

from collections.abc import Iterable
from typing import Any, TypedDict

from django.db import models

from imports.models.row_error import RowError
from imports.models.upload import Upload

MAX_RANGES = 12  # of rows, per kind of error


class Kind(TypedDict):
    """The findings of one type in one column. `ranges` are the first rows with one."""

    column: str
    type: str
    count: int
    message: str  # of the first one
    ranges: list[list[int]]  # first and last row


class ErrorCounts(models.Model):
    """All errors of one run, or all of its warnings or notices, by column and type, updated with
    each batch.

    Only the first ones of a file are stored one by one, about MAX_STORED_ERRORS of each severity.
    """

    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, related_name="error_counts", db_index=False
    )
    run = models.IntegerField()
    severity = models.CharField(
        max_length=10, choices=RowError.Severity, default=RowError.Severity.ERROR
    )
    rows = models.IntegerField(default=0, help_text="Rows with one of them.")
    stored_rows = models.IntegerField(default=0, help_text="Those whose errors are stored.")
    stored_errors = models.IntegerField(default=0)
    kinds = models.JSONField(default=list)

    class Meta:
        db_table = "error_counts"
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "severity"], name="error_counts_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} run {self.run}"

    @property
    def errors(self) -> int:
        return sum(kind["count"] for kind in self.kinds)

    @property
    def unlisted_errors(self) -> int:
        """Errors that are counted and not stored."""
        return self.errors - self.stored_errors

    @property
    def content(self) -> dict[str, Any]:
        """What was counted, by the names of the fields."""
        names = ("rows", "stored_rows", "stored_errors", "kinds")
        return {name: getattr(self, name) for name in names}

    def add(self, rows: Iterable[tuple[int, list[tuple[str, str, str]]]], *, most: int) -> set[int]:
        """Count rows that follow those counted before: (row number, errors), an error being
        (column, type, message). Returns the numbers of the rows whose errors are to be stored.

        A row's errors are stored together, so `most` may be exceeded by those of one row.
        """
        kinds: dict[tuple[str, str], Kind] = {
            (kind["column"], kind["type"]): kind for kind in self.kinds
        }
        stored: set[int] = set()
        for number, errors in rows:
            self.rows += 1
            if self.stored_errors < most:
                self.stored_rows += 1
                self.stored_errors += len(errors)
                stored.add(number)
            for column, code, message in errors:
                kind = kinds.get((column, code))
                if kind is None:
                    kind = kinds[column, code] = Kind(
                        column=column, type=code, count=0, message=message, ranges=[]
                    )
                kind["count"] += 1
                extend(kind["ranges"], number)
        self.kinds = list(kinds.values())
        return stored


def extend(ranges: list[list[int]], number: int) -> None:
    """Add a row behind those of `ranges`; it is dropped when there are too many ranges."""
    if ranges and ranges[-1][1] == number - 1:
        ranges[-1][1] = number
    elif len(ranges) < MAX_RANGES:
        ranges.append([number, number])
