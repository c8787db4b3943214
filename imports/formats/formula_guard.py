"""Cells that a spreadsheet would run as a formula, and how they are kept from it."""

import re

# What a spreadsheet would run as a formula. Leading spaces do not stop it.
FORMULA = re.compile(r"\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")


def escape_formula(cell: str) -> str:
    """The cell so that a spreadsheet shows it and does not run it; plain numbers stay."""
    if not FORMULA.match(cell) or PLAIN_NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def unescape_formula(cell: str) -> str:
    """A cell of a correctable file that came back: without the quote that made it neutral."""
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell
