"""Stores what was found in rows: errors, warnings and notices."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.timezone import now

from imports.models import RowError, Upload
from imports.models.row_error import MAX_CELL
from imports.reports.error_counts import counts_of
from imports.reports.ledger import named
from imports.rules.base import ERROR, SEVERITIES, RowProblem
from imports.storage.postgres_copy import copy_rows
from imports.validation.validate import clean

# The text of a cell by row number and the key of its column; None if there is no such cell.
CellOf = Callable[[int, str], str | None]
# Columns in which a row of a vendor says which product it is about.
NAMES = ("sku", "vendor_product_id")
UNNAMED = (None, None)
JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False)
NUL = "\\u0000"  # as JSON has it


def no_cell(_number: int, _column: str) -> None:
    """Of records that no file has, or that are not grouped by value."""


def store_findings(
    upload: Upload,
    found: Mapping[int, list[RowProblem]],
    rows: Mapping[int, Mapping[str, str]],
    cell_of: CellOf = no_cell,
) -> None:
    """Count the errors, warnings and notices, by row number, and store the first ones of each in
    the file, in file order. The first of a row carries the row's cells, by the vendor's names, and
    that of a rejected row what it calls its product."""
    stored: dict[str, set[int]] = {}
    for severity in SEVERITIES:
        of_severity = [
            (number, said)
            for number, of_row in found.items()
            if (said := [(p.column, p.code, p.message) for p in of_row if p.severity == severity])
        ]
        if of_severity:
            counts = counts_of(upload, severity)
            stored[severity] = counts.add(of_severity, most=settings.MAX_STORED_ERRORS)
            counts.save()
    kept = {
        number: [p for p in of_row if number in stored[p.severity]]
        for number, of_row in found.items()
    }
    copy_rows(
        RowError._meta.db_table,
        [
            "upload_id",
            "run",
            "row_number",
            "column_name",
            "error_type",
            "error_message",
            "severity",
            "cell",
            "original_data",
            "named_sku",
            "named_id",
            "created_at",
        ],
        error_rows(upload, kept, rows, cell_of),
    )


def error_rows(
    upload: Upload,
    found: Mapping[int, list[RowProblem]],
    rows: Mapping[int, Mapping[str, str]],
    cell_of: CellOf,
) -> Iterator[tuple[Any, ...]]:
    created_at = now().isoformat()
    vendor = upload.vendor_id
    for number, of_row in found.items():
        for position, problem in enumerate(of_row):
            is_first = position == 0
            names: Sequence[str | None] = UNNAMED
            # Files without a vendor may hold personal data.
            if is_first and vendor is not None and problem.severity == ERROR:
                names = [named(vendor, cell_of(number, column) or "") for column in NAMES]
            yield (
                upload.upload_id,
                upload.run,
                number,
                problem.column,
                problem.code,
                problem.message,
                problem.severity,
                comparable(cell_of(number, problem.column)),
                as_json(rows[number]) if is_first else None,
                *names,
                created_at,
            )


def comparable(cell: str | None) -> str | None:
    """The cell as it is grouped with others; None if it is too long for that."""
    text = None if cell is None else printable(clean([cell])[0])
    return None if text is None or len(text) > MAX_CELL else text


def as_json(row: Mapping[str, str]) -> str:
    text = JSON.encode(row)
    if NUL in text:
        text = JSON.encode({name: printable(cell) for name, cell in row.items()})
    return text


def printable(cell: str) -> str:
    """Without NULs, which PostgreSQL cannot store."""
    return cell.replace("\0", "\N{REPLACEMENT CHARACTER}")
