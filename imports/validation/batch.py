"""A batch of rows after the rules."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from imports.formats.layout import Layout
from imports.rules.base import ERROR, WARNING, RowProblem
from imports.rules.schema import Schema


class Cleared:
    """The value of a cell that empties what is stored; None is that of one that keeps it."""


CLEARED = Cleared()


@dataclass
class ValidatedBatch:
    """A batch after the row rules, as parallel lists.

    `values[i]` maps nothing: it is a tuple in the order of `columns`, None where a cell was empty
    or its column absent. Rows with an entry in `problems` (by position i) are rejected;
    `warnings` and `notices` reject none.
    """

    schema: Schema
    layout: Layout  # of the file that the rows come from
    present: frozenset[str]  # keys of the columns that the file has
    numbers: list[int]
    cells: list[list[str]]
    values: list[tuple[Any, ...]]
    problems: dict[int, list[RowProblem]]
    warnings: dict[int, list[RowProblem]]
    notices: dict[int, list[RowProblem]] = field(default_factory=dict)

    def add_warnings(self, found: Iterable[tuple[int, RowProblem]]) -> None:
        """Keep warnings, by position; where the data set is strict, they are errors."""
        of_rows = self.problems if self.schema.strict else self.warnings
        severity = ERROR if self.schema.strict else WARNING
        for i, mistake in found:
            of_rows.setdefault(i, []).append(replace(mistake, severity=severity))

    def stored(self, i: int, position: int) -> Any:
        """What the row at position `i` stores in a column; None if that is to be empty."""
        value = self.values[i][position]
        return None if value is CLEARED else value

    def position(self, key: str) -> int:
        """Where a column's value stands in each tuple of `values`."""
        return self.schema.positions[key]
