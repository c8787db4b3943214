"""Finds out, while a file is scanned, how it writes its numbers."""

from collections.abc import Callable
from dataclasses import replace

from imports.formats.layout import Layout
from imports.rules.number_format import Evidence, decimal_mark
from imports.rules.schema import Schema


class NumberWatch:
    """Sees the cells of all columns that hold numbers."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.seen: dict[str, Evidence] = {}

    def __call__(self, header: tuple[str, ...]) -> Callable[[list[str]], None]:
        sources = self.schema.match(header)
        numbers = [column.key for column in self.schema.columns if column.is_number]
        self.seen = {key: Evidence() for key in numbers if key in sources}
        columns = [(sources[key].position, evidence) for key, evidence in self.seen.items()]

        def see(cells: list[str]) -> None:
            for position, evidence in columns:
                if position < len(cells):
                    evidence.see(cells[position])

        return see

    def say(self, layout: Layout) -> Layout:
        """The layout with what was seen."""
        beside = {
            key: evidence.sign
            for key, evidence in self.seen.items()
            if evidence.sign in self.schema.by_key[key].beside
        }
        return replace(layout, decimal=decimal_mark(self.seen.values()), beside=beside)
