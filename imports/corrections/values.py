"""The open errors of an upload by value, the most frequent first."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection

from imports.dataset import Dataset
from imports.models import Upload
from imports.reports.corrections import taken_ranges
from imports.rules.columns import Column
from imports.rules.replacements import Value
from imports.rules.text import Approved, approved_in

T = TypeVar("T")
# A value is shown once for all of its rows, if it has several or there is a list to choose from.
# What identifies a row is different in each.
OPEN = """
WITH open AS MATERIALIZED (
    SELECT row_number, column_name, cell, error_type, error_message FROM validation_errors
    WHERE upload_id = %(upload_id)s AND run = %(run)s AND severity = 'error'
        AND NOT row_number <@ %(taken)s::int4multirange
), by_value AS MATERIALIZED (
    SELECT column_name, cell, count(DISTINCT row_number) AS rows, min(row_number) AS first,
           min(error_message) AS message, min(error_type) AS error_type
    FROM open WHERE cell IS NOT NULL AND column_name = ANY(%(columns)s)
    GROUP BY column_name, cell
    HAVING count(DISTINCT row_number) > 1 OR column_name = ANY(%(listed)s)
), others AS (
    -- Rows with an error that is not listed by value.
    SELECT DISTINCT row_number FROM open LEFT JOIN by_value USING (column_name, cell)
    WHERE %(every)s OR by_value.rows IS NULL
)
"""
# Values with the same words stand side by side: case, accents, signs, and how often and in which
# order the words come do not matter (the fingerprint of OpenRefine, but that a hyphen parts words).
VALUES = """
, alike AS (
    SELECT *, (
        SELECT string_agg(DISTINCT word, ' ' ORDER BY word)
        FROM regexp_split_to_table(
            regexp_replace(normalize(lower(cell), NFKD), '[\u0300-\u036f''’.]', '', 'g'),
            '[^[:alnum:]]+'
        ) AS word WHERE word <> ''
    ) AS words FROM by_value
)
SELECT column_name, cell, rows, first, message, error_type, count(*) OVER () FROM alike
ORDER BY sum(rows) OVER (PARTITION BY column_name, words) DESC, column_name, words,
         rows DESC, first
LIMIT %(most)s OFFSET %(start)s
"""
ROWS = """
SELECT row_number, count(*) OVER () FROM others
ORDER BY row_number LIMIT %(most)s OFFSET %(start)s
"""


@dataclass(frozen=True)
class WrongValue:
    """A value in a column that is wrong in some rows, the first of them, and why."""

    column: Column
    cell: str
    rows: int
    first: int
    message: str
    error_type: str
    names: list[str] = field(default_factory=list)  # to choose from, if there is a list
    suggestion: str = ""

    @property
    def value(self) -> Value:
        return Value(self.column.key, self.cell)


@dataclass(frozen=True)
class Part(Generic[T]):
    """Some of a list, and how many there are in all."""

    found: list[T]
    count: int


class OpenErrors:
    """The errors of an upload's rejected rows that no correction has."""

    def __init__(self, upload: Upload, dataset: Dataset) -> None:
        self.upload = upload
        self.dataset = dataset

    def values(self, *, start: int = 0, most: int) -> Part[WrongValue]:
        """Errors by value, the most frequent first."""
        found = self._select(VALUES, start=start, most=most)
        names = {key: rule.names() for key, rule in self._lists.items()}
        suggest = {key: rule.suggester() for key, rule in self._lists.items()}
        values = [
            WrongValue(
                column=self.dataset.by_key[key],
                cell=cell,
                rows=rows,
                first=first,
                message=message,
                error_type=error_type,
                names=names.get(key, []),
                suggestion=suggest[key](cell) if key in suggest and cell else "",
            )
            for key, cell, rows, first, message, error_type, _ in found
        ]
        return Part(values, found[0][-1] if found else 0)

    def rows(self, *, start: int = 0, most: int, every: bool = False) -> Part[int]:
        """The numbers of rows with other errors, or of `every` row, in file order."""
        found = self._select(ROWS, start=start, most=most, every=every)
        return Part([number for number, _ in found], found[0][-1] if found else 0)

    @cached_property
    def by_value(self) -> frozenset[str]:
        """The keys of the columns whose cells can be corrected by value."""
        alone = {key for unique in self.dataset.unique for key in unique.columns}
        alone |= {fixed.column for fixed in self.dataset.fixed}
        return frozenset(self.dataset.by_key) - alone

    @cached_property
    def _lists(self) -> dict[str, Approved]:
        """The rules with a list to choose from, by the key of their column."""
        return {
            column.key: rule for column in self.dataset.columns if (rule := approved_in(column))
        }

    @cached_property
    def _taken(self) -> str:
        """The rows that corrections have, as PostgreSQL writes them."""
        ranges = taken_ranges(self.upload)
        return "{" + ",".join(f"[{first},{last}]" for first, last in ranges) + "}"

    def _select(
        self, statement: str, *, start: int, most: int, every: bool = False
    ) -> list[tuple[Any, ...]]:
        asked: dict[str, Any] = {
            "upload_id": self.upload.upload_id,
            "run": self.upload.run,
            "columns": sorted(self.by_value),
            "listed": [*self._lists],
            "taken": self._taken,
            "start": start,
            "most": most,
            "every": every,
        }
        with connection.cursor() as cursor:
            cursor.execute(OPEN + statement, asked)
            return list(cursor.fetchall())
