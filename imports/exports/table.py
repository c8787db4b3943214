"""Records as lines of CSV."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

ROWS_PER_FETCH = 2_000
# PostgreSQL finds as many, before it answers the first.
ROWS_PER_QUERY = 50_000


@dataclass(frozen=True)
class Table:
    """`line` makes the cells of the record's `fields`."""

    header: Sequence[str]
    records: QuerySet[Any]
    fields: Sequence[str]
    line: Callable[[Sequence[Any]], list[str]]

    def lines(self, after: int | None) -> Iterator[tuple[int, list[str]]]:
        """Key and cells of each record, the newest first; those after the record with this key."""
        found = self.records.order_by("-pk").values_list("pk", *self.fields)
        last, has_more = after, True
        while has_more:
            before = last
            rest = found if last is None else found.filter(pk__lt=last)
            for last, *values in rest[:ROWS_PER_QUERY].iterator(ROWS_PER_FETCH):
                yield last, self.line(values)
            has_more = last != before
