"""What a data set is: the declarations from which header matching, validation, template, help
page, report columns and e-mail nouns all come."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings

from imports.rules.base import Required, Rule

if TYPE_CHECKING:
    from imports.destinations.base import Destination
    from imports.formats.base import Format

# The last column of a correctable file, ignored when the file comes back.
CORRECTIONS_COLUMN = "Errors"
IGNORED_IN_HEADERS = re.compile(r"[\s_*]")


def header_name(text: str) -> str:
    """A header cell as it is compared: without case, spaces, underscores and asterisks."""
    return IGNORED_IN_HEADERS.sub("", text).casefold()


def is_corrections(text: str) -> bool:
    """Is this header cell the column of messages that we add to correctable files?"""
    return header_name(text) == header_name(CORRECTIONS_COLUMN)


class Column:
    """One column of a data set: its key (also the table's column), its label, its rules.

    `example` fills the template and the help page; `about` is one sentence for the help page.
    A column of several `lines` is expected to hold line breaks.
    """

    def __init__(
        self,
        key: str,
        label: str,
        *rules: Rule,
        example: str = "",
        about: str = "",
        lines: bool = False,
    ) -> None:
        self.key = key
        self.label = label
        self.rules = tuple(rule for rule in rules if not isinstance(rule, Required))
        self.required = next((rule for rule in rules if isinstance(rule, Required)), None)
        self.example = example
        self.about = about
        self.lines = lines

    def __repr__(self) -> str:
        return f"Column({self.key!r})"


@dataclass(frozen=True)
class Unique:
    """A key that two rows cannot share: a column, or several of which the first is named to the
    vendor. `scope` says among whose rows it is unique. Messages take {value} and {row}."""

    column: str
    code: str
    scope: str  # "platform" or "vendor"
    taken: str  # message when a row of another upload, or of someone else, holds it; "": no clash
    repeated: str  # message when an earlier row of this file holds it
    remedy: str
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *self.also)


@dataclass(frozen=True)
class Fixed:
    """A column that mode `update` cannot change. `message` takes {stored} and {value}."""

    column: str
    code: str
    message: str
    remedy: str


@dataclass(frozen=True)
class RowRule:
    """A rule over several cells of one row, asked when all of them are filled and in order.

    `broken(today, *values)` gives the message when the row breaks it, else None; `today` is the
    day of the import. The problem stands at the first of `columns`.
    """

    columns: tuple[str, ...]
    code: str
    broken: Callable[..., str | None]
    in_words: str
    message_template: str
    remedy: str

    @property
    def column(self) -> str:
        return self.columns[0]


@dataclass(frozen=True)
class CleanUp:
    """When the source objects of a data set are deleted."""

    after_hours: int | None = None  # since the upload ended; else as SOURCE_KEPT_HOURS says
    processed_only: bool = False  # failed and cancelled ones stay as long as their history
    prefix: str = ""  # only what lies under it; else what lies under the data set's own


@dataclass(frozen=True)
class Dataset:
    """Everything the engine knows about one kind of file."""

    key: str
    title: str
    noun: str
    nouns: str
    prefix: str  # of S3 keys, ending with "/"
    columns: tuple[Column, ...]
    destination: "Destination"
    format: "Format"
    by_vendor: bool = True  # uploaded by vendors, each under a prefix of their own; else by staff
    identity: str = ""  # the column by which mode `update` finds a stored row
    unique: tuple[Unique, ...] = ()
    known_rows: str = ""  # what becomes of a row that is there already, unless it is reported
    fixed: tuple[Fixed, ...] = ()
    row_rules: tuple[RowRule, ...] = ()
    # The header of the file says what its columns are; `columns` is an example of some.
    any_columns: bool = False
    ragged: bool = False  # a row shorter than the header is filled up with empty cells
    report_before: tuple[str, ...] = ()  # columns of the error report before type and message
    report_after: tuple[str, ...] = ()  # and after them
    rejected_prefix: str = ""  # where rejected rows go as a correctable file, instead of a report
    modes: tuple[str, ...] = ("create", "update", "check")
    max_rows: int | None = None
    max_bytes: int | None = None
    alarms: bool = False  # a run that ends failed also raises an alarm
    clean_up: CleanUp = CleanUp()
    personal: bool = False  # personal data: files, rows and reports are erased after a time

    def for_header(self, header: Sequence[str]) -> "Dataset":
        """This data set for a file of that header: with the header's columns if any will do.

        Only as the last of them `Errors` is ours, and ignored: elsewhere it is theirs.
        """
        if not self.any_columns:
            return self
        names = header[:-1] if header and is_corrections(header[-1]) else header
        return replace(self, columns=tuple(Column(name, name) for name in names))

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each column stands, by its key."""
        return {column.key: position for position, column in enumerate(self.columns)}

    @cached_property
    def _by_header(self) -> dict[str, Column]:
        names = {header_name(column.key): column for column in self.columns}
        return names | {header_name(column.label): column for column in self.columns}

    def label(self, key: str) -> str:
        """A column's label, or the key itself where no column has it ("" is the whole row)."""
        return self.by_key[key].label if key in self.by_key else key

    @property
    def row_limit(self) -> int:
        return self.max_rows or settings.UPLOAD_MAX_ROWS

    @property
    def byte_limit(self) -> int:
        return self.max_bytes or settings.UPLOAD_MAX_BYTES

    def required_columns(self, mode: str) -> list[Column]:
        """The columns a file must have: in mode `update` the identity is enough."""
        if mode == "update":
            return [self.by_key[self.identity]]
        return [column for column in self.columns if column.required]

    def match_header(self, header: Sequence[str]) -> list[Column | None]:
        """For each header cell the column it names, or None for one we do not know."""
        if self.any_columns:
            return [self.by_key.get(cell) for cell in header]
        return [self._by_header.get(header_name(cell)) for cell in header]

    def missing(self, header: Sequence[str], mode: str) -> list[Column]:
        """Columns that a file of this header lacks, in the data set's order."""
        present = set(self.match_header(header))
        return [column for column in self.required_columns(mode) if column not in present]

    def doubled(self, header: Sequence[str]) -> list[Column]:
        """Columns that the header names more than once, in the data set's order."""
        matched = self.match_header(header)
        return [column for column in self.columns if matched.count(column) > 1]

    def unknown(self, header: Sequence[str]) -> list[str]:
        """Header cells that name no column, as the vendor wrote them; ours are not among them."""
        return [
            cell
            for cell, column in zip(header, self.match_header(header), strict=True)
            if column is None and cell and not is_corrections(cell)
        ]


def cell_names(header: Sequence[str], width: int) -> list[str]:
    """A different name for each of `width` cells: the vendor's own header where it has one.

    These are the keys under which a rejected row is kept.
    """
    names: list[str] = []
    seen: set[str] = set()
    for position in range(max(width, len(header))):
        base = header[position] if position < len(header) else ""
        name = base or f"Column {position + 1}"
        while name in seen:
            name += " *"
        seen.add(name)
        names.append(name)
    return names


def as_sentence(names: Iterable[str]) -> str:
    """Names for a message: "SKU, Price and Category"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
