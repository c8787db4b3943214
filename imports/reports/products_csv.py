"""Products as a CSV file for staff: the columns of the template, and what the system knows of each
product."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from imports.datasets.products import DATASET
from imports.exports.table import Table

# The names of these columns in the file, by field.
KNOWN = {
    "status": "Status",
    "deactivated_at": "Inactive Since",
    "created_at": "Created",
    "updated_at": "Last Updated",
    "upload_id": "Created By Upload",
    "upload_row": "Row In The File",
}


def products_table(products: QuerySet[Any]) -> Table:
    """Times are UTC in ISO 8601, to the second."""
    columns = DATASET.columns
    return Table(
        ["Vendor ID", *(column.label for column in columns), *KNOWN.values()],
        products,
        ["vendor_id", *(column.key for column in columns), *KNOWN],
        lambda values: [_text(value) for value in values],
    )


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value)
