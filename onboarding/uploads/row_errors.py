"""What the upload page shows of an upload's row errors, warnings and notices: all by type, a page
row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page

from imports.dataset import Dataset
from imports.models import ErrorCounts, RowError, RowErrorQuerySet, Upload
from imports.reports.error_counts import counts_of, unlisted
from imports.reports.error_report import by_column
from imports.reports.summary import ErrorGroup, groups_of
from imports.rules.base import ERROR, NOTICE, WARNING
from imports.rules.remedies import remedy_for
from onboarding.uploads.upload_list import CountedPaginator

PER_PAGE = 20
PAGE_PARAMETERS = {ERROR: "page", WARNING: "warnings", NOTICE: "notices"}


@dataclass(frozen=True)
class Line:
    """One error as the table shows it."""

    row: int
    column: str
    value: str
    error_type: str
    message: str
    remedy: str


class Errors:
    """The errors, warnings or notices of an upload's run. `asked` may name a type, and a page or
    the row to begin with."""

    def __init__(
        self, upload: Upload, dataset: Dataset, asked: Mapping[str, str], severity: str = ERROR
    ) -> None:
        self.upload = upload
        self.dataset = dataset
        self.severity = severity
        self.page_parameter = PAGE_PARAMETERS[severity]
        self._asked = asked

    @cached_property
    def counts(self) -> ErrorCounts:
        return counts_of(self.upload, self.severity)

    @cached_property
    def groups(self) -> list[ErrorGroup]:
        return groups_of(self.counts, self.dataset)

    @property
    def total(self) -> int:
        return self.counts.errors

    @property
    def unlisted(self) -> str:
        """Says how many errors the table lacks; "" if none."""
        return unlisted(self.counts)

    @property
    def only(self) -> str:
        """The type of error the table is narrowed to, or ""."""
        wanted = self._asked.get("type", "")
        return wanted if wanted in {group.error_type for group in self.groups} else ""

    @cached_property
    def types(self) -> list[str]:
        return list(dict.fromkeys(group.error_type for group in self.groups))

    @cached_property
    def page(self) -> "Page[RowError]":
        """The errors of the page asked for, in file order."""
        found = self._found.order_by("row_number", "error_id").defer("original_data")
        if self.only:
            found = found.filter(error_type=self.only)
        counted = sum(g.count for g in self.groups if self.only in ("", g.error_type))
        if self.unlisted:
            counted = found.count()
        page = self._asked.get(self.page_parameter)
        if page is None and (row := self._asked.get("row", "")).isdecimal() and len(row) < 10:
            page = str(found.filter(row_number__lt=int(row)).count() // PER_PAGE + 1)
        return CountedPaginator(found, PER_PAGE, count=counted).get_page(page)

    @property
    def says_all_above(self) -> bool:
        """The list of types says already what the table would say on each of its pages."""
        if len(self.groups) != 1 or not self.page.has_other_pages() or self.page.number > 1:
            return False
        [group] = self.groups
        return len(group.reasons) <= 1 and not group.other_reasons

    @property
    def _found(self) -> RowErrorQuerySet:
        return RowError.objects.of_run(self.upload).filter(severity=self.severity)

    @cached_property
    def lines(self) -> list[Line]:
        """The page's errors as the table shows them."""
        return lines_of(self.upload, self.dataset, list(self.page))


def lines_of(upload: Upload, dataset: Dataset, errors: Sequence[RowError]) -> list[Line]:
    """Errors of the upload's run with the values that they are about, in a constant number of
    queries."""
    kept = (
        RowError.objects.of_run(upload)
        .filter(row_number__in={error.row_number for error in errors}, original_data__isnull=False)
        .values_list("row_number", "original_data")
    )
    read = by_column(upload, dataset)
    rows = {number: read(data or {}) for number, data in kept}
    return [
        Line(
            row=error.row_number,
            column=dataset.label(error.column_name),
            value=rows.get(error.row_number, {}).get(error.column_name, ""),
            error_type=error.error_type,
            message=error.error_message,
            remedy=remedy_for(dataset, error.column_name, error.error_type),
        )
        for error in errors
    ]
