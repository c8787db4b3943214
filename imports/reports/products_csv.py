"""Products as a CSV file for staff: the columns of the template, and what the system knows of each
product."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from imports.datasets.products import DATASET
from imports.formats.csv_writer import csv_lines

ROWS_PER_FETCH = 2_000
# The names of these columns in the file, by field.
KNOWN = {
    "status": "Status",
    "deactivated_at": "Inactive Since",
    "created_at": "Created",
    "updated_at": "Last Updated",
    "upload_id": "Created By Upload",
    "upload_row": "Row In The File",
}


def products_file(products: QuerySet[Any]) -> Iterator[bytes]:
    """The file in pieces, with formulas escaped. Times are UTC in ISO 8601, to the second. Products
    are read from the database as the file is written, so its length does not matter."""
    return csv_lines(_lines(products))


def _lines(products: QuerySet[Any]) -> Iterator[list[str]]:
    columns = [column.key for column in DATASET.columns]
    yield ["Vendor ID", *(column.label for column in DATASET.columns), *KNOWN.values()]
    for row in products.values_list("vendor_id", *columns, *KNOWN).iterator(ROWS_PER_FETCH):
        yield [_text(value) for value in row]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value)
