"""All rules on every row of a batch, never stopping at a row's first error. Pure: no database
but for the lists that rules look up."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imports.dataset import Column, Dataset
from imports.rules import Problem, Wrong, shown

# C0 and C1 controls other than tab and line breaks, and lone surrogates: PostgreSQL refuses NUL
# and surrogates, and nobody can see the others.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
LONGEST_CELL = 10_000  # staging cuts there

# (spreadsheet row number, cells as read, positions of cells that staging has cut)
StagedRow = tuple[int, list[str], list[int]]


@dataclass
class Judged:
    """A batch after the row rules, as parallel lists.

    `values[i]` maps nothing: it is a tuple in the order of `columns`, None where a cell was empty
    or its column absent. Rows with an entry in `problems` (by position i) are rejected.
    """

    dataset: Dataset
    header: Sequence[str]
    present: frozenset[str]  # keys of the columns that the file has
    numbers: list[int]
    cells: list[list[str]]
    values: list[tuple[Any, ...]]
    problems: dict[int, list[Problem]]

    def position(self, key: str) -> int:
        """Where a column's value stands in each tuple of `values`."""
        return self.dataset.positions[key]


def judge(dataset: Dataset, header: Sequence[str], rows: Sequence[StagedRow], mode: str) -> Judged:
    """Apply every row rule of the data set to `rows`.

    A row with a wrong number of cells gets that one error: which cell belongs to which column is
    anybody's guess then.
    """
    width = len(header)
    problems: dict[int, list[Problem]] = {}
    cells: list[list[str]] = []
    cut: list[tuple[int, int]] = []
    for i, (_, row, cut_cells) in enumerate(rows):
        fitted = row if len(row) == width else without_surplus(row, width)
        if fitted is None:
            problems[i] = [wrong_count(len(row), width)]
            cells.append([""] * width)
        else:
            cells.append(fitted)
            cut.extend((i, position) for position in cut_cells)
    miscounted = frozenset(problems)

    by_position = list(zip(*cells, strict=True))
    where: dict[Column | None, int] = {
        column: i for i, column in enumerate(dataset.match_header(header))
    }
    required = set(dataset.required_columns(mode))
    read: list[Sequence[Any]] = []
    for column in dataset.columns:
        if column not in where:
            read.append([None] * len(rows))
            continue
        too_long = {i for i, position in cut if position == where[column]}
        values, found = read_column(
            column, by_position[where[column]], column in required, miscounted, too_long
        )
        read.append(values)
        for i, problem in found:
            problems.setdefault(i, []).append(problem)
    return Judged(
        dataset=dataset,
        header=header,
        present=frozenset(column.key for column in where if column is not None),
        numbers=[row[0] for row in rows],
        cells=[row[1] for row in rows],
        values=list(zip(*read, strict=True)),
        problems=problems,
    )


def read_column(
    column: Column,
    cells: Sequence[str],
    required: bool,
    ignored: frozenset[int],
    too_long: set[int],
) -> tuple[list[Any], list[tuple[int, Problem]]]:
    """The values of one column's cells, and what is wrong with which of them."""
    texts = clean(cells)
    unprintable = where_unprintable(texts)
    checks = [(rule, rule.checker(column.label)) for rule in column.rules]
    values: list[Any] = [None] * len(texts)
    found: list[tuple[int, Problem]] = []
    for i, text in enumerate(texts):
        if i in ignored:
            continue
        if not text:
            if required and column.required:
                message = column.required.message(column.label)
                found.append((i, Problem(column.key, column.required.code, message)))
            continue
        if i in unprintable:
            found.append((i, unprintable_text(column, text)))
            continue
        if i in too_long:
            found.append((i, overlong_text(column)))
            continue
        value: Any = text
        try:
            for rule, check in checks:  # noqa: B007 - the rule that raised is named below
                value = check(value)
        except Wrong as wrong:
            found.append((i, Problem(column.key, rule.code, str(wrong))))
        else:
            values[i] = value
    return values, found


def where_unprintable(texts: list[str]) -> set[int]:
    """Positions of texts with a character that cannot be stored or seen."""
    if not UNPRINTABLE.search("".join(texts)):  # one look at all of them is the usual case
        return set()
    return {i for i, text in enumerate(texts) if UNPRINTABLE.search(text)}


def clean(cells: Sequence[str]) -> list[str]:
    """Each cell trimmed, then in Unicode's NFC form."""
    texts = [cell.strip() for cell in cells]
    if all(map(str.isascii, texts)):
        return texts
    return [unicodedata.normalize("NFC", text) for text in texts]


def without_surplus(row: list[str], width: int) -> list[str] | None:
    """The row without the empty cells that spreadsheets append, or None when it does not fit."""
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    return None


def wrong_count(count: int, width: int) -> Problem:
    return Problem(
        "",
        "COLUMN_COUNT",
        COLUMN_COUNT_MESSAGE.format(
            count=count, cells="cell" if count == 1 else "cells", width=width
        ),
    )


def unprintable_text(column: Column, text: str) -> Problem:
    bad = UNPRINTABLE.search(text)
    code = f"U+{ord(bad.group()):04X}" if bad else ""
    printable = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return Problem(
        column.key,
        "INVALID_VALUE",
        f"{column.label} holds a character that cannot be printed, {code} (was "
        f"'{shown(printable)}')",
    )


def overlong_text(column: Column) -> Problem:
    return Problem(
        column.key, "FIELD_TOO_LONG", f"{column.label} is longer than {LONGEST_CELL:,} characters"
    )


COLUMN_COUNT_MESSAGE = "The row has {count} {cells} where the header has {width}"
# Errors that belong to no single rule of a column.
GENERAL_REMEDIES: Mapping[str, str] = {
    "COLUMN_COUNT": "Give the row one cell for each column of the header. A cell that holds the "
    "delimiter must stand in quotation marks.",
    "INVALID_VALUE": "Type the value again by hand; copying brought invisible characters along.",
    "FIELD_TOO_LONG": "Shorten the text.",
    "REQUIRED_FIELD": "Fill in this cell.",
}
