"""The schema of a data set: its columns, keys and rules, and what a file's header means by them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from django.conf import settings
from django.utils.translation import gettext

from imports.rules.base import Requirement
from imports.rules.cells import ANY_CELL, NO_NULL_WORD, NOT_CLEARED
from imports.rules.columns import MARKED, Column, header_name, is_corrections
from imports.rules.damage import (
    EXCEL_ERROR,
    OF_IDENTIFIERS,
    WARNINGS_OF_IDENTIFIERS,
    WARNINGS_OF_TEXT,
)
from imports.rules.keys import Fixed, Newest, Unique
from imports.rules.matching import (
    OWN_NAME,
    PRESET,
    REMEMBERED,
    Preset,
    Source,
    match,
    match_own_names,
    own_names,
    preset_of,
)
from imports.rules.rows import RowRule

# Modes in which a row whose identity is stored changes the stored record.
UPDATING = ("update", "replace")
IN_USE, NOT_IN_USE = "active", "inactive"  # values of a state


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What is required of the rows of a file."""

    columns: tuple[Column, ...]
    # The header of the file says what its columns are; `columns` is an example of some.
    any_columns: bool = False
    ragged: bool = False  # a row shorter than the header is filled up with empty cells
    strict: bool = False  # warnings are errors
    identity: str = ""  # the column by which mode `update` finds a stored row
    state: str = ""  # the field that says whether a record is in use; no column of a file
    unique: tuple[Unique, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    newest: Newest | None = None  # where mode `update` exists
    row_rules: tuple[RowRule, ...] = ()
    max_rows: int | None = None
    presets: tuple[Preset, ...] = ()  # exports of other programs

    def for_header(self, header: Sequence[str]) -> Self:
        """This schema for a file of that header: with the header's columns if any will do.

        Only as the last of them, and spelled like this, `Errors` is ours and ignored: anything
        else is theirs. Their cells may hold line breaks.
        """
        if not self.any_columns:
            return self
        names = header[:-1] if header and MARKED.fullmatch(header[-1]) else header
        return replace(self, columns=tuple(Column(name, name, lines=True) for name in names))

    def requirements(self) -> Iterator[tuple[str | None, Requirement]]:
        """Everything required of a row, each with the key of its column: "" for the whole row,
        None for a cell of any column."""
        for column in self.columns:
            if column.required:
                yield column.key, column.required
            for rule in column.rules:
                yield column.key, rule
        yield from ((unique.column, unique) for unique in self.unique)
        yield from ((fixed.column, fixed) for fixed in self.fixed)
        yield from ((rule.column, rule) for rule in self.row_rules)
        for column in self.columns:
            if column.identifies:
                yield from ((column.key, rule) for rule in OF_IDENTIFIERS)
        yield from ((rule.column, rule) for rule in ANY_CELL)
        if not self.any_columns:
            yield NO_NULL_WORD.column, NO_NULL_WORD
            yield EXCEL_ERROR.column, EXCEL_ERROR
        if self.newest:
            yield NOT_CLEARED.column, NOT_CLEARED

    def warnings(self) -> Iterator[tuple[str | None, Requirement]]:
        """What may be wrong with a row that is imported, each with the key of its column."""
        for column in self.columns:
            yield from ((column.key, rule) for rule in column.warnings)
            if column.identifies:
                yield from ((column.key, rule) for rule in WARNINGS_OF_IDENTIFIERS)
        if not self.any_columns:
            yield from ((rule.column, rule) for rule in WARNINGS_OF_TEXT)

    def notices(self) -> Iterator[tuple[str | None, Requirement]]:
        """What can be said of a valid row, each with the key of its column."""
        if self.newest:
            yield self.newest.column, self.newest

    @cached_property
    def by_error(self) -> dict[tuple[str | None, str], Requirement]:
        """What a finding is about, by column and type; the last one declared."""
        declared = (*self.requirements(), *self.warnings(), *self.notices())
        return {(column, asked.code): asked for column, asked in declared}

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each column stands, by its key."""
        return {column.key: position for position, column in enumerate(self.columns)}

    @cached_property
    def changeable(self) -> tuple[str, ...]:
        """Keys of the columns that mode `update` can change."""
        kept = {self.identity, *(fixed.column for fixed in self.fixed)}
        return tuple(column.key for column in self.columns if column.key not in kept)

    def label(self, key: str) -> str:
        """A column's label, or the key itself where no column has it ("" is the whole row)."""
        if key and key == self.state:
            return gettext("Status")
        return self.by_key[key].label if key in self.by_key else key

    @property
    def row_limit(self) -> int:
        return self.max_rows or settings.UPLOAD_MAX_ROWS

    def required_columns(self, mode: str) -> list[Column]:
        """The columns a file must have: where it changes stored rows, the identity is enough."""
        if mode in UPDATING:
            return [self.by_key[self.identity]]
        return [column for column in self.columns if column.required]

    def preset_of(self, header: Sequence[str]) -> Preset | None:
        """The program whose export has this header."""
        return preset_of(header, self.presets)

    def match(
        self, header: Sequence[str], remembered: Mapping[str, str] | None = None
    ) -> dict[str, Source]:
        """By its key, where each column is read from, as far as the header says, and what the
        vendor said of its names before."""
        if self.any_columns:
            return self._match_exactly(header)
        found = match(header, self.columns, self.preset_of(header), remembered)
        if self.identity in found and found[self.identity].why == OWN_NAME:
            return found  # a file in our words, as there have always been
        names = {header_name(cell) for cell in header}
        return {
            key: source
            for key, source in found.items()
            if source.why in {PRESET, REMEMBERED} or not self.by_key[key].unless & names
        }

    def match_own_names(self, header: Sequence[str]) -> dict[str, Source]:
        """The same, as versions did that knew the columns' own names only."""
        if self.any_columns:
            return self._match_exactly(header)
        return match_own_names(header, self.columns)

    def _match_exactly(self, header: Sequence[str]) -> dict[str, Source]:
        return {cell: Source(i, OWN_NAME) for i, cell in enumerate(header) if cell in self.by_key}

    def missing(self, present: Collection[str], mode: str) -> list[Column]:
        """Columns that a file with these lacks, in the data set's order."""
        return [column for column in self.required_columns(mode) if column.key not in present]

    def doubled(self, header: Sequence[str]) -> list[Column]:
        """Columns that the header names more than once by their own name, in the data set's
        order."""
        known = own_names(self.columns)
        named = [known.get(header_name(cell)) for cell in header]
        return [column for column in self.columns if named.count(column.key) > 1]

    def is_template(self, header: Collection[str]) -> bool:
        """Whether a header is that of our template or export, or of an earlier version's; or of
        some of its columns, from which records can be updated."""
        labels = {column.template_label: column for column in self.columns}
        required = {label for label, column in labels.items() if column.required}
        if self.identity:
            required = {self.by_key[self.identity].template_label}
        return not self.any_columns and bool(required) and required <= {*header} <= labels.keys()

    def unknown(self, header: Sequence[str], sources: Mapping[str, Source]) -> list[str]:
        """Header cells that no column is read from, as the vendor wrote them. Ours is not among
        them, unless it could be theirs as well."""
        read = {source.position for source in sources.values()}
        return [
            cell
            for i, cell in enumerate(header)
            if i not in read and cell and (self.any_columns or not is_corrections(cell))
        ]
