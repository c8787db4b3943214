"""A correction is an upload like any other: the corrected rows as a file, sent as the form does."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from imports.corrections.corrected import Judged, judged
from imports.corrections.fixes import Fixes
from imports.corrections.open_rows import OpenRow, Shape
from imports.formats.csv_writer import csv_lines
from imports.intake import receive
from imports.models import Upload
from imports.reports.corrections import as_ranges
from imports.reports.same_file import corrected_name
from imports.rules.columns import CORRECTIONS_COLUMN


@dataclass(frozen=True)
class Correction:
    """What came of fixes: the upload with the corrected rows, if there are any, or what is wrong
    with them."""

    judged: Judged
    upload: Upload | None = None
    body: bytes = b""


def prepare(
    corrected: Upload, fixes: Fixes, today: date, *, by: Any, only: Collection[int] | None = None
) -> Correction:
    """Create the upload of a correction, whose object is to be stored under its key; of rows with
    these numbers `only`, if given.

    Called in a transaction that holds the lock of the corrected upload's row.
    """
    shape = Shape.of(corrected)
    found = judged(corrected, shape, fixes, today, only)
    if found.is_wrong:
        return Correction(found)
    body = b"".join(file_of(shape, found.ready))
    # The rows of a workbook, for example, take more space as CSV.
    while len(body) > (limit := shape.dataset.byte_limit) and found.ready:
        found.keep_first(len(found.ready) * limit // len(body))
        body = b"".join(file_of(shape, found.ready))
    if not found.ready:
        return Correction(found)
    upload = receive.open_correction(
        corrected,
        rows=as_ranges(row.number for row in found.ready),
        answers=shape.answers,
        file_name=corrected_name(corrected.file_name),
        size=len(body),
        by=by,
    )
    return Correction(found, upload, body)


def file_of(shape: Shape, rows: list[OpenRow]) -> Iterator[bytes]:
    """The rows as a CSV file in the vendor's columns, with our column of errors, which is empty."""
    lines = [[*shape.header, CORRECTIONS_COLUMN], *([*row.cells, ""] for row in rows)]
    return csv_lines(lines, shape.layout.delimiter or ",")
