"""What a person said about the rejected rows of an upload."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from imports.rules.replacements import Value


@dataclass(frozen=True)
class Fixes:
    """What is to be in rejected cells: by value, for all cells with that value; and by the row's
    number and the position of the cell in the vendor's file, which counts more.

    `kept` are the values whose replacement is to be remembered for later files.
    """

    values: Mapping[Value, str] = field(default_factory=dict)
    cells: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    kept: frozenset[Value] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.values or self.cells)

    def __or__(self, other: "Fixes") -> "Fixes":
        """These and the other's, which count more."""
        rows = self.cells.keys() | other.cells.keys()
        return Fixes(
            {**self.values, **other.values},
            {row: {**self.cells.get(row, {}), **other.cells.get(row, {})} for row in rows},
            (self.kept - other.values.keys()) | other.kept,
        )

    def without(self, values: Collection[Value], cells: Collection[tuple[int, int]]) -> "Fixes":
        """Without what is said about these values, and about these cells, by row and position."""
        left = {
            row: {at: text for at, text in of_row.items() if (row, at) not in cells}
            for row, of_row in self.cells.items()
        }
        return Fixes(
            {value: text for value, text in self.values.items() if value not in values},
            {row: of_row for row, of_row in left.items() if of_row},
            self.kept.difference(values),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "values": [[*value, text] for value, text in self.values.items()],
            "cells": [
                [row, position, text]
                for row, cells in self.cells.items()
                for position, text in cells.items()
            ],
            "kept": [[*value] for value in sorted(self.kept)],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        cells: dict[int, dict[int, str]] = {}
        for row, position, text in stored["cells"]:
            cells.setdefault(row, {})[position] = text
        return cls(
            {Value(column, cell): text for column, cell, text in stored["values"]},
            cells,
            frozenset(Value(*value) for value in stored["kept"]),
        )
