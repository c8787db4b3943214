"""What every row and every cell must be, whatever its column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imports.rules.base import RowProblem, problem
from imports.rules.columns import Column
from imports.rules.wording import UNPRINTABLE, Words

MAX_CELL_CHARACTERS = 10_000  # staging cuts there
MAX_CELLS = 1_000  # of one row; staging drops the rest


@dataclass(frozen=True)
class Everywhere:
    """Something required of each cell, or of the row as a whole, in data sets of any columns; or of
    the cells that identify a row."""

    code: str
    variants: Mapping[str, Words]
    remedy: Words
    limit: int = 0
    of_row: bool = False

    @property
    def column(self) -> str | None:
        """The key that problems name: "" for the whole row, None where the cell's column does."""
        return "" if self.of_row else None


VISIBLE = Everywhere(
    "INVALID_VALUE",
    {
        "invisible": _("{field} contains an invisible character, {character} (was '{value}')"),
        "marks": _("{field} contains more accents on one letter than any language has"),
    },
    remedy=_("Type the value again: copied text may contain invisible characters."),
)
SHORT = Everywhere(
    "FIELD_TOO_LONG",
    {"too_long": _("{field} must be {rule.limit:,} characters or fewer")},
    remedy=_("Shorten the text."),
    limit=MAX_CELL_CHARACTERS,
)
CELL_COUNT = Everywhere(
    "COLUMN_COUNT",
    {
        "one": _("This row has 1 value; the header has {width:,}"),
        "several": _("This row has {count:,} values; the header has {width:,}"),
        "very_many": _("This row has {rule.limit:,} values or more; the header has {width:,}"),
    },
    remedy=_(
        "Give the row one value for each column of the header. Put a value that contains the "
        "delimiter in quotation marks."
    ),
    limit=MAX_CELLS,
    of_row=True,
)
# Its code is that of VISIBLE, so its remedy serves both.
ONE_ROW = Everywhere(
    "INVALID_VALUE",
    {
        "torn": _(
            "{field} contains a line break and values of the next row (was '{value}'). Is a "
            "quotation mark not closed?"
        )
    },
    remedy=_(
        "Type the value again: copied text may contain invisible characters. If the cell contains "
        "part of the next row, close the quotation mark. If it contains NULL or the like, leave it "
        "empty."
    ),
)
# As programs write an empty cell: SQL Server, MySQL, R, pandas, Python, Excel. Compared with case:
# Null is a surname. Lists that know such a word, as countries know NA, are asked before.
NULL_WORDS = frozenset(
    (
        *(
            "NULL",
            "null",
            "(null)",
            "<null>",
            "<NULL>",
            "[NULL]",
            "\\N",
            "NA",
            "<NA>",
            "N/A",
            "n/a",
        ),
        *("nan", "NaN", "NaT", "None", "nil", "undefined"),
        *("(clear)", "(Clear)", "(CLEAR)"),  # ours, in a file that updates nothing
    )
)
# Empties an optional cell of a product that is updated, where an empty cell keeps what is stored.
CLEAR = re.compile(r"\(clear\)", re.IGNORECASE)
CLEARING = "(clear)"
NOT_CLEARED = Everywhere(
    "REQUIRED_FIELD",
    {"cleared": _("{field} cannot be emptied")},
    remedy=_("Fill in this cell."),
)
NO_NULL_WORD = Everywhere(
    "INVALID_VALUE",
    {
        "null_word": _(
            "{field} contains '{value}', which some programs write for an empty cell. Leave the "
            "cell empty, or enter the value"
        )
    },
    remedy=ONE_ROW.remedy,
)
EXAMPLE_ROW = Everywhere(
    "EXAMPLE_ROW",
    {"example": _("This is the example row of the template, not one of yours")},
    remedy=_("Delete the row, or replace all of its values."),
    of_row=True,
)
REJECTED = Everywhere(
    "REJECTED",
    {"by_reviewer": _("Our staff have rejected this row, and imported the others")},
    remedy=_("Look at the values of this row. If they are right, contact support."),
    of_row=True,
)
ANY_CELL = (VISIBLE, SHORT)
DELIMITED = (
    CELL_COUNT,
    ONE_ROW,
    EXAMPLE_ROW,
)  # where the file divides rows into cells by a delimiter


def cell_count_problem(count: int, width: int) -> RowProblem:
    variant = "one" if count == 1 else "several" if count < MAX_CELLS else "very_many"
    return problem(CELL_COUNT, "", variant, count=count, width=width)


def unprintable_problem(column: Column, text: str) -> RowProblem:
    return problem(
        VISIBLE,
        column.key,
        "invisible",
        field=column.label,
        character=f"U+{ord(UNPRINTABLE.findall(text)[0]):04X}",
        value=text,
    )


def null_word_problem(column: Column, text: str) -> RowProblem:
    return problem(NO_NULL_WORD, column.key, "null_word", field=column.label, value=text)


def cleared_problem(column: Column) -> RowProblem:
    return problem(NOT_CLEARED, column.key, "cleared", field=column.label)


def marks_problem(column: Column, text: str) -> RowProblem:
    return problem(VISIBLE, column.key, "marks", field=column.label, value=text)


def example_problem() -> RowProblem:
    return problem(EXAMPLE_ROW, "", "example")


def rejected_problem() -> RowProblem:
    return problem(REJECTED, "", "by_reviewer")


def torn_problem(column: Column, text: str) -> RowProblem:
    return problem(ONE_ROW, column.key, "torn", field=column.label, value=text)


def overlong_problem(column: Column) -> RowProblem:
    return problem(SHORT, column.key, "too_long", field=column.label)
