"""How the files of a data set are written: what reads them, and what refuses them whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from imports.formats.layout import Layout
from imports.rules.schema import Schema


class Format(Protocol):
    """Reads files twice: `scan` finds out how, `rows` reads by what was found."""

    extension: str
    in_words: str  # the kind of file, for the form: "CSV"
    accepts: str  # file name endings and media types, for the browser's file chooser
    has_known_header: bool  # the first row always names columns of the data set
    has_cells_to_count: bool  # a row can have more or fewer than there are columns
    refuses: frozenset[str]  # codes of refusals that only some formats know
    media_type: str
    about_template: str  # a sentence for the form

    @property
    def about(self) -> tuple[str, ...]:
        """Sentences for the help page: how such a file is written."""
        ...

    def scan(self, path: Path, schema: Schema, mode: str) -> Layout:
        """How the file is to be read. Raises Refused when it cannot be, or lacks a column."""
        ...

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        """(row number, raw cells) of every row, in file order."""
        ...

    def template(self, schema: Schema) -> bytes:
        """A file of one row that is right."""
        ...
