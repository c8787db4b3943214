"""What every cell and row must be, whatever its column: errors that belong to no single rule."""

import re
from collections.abc import Mapping

from imports.rules.base import RowProblem
from imports.rules.columns import Column
from imports.rules.wording import truncate

# C0 and C1 controls other than tab and line breaks, and lone surrogates: PostgreSQL refuses NUL
# and surrogates, and nobody can see the others.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_CELL_CHARACTERS = 10_000  # staging cuts there
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MAX_CELLS = 1_000  # of one row; staging drops the rest


def cell_count_problem(count: int, width: int) -> RowProblem:
    cells = f"{count} {'cell' if count == 1 else 'cells'}"
    if count >= MAX_CELLS:
        cells = f"{MAX_CELLS:,} cells or more"
    return RowProblem("", "COLUMN_COUNT", COLUMN_COUNT_MESSAGE.format(cells=cells, width=width))


def unprintable_problem(column: Column, text: str) -> RowProblem:
    code = f"U+{ord(UNPRINTABLE.findall(text)[0]):04X}"
    return RowProblem(
        column.key,
        "INVALID_VALUE",
        UNPRINTABLE_MESSAGE.format(
            field=column.label, character=code, value=truncate(UNPRINTABLE.sub(REPLACEMENT, text))
        ),
    )


def torn_problem(column: Column, text: str) -> RowProblem:
    return RowProblem(
        column.key,
        "INVALID_VALUE",
        f"{column.label} holds a line break and cells of the next row; is a quotation mark left "
        f"open? (was '{truncate(text)}')",
    )


def overlong_problem(column: Column) -> RowProblem:
    return RowProblem(column.key, "FIELD_TOO_LONG", OVERLONG_MESSAGE.format(field=column.label))


UNPRINTABLE_MESSAGE = (
    "{field} holds a character that cannot be printed, {character} (was '{value}')"
)
OVERLONG_MESSAGE = f"{{field}} is longer than {MAX_CELL_CHARACTERS:,} characters"
COLUMN_COUNT_MESSAGE = "The row has {cells} where the header has {width}"
# Errors that belong to no single rule of a column.
GENERAL_REMEDIES: Mapping[str, str] = {
    "COLUMN_COUNT": "Give the row one cell for each column of the header. A cell that holds the "
    "delimiter must stand in quotation marks.",
    "INVALID_VALUE": "Type the value again by hand: copying may bring invisible characters along, "
    "and a quotation mark that is left open brings the next row along.",
    "FIELD_TOO_LONG": "Shorten the text.",
    "REQUIRED_FIELD": "Fill in this cell.",
}
