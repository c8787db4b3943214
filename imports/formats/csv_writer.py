"""CSV for spreadsheets: no cell that they would run as a formula, and back."""

import csv
import io
from collections.abc import Iterable, Iterator

from imports.formats.formula_guard import escape_formula

BOM = "\ufeff"  # tells Excel that the file is UTF-8


def csv_lines(
    rows: Iterable[list[str]], delimiter: str = ",", *, for_people: bool = True
) -> Iterator[bytes]:
    """CSV as spreadsheets want it: UTF-8 with BOM, CRLF, no cell that is run as a formula. If it is
    not `for_people`, cells stay as they are."""
    yield BOM.encode()
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    for row in rows:
        writer.writerow([escape_formula(cell) for cell in row] if for_people else row)
        if text.tell() > 64 * 1024:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
