"""Cells of a workbook that are more than their text: how such a cell is marked from its reading to
its validation, and what is wrong with it.

In a cell of a CSV file everything is text. A cell of a workbook may hold a number, a date, an error
or a formula, and what it shows may be something else. A marked cell is a sign that no text
contains, a letter for its kind, and the text that is shown to people.
"""

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from imports.rules.base import RowProblem, problem
from imports.rules.cells import Everywhere
from imports.rules.columns import Column
from imports.rules.damage import (
    DATE,
    ERROR,
    EXCEL_DATE,
    EXCEL_ERROR,
    EXCEL_NUMBER,
    FORMULA,
    LONG,
    NUMBER,
    PERCENT,
    WORDS,
)

MARK = "\ufdd0"  # a code point that is no character
# Kinds by their names as the reader of workbooks says them, and their letters.
LETTERS = {
    "number": NUMBER,
    "long": LONG,
    "words": WORDS,
    "date": DATE,
    "percent": PERCENT,
    "error": ERROR,
    "formula": FORMULA,
}
NUMBERS = frozenset({NUMBER, LONG, WORDS})  # with a point before decimals, whatever the file says

LIKE_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")

EXCEL_PERCENT = Everywhere(
    "EXCEL_PERCENT",
    {
        PERCENT: _(
            "{field} must not be a percentage (was {value}), because the cell contains another "
            "number than it shows"
        )
    },
    remedy=_("In Excel, format the column as Number or as Text, and check its values."),
)
EXCEL_FORMULA = Everywhere(
    "EXCEL_FORMULA",
    {
        FORMULA: _(
            "{field} must be a value. The file has a formula without its result (was {value})"
        )
    },
    remedy=_(
        "Open the file in Excel and save it there, so that it has the results of its formulas. Or "
        "replace the formula with its value."
    ),
)
WORKBOOK = (EXCEL_NUMBER, EXCEL_DATE, EXCEL_PERCENT, EXCEL_ERROR, EXCEL_FORMULA)
BY_KIND = {kind: rule for rule in WORKBOOK for kind in rule.variants if kind in LETTERS.values()}


def marked(kind: str, text: str) -> str:
    """A cell whose kind the reader of workbooks has named."""
    return f"{MARK}{LETTERS[kind]}{text}"


def kind_of(cell: str) -> str:
    """The letter of a marked cell's kind; "" if it is text."""
    return cell[1] if cell.startswith(MARK) else ""


def shown(cell: str) -> str:
    """The text of a cell."""
    return cell[2:] if cell.startswith(MARK) else cell


def as_certain_number(cell: str) -> str:
    """The text of a cell in a column of numbers. One that could be thousands, 1.234, has another
    zero: it may come back as text, in a file whose texts have decimal commas."""
    text = shown(cell)
    return f"{text}0" if kind_of(cell) in NUMBERS and LIKE_THOUSANDS.fullmatch(text) else text


def spreadsheet_problems(
    column: Column, texts: Sequence[str], kinds: Mapping[int, str]
) -> dict[int, RowProblem]:
    """What is wrong with cells of these kinds in a column, by position."""
    return {
        i: problem(BY_KIND[kind], column.key, kind, field=column.label, value=texts[i])
        for i, kind in kinds.items()
        if not is_plain(column, kind)
    }


def is_plain(column: Column, kind: str) -> bool:
    """Whether the text of such a cell is all that the column needs."""
    if kind == DATE:
        return column.is_date or not column.rules  # a column of any text takes a date as ISO 8601
    return kind == NUMBER or (kind in NUMBERS and column.is_number)
