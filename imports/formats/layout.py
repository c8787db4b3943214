"""How a file is to be read: what a scan finds out and a second reading relies on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Self

from imports.rules.columns import Column, cell_names
from imports.rules.matching import ANSWER, NOTHING_KNOWN, Answers, Known, Source
from imports.rules.number_format import NumberFormat
from imports.rules.schema import Schema


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. All a second reading needs, so that it never guesses again."""

    encoding: str  # utf-8, utf-16-le, utf-16-be, cp1252
    delimiter: str  # one character; "" when the header is a single cell, which nothing divides
    header: tuple[str, ...]  # stripped, without the empty cells at its end
    header_row: int  # 1, unless blank rows stand above
    data_rows: int  # rows with something in them, below the header
    separator_line: bool = False  # the first line is "sep=…", and no row
    raw_width: int = 0  # cells of the header row, empty ones at its end included
    first_is_data: bool = False  # there is no header row; `header` is what the data set says
    # By its key, where each column is read from; None if the header has our own names only.
    sources: Mapping[str, Source] | None = None
    preset: str = ""  # the program whose export this is
    decimal: str = ""  # the sign before decimals, if cells of the file or the vendor say which
    # By the key of a column: the currency or unit beside its numbers, what they are multiplied by,
    # and what it is in all rows.
    beside: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Without what is not said, so that an older version can read the layout of a file that it
        could have read."""
        said = {**asdict(self), "header": list(self.header)}
        without = {each.name: each.default for each in fields(self)}
        return {name: value for name, value in said.items() if value not in (without[name], {})}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        sources = value.get("sources")
        if sources is not None:
            sources = {key: Source(*source) for key, source in sources.items()}
        return cls(**{**value, "header": tuple(value["header"]), "sources": sources})

    def matched(self, schema: Schema, known: Known = NOTHING_KNOWN) -> Self:
        """This layout, with what the vendor or else the header says about the columns."""
        preset = schema.preset_of(self.header)
        found = replace(self, preset=preset.title if preset else "")
        if answers := known.answers(self.header):
            return found.answered(answers, schema)
        sources = schema.match(self.header, known.names)
        in_our_words = sources == schema.match_own_names(self.header)
        return replace(found, sources=None if in_our_words else sources)

    def answered(self, answers: Answers, schema: Schema) -> Self:
        """This layout, with the columns that the vendor named and no others."""
        return replace(
            self,
            sources={
                key: Source(position, ANSWER)
                for key, position in answers.positions.items()
                if key in schema.by_key and position < len(self.header)
            },
            decimal=self.decimal or answers.decimal,
            beside={**self.beside, **answers.signs},
            factors=answers.factors,
            constants={k: v for k, v in answers.constants.items() if k in schema.by_key},
        ).without_header(answers.first_is_data)

    def without_header(self, is_so: bool) -> Self:
        """This layout; if it `is_so`, with the first row as data and names for its cells."""
        if not is_so or self.first_is_data:
            return self
        names = tuple(cell_names([], len(self.header)))
        return replace(self, first_is_data=True, header=names, data_rows=self.data_rows + 1)

    def number_format(self, column: Column) -> NumberFormat:
        """How the cells of this column write a number."""
        key = column.key
        return NumberFormat(self.decimal, self.beside.get(key, ""), self.factors.get(key, ""))

    def sources_in(self, schema: Schema) -> Mapping[str, Source]:
        """By its key, where each column is read from."""
        if self.sources is None:
            return schema.match_own_names(self.header)
        return self.sources

    @property
    def is_answered(self) -> bool:
        """Whether the vendor said what the columns are."""
        return any(source.why == ANSWER for source in (self.sources or {}).values())

    def present_in(self, schema: Schema) -> frozenset[str]:
        """The keys of the columns that the file has, or that the vendor gave one value for all
        rows."""
        return frozenset(self.sources_in(schema)) | frozenset(self.constants)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """A different name for each column of the file: the keys of a rejected row's cells."""
        return tuple(cell_names(self.header, len(self.header)))

    def names_of(self, cells: Sequence[str]) -> Sequence[str]:
        """The names of a row's cells, of which there may be more than columns."""
        if len(cells) <= len(self.header):
            return self.column_names
        return cell_names(self.header, len(cells))


UNREAD = Layout(encoding="", delimiter="", header=(), header_row=0, data_rows=0)
