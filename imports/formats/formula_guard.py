"""Cells that a spreadsheet would run as a formula, and how they are kept from it."""

import re

# What a spreadsheet would run as a formula. Leading spaces do not stop it. Quotes do, wherever
# among them, and it gets one more nevertheless, which distinguishes one of ours from a vendor's.
FORMULA = re.compile(r"[\s']*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")

SEPARATOR = re.compile(r"[;\t|\r\n]")
# Within a cell, too, behind what a spreadsheet set to another separator takes for the end of one.
# A quotation mark may stand between, because that spreadsheet takes it for the cell's first.
# From the first character of a run on, so that its time is linear.
INNER_FORMULA = re.compile(
    r"(?<![;|\s\"])((?:[^\S\t\r\n]|\")*+[;\t|\r\n][;|\s\"]*+)(?='*[=+\-@%\uff1d\uff0b\uff0d\uff20])"
)
ESCAPED_INNER_FORMULA = re.compile(INNER_FORMULA.pattern.replace("(?=", "'(?="))


def escape_formula(cell: str) -> str:
    """The cell so that a spreadsheet shows it and does not run any part of it, whatever separator
    it is set to; plain numbers stay."""
    if not FORMULA.match(cell) or PLAIN_NUMBER.fullmatch(cell):
        return escape_inner(cell)
    return "'" + escape_inner(cell)


def escape_inner(cell: str) -> str:
    return INNER_FORMULA.sub(r"\1'", cell) if SEPARATOR.search(cell) else cell


def unescape_formula(cell: str) -> str:
    """A cell of one of our files that came back: without the quotes that made it neutral."""
    inner = ESCAPED_INNER_FORMULA.sub(r"\1", cell)
    return inner[1:] if inner.startswith("'") and escape_formula(inner[1:]) == cell else inner
