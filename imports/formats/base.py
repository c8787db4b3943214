"""How the files of a data set are written: what reads them, and why one may be refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from imports.formats.layout import Layout
from imports.rules.cells import Everywhere
from imports.rules.matching import NOTHING_KNOWN, Known
from imports.rules.schema import Schema
from imports.rules.wording import Words


class Format(Protocol):
    """Reads files twice: `scan` finds out how, `rows` reads by what was found."""

    extension: str
    # The header's names may be other ones than ours, and a vendor can say what they mean.
    columns_can_be_named: bool
    may_be_workbook: bool  # an Excel workbook is read, too
    refuses: frozenset[str]  # codes of refusals that only some formats know
    media_type: str  # of its template

    @property
    def in_words(self) -> Words:
        """The kind of file, for the form: "CSV or Excel"."""
        ...

    @property
    def rules(self) -> tuple[Everywhere, ...]:
        """What it requires of rows."""
        ...

    @property
    def about_template(self) -> Words:
        """What its template holds, for the form."""
        ...

    @property
    def about(self) -> tuple[Words, ...]:
        """Sentences for the help page: how such a file is written."""
        ...

    def scan(self, path: Path, schema: Schema, mode: str, known: Known = NOTHING_KNOWN) -> Layout:
        """How the file is to be read. Raises Refused when it cannot be, or lacks a column; of a
        format with `columns_can_be_named`, Unmatched if a person can say what the columns are."""
        ...

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        """(row number, raw cells) of every row, in file order."""
        ...

    def media_type_of(self, file_name: str) -> str:
        """Under which a file of this name is stored."""
        ...

    def template(self, schema: Schema) -> bytes:
        """A file of one valid row."""
        ...
