"""A batch of rows after the rules."""

from dataclasses import dataclass
from typing import Any

from imports.formats.layout import Layout
from imports.rules.base import RowProblem
from imports.rules.schema import Schema


@dataclass
class ValidatedBatch:
    """A batch after the row rules, as parallel lists.

    `values[i]` maps nothing: it is a tuple in the order of `columns`, None where a cell was empty
    or its column absent. Rows with an entry in `problems` (by position i) are rejected.
    """

    schema: Schema
    layout: Layout  # of the file that the rows come from
    present: frozenset[str]  # keys of the columns that the file has
    numbers: list[int]
    cells: list[list[str]]
    values: list[tuple[Any, ...]]
    problems: dict[int, list[RowProblem]]

    def position(self, key: str) -> int:
        """Where a column's value stands in each tuple of `values`."""
        return self.schema.positions[key]
