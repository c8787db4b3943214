"""How the files of a data set are written: what reads them, and what refuses them whole."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from imports import readers
from imports.dataset import as_sentence, cell_names
from imports.readers import Layout
from imports.refusals import Refused

if TYPE_CHECKING:
    from imports.dataset import Dataset

LONGEST_ATTRIBUTE = 255  # bytes of a column's name that becomes an attribute in DynamoDB


class Format(Protocol):
    """Reads files twice: `scan` finds out how, `rows` reads by what was found."""

    extension: str
    in_words: str  # the kind of file, for the form: "CSV"

    def scan(self, path: Path, dataset: "Dataset", mode: str) -> Layout:
        """How the file is to be read. Raises Refused when it cannot be, or lacks a column."""
        ...

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        """(row number, raw cells) of every row, in file order."""
        ...


class Csv:
    """Delimited text with a header row."""

    extension = "csv"
    in_words = "CSV"

    def scan(self, path: Path, dataset: "Dataset", mode: str) -> Layout:
        layout = scanned(path, dataset)
        refuse_by_header(layout.header, dataset, mode)
        return layout

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        return readers.rows(path, layout)


class CsvMaybeWithoutHeader(Csv):
    """Delimited text whose first row is data when it names no column of the data set.

    The columns then are the data set's, in its order, and rows count from 1.
    """

    def scan(self, path: Path, dataset: "Dataset", mode: str) -> Layout:
        layout = scanned(path, dataset, header_may_be_all=True)
        if not any(dataset.match_header(layout.header)):
            labels = [column.label for column in dataset.columns]
            names = cell_names(labels, len(layout.header))[: len(layout.header)]
            layout = replace(
                layout, header=tuple(names), first_is_data=True, data_rows=layout.data_rows + 1
            )
        elif not layout.data_rows:
            raise Refused("NO_ROWS")
        refuse_by_header(layout.header, dataset, mode)
        return layout


class CsvOfAnyColumns(Csv):
    """Delimited text whose header says what its columns are: names usable as attributes."""

    def scan(self, path: Path, dataset: "Dataset", mode: str) -> Layout:
        layout = scanned(path, dataset)
        for position, name in enumerate(layout.header, 1):
            if not name or len(name.encode()) > LONGEST_ATTRIBUTE:
                what = "no name" if not name else f"a name of more than {LONGEST_ATTRIBUTE} bytes"
                raise Refused(
                    "MALFORMED_CSV", row=layout.header_row, problem=f"column {position} has {what}"
                )
        doubled = sorted({name for name in layout.header if layout.header.count(name) > 1})
        if doubled:
            raise Refused("DUPLICATE_COLUMNS", columns=as_sentence(doubled))
        return layout


def scanned(path: Path, dataset: "Dataset", *, header_may_be_all: bool = False) -> Layout:
    """The reader's scan, its objections as refusals."""
    try:
        return readers.scan(path, max_rows=dataset.row_limit, needs_rows=not header_may_be_all)
    except readers.Unreadable as unreadable:
        raise Refused(unreadable.code, **unreadable.detail) from unreadable


def refuse_by_header(header: tuple[str, ...], dataset: "Dataset", mode: str) -> None:
    """Raise Refused when a required column is missing or a known one is there twice."""
    if missing := dataset.missing(header, mode):
        raise Refused("MISSING_COLUMNS", columns=as_sentence(c.label for c in missing))
    if doubled := dataset.doubled(header):
        raise Refused("DUPLICATE_COLUMNS", columns=as_sentence(c.label for c in doubled))
