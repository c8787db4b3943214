"""The list of uploads: one page of it, and the totals over all that match the filters."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Sum

from imports.models import UploadQuerySet
from imports.models.rates import rates_of
from imports.models.upload import HAS_ENDED, IS_IMPORT

PER_PAGE = 25


@dataclass(frozen=True)
class Totals:
    """Sums over a set of uploads; rows are those of imports, not of checks and undos."""

    uploads: int
    rows: int
    valid: int
    unchanged: int
    skipped: int
    errors: int

    @property
    def imported(self) -> int:
        return self.valid - self.unchanged

    @property
    def success_rate(self) -> int:
        return rates_of(
            total=self.rows, valid=self.valid, skipped=self.skipped, errors=self.errors
        ).success


def totals_of(uploads: UploadQuerySet) -> Totals:
    """The rows of a correction are those of another upload: where that is one of these, too, they
    are not counted twice."""
    sums = uploads.order_by().aggregate(
        uploads=Count("*"),
        rows=Sum("total_records", filter=IS_IMPORT, default=0),
        valid=Sum("valid_records", filter=IS_IMPORT, default=0),
        unchanged=Sum("unchanged_records", filter=IS_IMPORT, default=0),
        skipped=Sum("skipped_records", filter=IS_IMPORT, default=0),
        errors=Sum("error_records", filter=IS_IMPORT, default=0),
    )
    again = (
        uploads.order_by()
        .filter(IS_IMPORT, HAS_ENDED, corrects__in=uploads.order_by().values("pk"))
        .filter(total_records__gt=0)
        .aggregate(rows=Sum("corrected_records", default=0))
    )["rows"]
    sums["rows"] -= again
    sums["errors"] -= again
    return Totals(**sums)


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages over rows that have been counted already.

    The keys of a page are found first, so that a late page reads only an index up to it, and joins
    only its own rows.
    """

    count = 0

    def __init__(self, found: QuerySet[Any], per_page: int, *, count: int) -> None:
        super().__init__(found, per_page)
        self.count = count

    def page(self, number: int | str) -> "Page[Any]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys = list(
            rows.select_related(None).values_list("pk", flat=True)[first : first + self.per_page]
        )
        return Page(rows.filter(pk__in=keys), number, self)
