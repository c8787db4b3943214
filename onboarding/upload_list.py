"""The list of uploads: one page of it, and the totals over all that was asked for."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from imports.models import UploadQuerySet

PER_PAGE = 25


@dataclass(frozen=True)
class Totals:
    """Sums over a set of uploads."""

    uploads: int
    rows: int
    valid: int
    skipped: int
    errors: int

    @property
    def success_rate(self) -> int:
        """Rows that are in, in whole percent, rounded down so that 100 means all."""
        return (self.valid + self.skipped) * 100 // self.rows if self.rows else 0


def totals_of(uploads: UploadQuerySet) -> Totals:
    sums = uploads.order_by().aggregate(
        uploads=Count("*"),
        rows=Sum("total_records", default=0),
        valid=Sum("valid_records", default=0),
        skipped=Sum("skipped_records", default=0),
        errors=Sum("error_records", default=0),
    )
    return Totals(**sums)


@dataclass(frozen=True)
class Pages:
    """Where one is among pages. A number outside of them becomes the nearest that exists."""

    number: int
    last: int
    items: int
    per_page: int

    @classmethod
    def of(cls, asked: str | None, items: int, per_page: int = PER_PAGE) -> "Pages":
        last = max(1, -(-items // per_page))
        is_number = asked is not None and asked.isascii() and asked.isdecimal() and len(asked) < 10
        number = int(asked) if is_number and asked else 1
        return cls(min(max(number, 1), last), last, items, per_page)

    @property
    def piece(self) -> slice:
        """The part of the ordered items that this page shows."""
        return slice(self._start, self._start + self.per_page)

    @property
    def _start(self) -> int:
        return (self.number - 1) * self.per_page

    @property
    def first_item(self) -> int:
        return self._start + 1 if self.items else 0

    @property
    def last_item(self) -> int:
        return min(self._start + self.per_page, self.items)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.last else None
