"""Records of the catalog as files in the shape of the template, for vendors to edit and upload.

Uploaded as they are with mode `update`, they change nothing: numbers are written as they are
stored, texts so that they come back, and no cell is run as a formula.
"""

from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

from django.db.models import QuerySet

from imports.dataset import Dataset
from imports.exports.table import ROWS_PER_FETCH, Table
from imports.formats import workbook_writer
from imports.formats.csv_writer import csv_lines

PIECE = 64 * 1024  # bytes

Record = tuple[str | int | None, ...]


def catalog_table(dataset: Dataset, records: QuerySet[Any]) -> Table:
    """The lines of a CSV file, the newest record first."""
    return Table(_header(dataset), records, [column.key for column in dataset.columns], _texts)


def catalog_csv(dataset: Dataset, records: QuerySet[Any]) -> Iterator[bytes]:
    """A CSV file in pieces, in the records' own order."""
    return csv_lines(_lines(dataset, records))


def catalog_workbook(dataset: Dataset, records: QuerySet[Any]) -> Iterator[bytes]:
    """The same as a workbook, which has to be complete before its first piece is."""
    with TemporaryFile() as file:
        workbook_writer.write_table(file, dataset, dataset.title, _rows(dataset, records))
        file.seek(0)
        yield from _pieces(file)


def _lines(dataset: Dataset, records: QuerySet[Any]) -> Iterator[list[str]]:
    yield _header(dataset)
    for row in _rows(dataset, records):
        yield _texts(row)


def _header(dataset: Dataset) -> list[str]:
    return [column.template_label for column in dataset.columns]


def _texts(values: Sequence[object]) -> list[str]:
    return ["" if value is None else str(value) for value in values]


def _rows(dataset: Dataset, records: QuerySet[Any]) -> Iterator[Record]:
    keys = [column.key for column in dataset.columns]
    return records.values_list(*keys).iterator(ROWS_PER_FETCH)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
