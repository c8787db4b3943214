"""All rules on every row of a batch, never stopping at a row's first error. Pure: no database
but for the lists that rules look up."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from imports.dataset import Column, Dataset, RowRule, is_corrections
from imports.formats.csv_reader import Layout
from imports.formats.csv_writer import as_meant
from imports.rules.base import UNPRINTABLE, Problem, Wrong, shown

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"  # invisible, and no white space to Python
LONGEST_CELL = 10_000  # staging cuts there
LINE_BREAK = re.compile("[\r\n]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MOST_CELLS = 1_000  # of one row; staging drops the rest

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


def judge(
    dataset: Dataset, layout: Layout, rows: Sequence[StagedRow], mode: str, today: date
) -> Judged:
    """Apply every rule of the data set to `rows`; `today` is the day of the import.

    A row with a wrong number of cells gets that one error: which cell belongs to which column is
    anybody's guess then.
    """
    header = layout.header
    if any(map(is_corrections, header)):
        rows = [(number, [*map(as_meant, row)], cut_cells) for number, row, cut_cells in rows]
    width = len(header)
    problems: dict[int, list[Problem]] = {}
    cells: list[list[str]] = []
    cut: list[tuple[int, int]] = []
    for i, (_, row, cut_cells) in enumerate(rows):
        fitted = row if len(row) == width else fit(row, width, dataset.ragged)
        if fitted is None:
            problems[i] = [wrong_count(len(row), width)]
            cells.append([""] * width)
        else:
            cells.append(fitted)
            cut.extend((i, position) for position in cut_cells)
    miscounted = frozenset(problems)

    by_position = [clean(texts) for texts in zip(*cells, strict=True)]
    where: dict[Column | None, int] = {
        column: i for i, column in enumerate(dataset.match_header(header))
    }
    required = set(dataset.required_columns(mode))
    read: list[Sequence[Any]] = []
    for column in dataset.columns:
        if column not in where:
            read.append([None] * len(rows))
            continue
        texts = by_position[where[column]]
        amiss = {i: unprintable_text(column, texts[i]) for i in where_found(UNPRINTABLE, texts)}
        amiss |= {i: torn_text(column, texts[i]) for i in where_torn(column, texts, layout)}
        amiss |= {i: overlong_text(column) for i, at in cut if at == where[column]}
        values, found = read_column(column, texts, column in required, miscounted, amiss)
        read.append(values)
        for i, problem in found:
            problems.setdefault(i, []).append(problem)
    values = list(zip(*read, strict=True)) or [()] * len(rows)
    for rule in dataset.row_rules:
        for i, problem in broken(rule, dataset, values, today):
            problems.setdefault(i, []).append(problem)
    return Judged(
        dataset=dataset,
        header=header,
        present=frozenset(column.key for column in where if column is not None),
        numbers=[row[0] for row in rows],
        cells=[row[1] for row in rows],
        values=values,
        problems=problems,
    )


def read_column(
    column: Column,
    texts: Sequence[str],
    required: bool,
    ignored: frozenset[int],
    amiss: Mapping[int, Problem],
) -> tuple[list[Any], list[tuple[int, Problem]]]:
    """The values of one column's texts, and what is wrong with which of them.

    Texts in `ignored` are passed over; those in `amiss` have their problem already.
    """
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
        if i in amiss:
            found.append((i, amiss[i]))
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


def where_found(pattern: re.Pattern[str], texts: list[str]) -> set[int]:
    """Positions of texts that hold a match."""
    if not pattern.search("".join(texts)):  # one look at all of them is the usual case
        return set()
    return {i for i, text in enumerate(texts) if pattern.search(text)}


def where_torn(column: Column, texts: list[str], layout: Layout) -> list[int]:
    """Positions of texts that took in a row: in a column of one line, a line break and at least
    as many delimiters as a row has.

    Two quotation marks left open in the same column of two rows make such a cell, which no reader
    can tell from one that was meant, and the row between them would be lost without a word.
    """
    delimiters = len(layout.header) - 1
    if (
        column.lines
        or not delimiters
        or not layout.delimiter
        or not LINE_BREAK.search("".join(texts))
    ):
        return []
    return [
        i
        for i, text in enumerate(texts)
        if LINE_BREAK.search(text) and text.count(layout.delimiter) >= delimiters
    ]


def clean(cells: Sequence[str]) -> list[str]:
    """Each cell trimmed, also of what nobody can see, then in Unicode's NFC form."""
    texts = [cell.strip() for cell in cells]
    if all(map(str.isascii, texts)):
        return texts
    return [unicodedata.normalize("NFC", text.strip(ZERO_WIDTH).strip()) for text in texts]


def fit(row: list[str], width: int, ragged: bool) -> list[str] | None:
    """The row without the empty cells that spreadsheets append, or, where rows may be `ragged`,
    with those they leave out; None when it does not fit."""
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    if len(row) < width and ragged:
        return row + [""] * (width - len(row))
    return None


def broken(
    rule: RowRule, dataset: Dataset, values: Sequence[tuple[Any, ...]], today: date
) -> Iterator[tuple[int, Problem]]:
    """Rows that break a rule over several cells, all of them filled and in order."""
    positions = [dataset.positions[key] for key in rule.columns]
    for i, row in enumerate(values):
        cells = [row[position] for position in positions]
        if None not in cells and (message := rule.broken(today, *cells)) is not None:
            yield i, Problem(rule.column, rule.code, message)


def wrong_count(count: int, width: int) -> Problem:
    cells = f"{count} {'cell' if count == 1 else 'cells'}"
    if count >= MOST_CELLS:
        cells = f"{MOST_CELLS:,} cells or more"
    return Problem("", "COLUMN_COUNT", COLUMN_COUNT_MESSAGE.format(cells=cells, width=width))


def unprintable_text(column: Column, text: str) -> Problem:
    code = f"U+{ord(UNPRINTABLE.findall(text)[0]):04X}"
    return Problem(
        column.key,
        "INVALID_VALUE",
        UNPRINTABLE_MESSAGE.format(
            field=column.label, character=code, value=shown(UNPRINTABLE.sub(REPLACEMENT, text))
        ),
    )


def torn_text(column: Column, text: str) -> Problem:
    return Problem(
        column.key,
        "INVALID_VALUE",
        f"{column.label} holds a line break and cells of the next row; is a quotation mark left "
        f"open? (was '{shown(text)}')",
    )


def overlong_text(column: Column) -> Problem:
    return Problem(column.key, "FIELD_TOO_LONG", OVERLONG_MESSAGE.format(field=column.label))


UNPRINTABLE_MESSAGE = (
    "{field} holds a character that cannot be printed, {character} (was '{value}')"
)
OVERLONG_MESSAGE = f"{{field}} is longer than {LONGEST_CELL:,} characters"
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
