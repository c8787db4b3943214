"""Files of numbered rows of text, whichever way they are written: the bytes say which."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from imports.formats import csv_reader, file_types, workbook_reader
from imports.formats.header import KnownNames, Said
from imports.formats.layout import Layout
from imports.formats.sample import Watching


class TableReader(Protocol):
    """A module that reads files of one kind."""

    def scan(
        self,
        path: Path,
        *,
        max_rows: int | None,
        needs_rows: bool = True,
        any_lengths: bool = False,
        titles: bool = False,
        known_names: KnownNames | None = None,
        watch: Watching | None = None,
        said: Said | None = None,
    ) -> Layout: ...

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]: ...


def rows(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file whose layout is known."""
    reader: TableReader = workbook_reader if layout.sheet else csv_reader
    return reader.rows(path, layout)


def reader_of(path: Path) -> TableReader:
    return workbook_reader if file_types.is_workbook(path) else csv_reader
