"""Finds what spreadsheet programs have done to the cells of a column.

Each look is at all texts of a batch at once, because nearly all files are undamaged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ftfy import fix_encoding

from imports.rules.base import RowProblem, problem
from imports.rules.cells import Everywhere
from imports.rules.columns import Column
from imports.rules.damage import (
    CUT_AT,
    CUT_TEXT,
    ERRORS,
    EXCEL_DATE,
    EXCEL_ERROR,
    EXCEL_NUMBER,
    MOJIBAKE,
    SHORTENED,
    TOO_NARROW,
    dates,
)
from imports.rules.text import MaxLength
from imports.rules.wording import REPLACEMENT

# The first bytes of letters of Europe, and of signs, in UTF-8, read as Windows-1252, and what their
# second bytes look like. Whether such letters are meant is decided by ftfy, which is a hundred
# times as slow; and a pattern that begins with one letter is found five times as fast.
SECOND = (
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a"
    "\u20ac\u2122]"
)
MISREAD = {lead: re.compile(lead + SECOND) for lead in "ÂÃÄÅÎÏÐÑâã"}
SHOWN = 30  # characters on either side of such letters

Found = Iterator[tuple[int, RowProblem]]


@dataclass
class Damaged:
    """What was found in a column, by position."""

    errors: list[tuple[int, RowProblem]]
    warnings: list[tuple[int, RowProblem]]


def errors_of_formulas(
    column: Column, texts: Sequence[str], together: str
) -> dict[int, RowProblem]:
    """Cells that hold the error of a formula, or of a column that was too narrow. `together` are
    the texts as one."""
    if "#" not in together and "Err:" not in together:
        return {}
    found = {}
    for i, text in enumerate(texts):
        variant = "error" if text in ERRORS else "narrow" if TOO_NARROW.fullmatch(text) else ""
        if variant:
            found[i] = said(EXCEL_ERROR, column, text, variant)
    return found


def in_column(
    column: Column, cells: Sequence[str], together: str, values: Sequence[Any]
) -> Damaged:
    """What is wrong or doubtful in a column's valid values. `cells` are what stood in the file,
    with the spaces at their ends; `together` are its texts as one."""
    found = Damaged([], [])
    if column.identifies:
        found.errors += shortened(column, together, values)
        for i, rule in dates(values):
            of_rule = found.errors if rule is EXCEL_DATE else found.warnings
            of_rule.append((i, said(rule, column, values[i], "date")))
    found.warnings += cut(column, cells, values)
    found.warnings += misread(column, together, values)
    return found


def shortened(column: Column, together: str, values: Sequence[Any]) -> Found:
    """Identifiers that were long numbers."""
    if "E+" in together:
        for i, text in enumerate(values):
            if text and SHORTENED.fullmatch(text):
                yield i, said(EXCEL_NUMBER, column, text, "shortened")


def cut(column: Column, cells: Sequence[str], values: Sequence[Any]) -> Found:
    """Texts that end where other programs cut, in a column without longer ones."""
    if may_be_cut(column) and max(map(len, cells), default=0) == CUT_AT:
        for i, text in enumerate(values):
            if text and len(cells[i]) == CUT_AT:
                yield i, said(CUT_TEXT, column, text, "cut")


def misread(column: Column, together: str, values: Sequence[Any]) -> Found:
    """Texts with letters that were read in the wrong encoding, or lost."""
    if together.isascii() or not (REPLACEMENT in together or may_be_misread(together)):
        return
    for i, text in enumerate(values):
        if not isinstance(text, str) or text.isascii():
            continue
        if REPLACEMENT in text:
            yield i, said(MOJIBAKE, column, text, "lost")
        elif (letters := may_be_misread(text)) and fix_encoding(text) != text:
            part = text[max(0, letters.start() - SHOWN) : letters.end() + SHOWN]
            yield i, said(MOJIBAKE, column, part, "misread", suggestion=fix_encoding(part))


def may_be_misread(text: str) -> re.Match[str] | None:
    """Where the text has letters that are what UTF-8 looks like in Windows-1252."""
    found = (pattern.search(text) for lead, pattern in MISREAD.items() if lead in text)
    return next(filter(None, found), None)


def may_be_cut(column: Column) -> bool:
    return any(isinstance(rule, MaxLength) and rule.limit >= CUT_AT for rule in column.rules)


def said(
    rule: Everywhere, column: Column, text: str, variant: str, **details: object
) -> RowProblem:
    return problem(rule, column.key, variant, field=column.label, value=text, **details)
