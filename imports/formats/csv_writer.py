"""CSV for spreadsheets: no cell that they would run as a formula, and back."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

BOM = "\ufeff"  # tells Excel that the file is UTF-8

# What a spreadsheet would run as a formula. Leading spaces do not stop it.
FORMULA = re.compile(r"\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")


def neutral(cell: str) -> str:
    """The cell so that a spreadsheet shows it and does not run it; plain numbers stay."""
    if not FORMULA.match(cell) or PLAIN_NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def as_meant(cell: str) -> str:
    """A cell of a correctable file that came back: without the quote that made it neutral."""
    return cell[1:] if cell.startswith("'") and neutral(cell[1:]) == cell else cell


def lines(rows: Iterable[list[str]]) -> Iterator[bytes]:
    """CSV as spreadsheets want it: UTF-8 with BOM, CRLF, no cell that is run as a formula."""
    yield BOM.encode()
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        if text.tell() > 64 * 1024:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
