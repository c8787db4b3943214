"""Records of the catalog as files in the shape of the template, for vendors to edit and upload.

Uploaded as they are with mode `update`, they change nothing: numbers are written as they are
stored, texts so that they come back, and no cell is run as a formula.
"""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from django.db.models import QuerySet

from imports.dataset import Dataset
from imports.formats import workbook_writer
from imports.formats.csv_writer import csv_lines

ROWS_PER_FETCH = 2_000
PIECE = 64 * 1024  # bytes

Record = tuple[str | int | None, ...]


def catalog_csv(dataset: Dataset, records: QuerySet[Any]) -> Iterator[bytes]:
    """A CSV file in pieces. Records are read from the database as the file is written, so its
    length does not matter."""
    return csv_lines(_lines(dataset, records))


def catalog_workbook(dataset: Dataset, records: QuerySet[Any]) -> Iterator[bytes]:
    """The same as a workbook, which has to be complete before its first piece is."""
    with TemporaryFile() as file:
        workbook_writer.write_table(file, dataset, dataset.title, _rows(dataset, records))
        file.seek(0)
        yield from _pieces(file)


def _lines(dataset: Dataset, records: QuerySet[Any]) -> Iterator[list[str]]:
    yield [column.template_label for column in dataset.columns]
    for row in _rows(dataset, records):
        yield ["" if value is None else str(value) for value in row]


def _rows(dataset: Dataset, records: QuerySet[Any]) -> Iterator[Record]:
    keys = [column.key for column in dataset.columns]
    return records.values_list(*keys).iterator(ROWS_PER_FETCH)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
