"""All rules on every row of a batch, never stopping at a row's first error. Pure: no database
but for the lists that rules look up."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from imports.formats.formula_guard import unescape_formula
from imports.formats.layout import Layout
from imports.rules.base import InvalidCell, RowProblem, problem
from imports.rules.cells import (
    CLEAR,
    NULL_WORDS,
    cell_count_problem,
    cleared_problem,
    example_problem,
    marks_problem,
    null_word_problem,
    overlong_problem,
    torn_problem,
    unprintable_problem,
)
from imports.rules.columns import Column, is_corrections
from imports.rules.number_format import POINT
from imports.rules.replacements import Replacements, replaced
from imports.rules.rows import RowRule, StagedRow
from imports.rules.schema import UPDATING, Schema
from imports.rules.spreadsheet import (
    NUMBERS,
    as_certain_number,
    kind_of,
    shown,
    spreadsheet_problems,
)
from imports.rules.wording import INVISIBLE, UNPRINTABLE
from imports.validation import damage
from imports.validation.batch import CLEARED, ValidatedBatch

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"  # invisible, and no white space to Python
LINE_BREAK = re.compile("[\r\n]")
NOTHING_REPLACED: Replacements = {}
MAX_MARKS = 30  # combining marks in a row, as Unicode's stream-safe format has it
MAX_SHORT_CHARACTERS = 200  # so few are sorted in no time
# A run that may be of marks only; found much faster than by looking up each character.
MAYBE_MARKS = re.compile(f"[\u0300-\U0010ffff]{{{MAX_MARKS + 1}}}")


def validate(
    schema: Schema,
    layout: Layout,
    rows: Sequence[StagedRow],
    mode: str,
    today: date,
    *,
    replacements: Replacements = NOTHING_REPLACED,
) -> ValidatedBatch:
    """Apply every rule of the data set to `rows`; `today` is the day of the import. A cell that
    breaks a rule is read as its replacement, if it has one that breaks none.

    A row with a wrong number of cells gets that one error, because it is not known which of them
    belongs to which column.
    """
    rows, kinds = as_text(rows, schema, layout)
    cells, cut, problems = of_width(len(layout.header), rows, schema, layout)
    judge = ColumnJudge(schema, layout, mode, cut, frozenset(problems))

    written = list(zip(*cells, strict=True))
    by_position = [clean(texts) for texts in written]
    where = {key: source.position for key, source in layout.sources_in(schema).items()}
    present = layout.present_in(schema)
    read: list[Sequence[Any]] = []
    doubtful: list[tuple[int, RowProblem]] = []
    notices: dict[int, list[RowProblem]] = {}
    for column in schema.columns:
        if column.key not in present:
            read.append([None] * len(rows))
            continue
        position = where.get(column.key)
        if position is None:
            same = [layout.constants[column.key]] * len(rows)
            cells_of_column = Cells(None, same, same, {})
        else:
            cells_of_column = Cells(
                position, written[position], by_position[position], kinds[position]
            )
        found = judge(column, cells_of_column)
        if known := replacements.get(column.key):
            found, replaced = judge.with_replaced(column, cells_of_column, found, known)
            for i, said in replaced.items():
                notices.setdefault(i, []).append(said)
        read.append(found.values)
        doubtful += found.warnings
        for i, mistake in found.errors:
            problems.setdefault(i, []).append(mistake)
    problems |= {i: [example_problem()] for i in examples(schema, layout, by_position)}
    values = list(zip(*read, strict=True)) or [()] * len(rows)
    for rule in schema.row_rules:
        for i, mistake in broken(rule, schema, values, today):
            problems.setdefault(i, []).append(mistake)
    batch = ValidatedBatch(
        schema=schema,
        layout=layout,
        present=present,
        numbers=[row[0] for row in rows],
        cells=[row[1] for row in rows],
        values=values,
        problems=problems,
        warnings={},
        notices=notices,
    )
    batch.add_warnings(doubtful)
    return batch


class Cells(NamedTuple):
    """The cells of a column: its position in the file, None if it is not there; the texts as they
    are written, and as they are compared; and the kinds of marked cells, by row."""

    position: int | None
    written: Sequence[str]
    texts: Sequence[str]
    kinds: Mapping[int, str]


class Found(NamedTuple):
    """The values of a column's cells, and what is wrong, or may be, with which of them."""

    values: list[Any]
    errors: list[tuple[int, RowProblem]]
    warnings: list[tuple[int, RowProblem]]


class ColumnJudge:
    """Applies the rules to the cells of one column after the other. `cut` says which cells were cut
    by staging, by row and position; rows that are `ignored` have their error already."""

    def __init__(
        self,
        schema: Schema,
        layout: Layout,
        mode: str,
        cut: list[tuple[int, int]],
        ignored: frozenset[int],
    ) -> None:
        self.schema = schema
        self.layout = layout
        self.updates = mode in UPDATING
        self.required = set(schema.required_columns(mode))
        self.cut = cut
        self.ignored = ignored

    def __call__(self, column: Column, cells: Cells) -> Found:
        return self._judge(column, cells, {})

    def with_replaced(
        self, column: Column, cells: Cells, found: Found, known: Mapping[str, str]
    ) -> tuple[Found, dict[int, RowProblem]]:
        """The same, with replacements for what is wrong, unless they are wrong, too; and what is to
        be said of rows with them."""
        new = {
            i: known[cells.texts[i]]
            for i, _ in found.errors
            if cells.texts[i] and cells.texts[i] in known
        }
        while new:
            again = self._judge(column, cells, new)
            wrong = {i for i, _ in again.errors} & new.keys()
            if not wrong:
                return again, {i: replaced(column, cells.texts[i], new[i]) for i in new}
            new = {i: text for i, text in new.items() if i not in wrong}
        return found, {}

    def _judge(self, column: Column, cells: Cells, new: Mapping[int, str]) -> Found:
        """Apply the rules to the cells, with `new` texts in some of them."""
        kinds = {i: kind for i, kind in cells.kinds.items() if i not in new}
        texts = [*cells.texts]
        written = [*cells.written]
        if cells.position is not None:
            texts = in_our_format(column, texts, self.layout, kinds)
        for i, text in new.items():
            texts[i] = written[i] = text
        together = "".join(texts)  # one look at all of them is enough in the usual case
        known = known_problems(column, texts, together, self.layout)
        known |= spreadsheet_problems(column, texts, kinds)
        if not self.schema.any_columns:
            known |= damage.errors_of_formulas(column, texts, together)
        known |= {i: overlong_problem(column) for i, at in self.cut if at == cells.position}
        cleared = where_cleared(texts, together) if self.updates else frozenset()
        if column.required:
            known |= {i: cleared_problem(column) for i in cleared}
            cleared = frozenset()
        values, errors = read_column(
            column, texts, column in self.required, self.ignored | cleared, known
        )
        warnings = [*doubts(column, texts, values)]
        if not self.schema.any_columns:
            errors += null_words(column, texts, values)
            damaged = damage.in_column(column, written, together, values)
            errors += damaged.errors
            warnings += damaged.warnings
        return Found(with_cleared(values, cleared), errors, warnings)


def of_width(
    width: int, rows: Sequence[StagedRow], schema: Schema, layout: Layout
) -> tuple[list[list[str]], list[tuple[int, int]], dict[int, list[RowProblem]]]:
    """The rows' cells, `width` in each; which of them staging has cut, by position of row and cell;
    and the rows that have another number of cells, which are empty now."""
    problems: dict[int, list[RowProblem]] = {}
    cells = [row for _, row, _ in rows]
    for i, row in enumerate(cells):
        if len(row) == width:
            continue
        fitted = fit(row, layout, schema.ragged)
        if fitted is None:
            problems[i] = [cell_count_problem(len(row), width)]
        cells[i] = fitted or [""] * width
    cut = [
        (i, position)
        for i, (_, _, positions) in enumerate(rows)
        if positions and i not in problems
        for position in positions
    ]
    return cells, cut, problems


def as_text(
    rows: Sequence[StagedRow], schema: Schema, layout: Layout
) -> tuple[Sequence[StagedRow], Mapping[int | None, Mapping[int, str]]]:
    """The rows without what we put into their cells: the quotes of a file of ours that came back,
    or the marks of a workbook; and the kinds of marked cells, by their position."""
    kinds: defaultdict[int | None, dict[int, str]] = defaultdict(dict)
    if layout.sheet:
        sources = layout.sources_in(schema)
        numbers = {
            sources[c.key].position for c in schema.columns if c.is_number and c.key in sources
        }
        staged, rows = rows, []
        for i, (number, row, cut) in enumerate(staged):
            for position, cell in enumerate(row):
                if kind := kind_of(cell):
                    kinds[position][i] = kind
            texts = [
                as_certain_number(cell) if position in numbers else shown(cell)
                for position, cell in enumerate(row)
            ]
            rows.append((number, texts, cut))
    elif any(map(is_corrections, layout.header)) or schema.is_template(layout.header):
        rows = [(number, [*map(unescape_formula, row)], cut) for number, row, cut in rows]
    return rows, kinds


def doubts(
    column: Column, texts: Sequence[str], values: Sequence[Any]
) -> Iterator[tuple[int, RowProblem]]:
    """What the column's warnings say of the texts that its rules accept."""
    for rule in column.warnings:
        check = rule.checker(column.label)
        for i, text in enumerate(texts):
            try:
                if values[i] is not None:
                    check(text)
            except InvalidCell as error:
                yield i, RowProblem(column.key, error.code, str(error))


def known_problems(
    column: Column, texts: list[str], together: str, layout: Layout
) -> dict[int, RowProblem]:
    """What is wrong with texts in any column, by position; their rules are not asked. `together`
    are the texts as one."""
    known: dict[int, RowProblem] = {}
    if together.isprintable():  # as in nearly all files
        return {i: marks_problem(column, texts[i]) for i in where_marks(texts)}
    if UNPRINTABLE.search(together):
        known = {i: unprintable_problem(column, t) for i, t in where_found(UNPRINTABLE, texts)}
    if not column.lines and LINE_BREAK.search(together):
        known |= {i: torn_problem(column, t) for i, t in where_torn(column, texts, layout)}
    known |= {i: marks_problem(column, texts[i]) for i in where_marks(texts)}
    return known


def read_column(
    column: Column,
    texts: Sequence[str],
    required: bool,
    ignored: frozenset[int],
    known: Mapping[int, RowProblem],
) -> tuple[list[Any], list[tuple[int, RowProblem]]]:
    """The values of one column's texts, and what is wrong with which of them.

    Texts in `ignored` are skipped; those in `known` have their problem already. Equal texts are
    judged once.
    """
    different = dict.fromkeys(texts)
    answers, wrong = judged(column, filter(None, different))
    if required and column.required:
        wrong[""] = problem(column.required, column.key, "missing", field=column.label)
    values = list(map(answers.get, texts))
    for i in (*ignored, *known):
        values[i] = None
    found = {i: said for i, said in known.items() if texts[i]}
    if not wrong.keys().isdisjoint(different):
        found = {i: wrong[text] for i, text in enumerate(texts) if text in wrong} | found
    return values, [(i, said) for i, said in found.items() if i not in ignored]


def judged(column: Column, texts: Iterable[str]) -> tuple[dict[str, Any], dict[str, RowProblem]]:
    """The values of those texts that the column's rules accept, and what is wrong with others."""
    checks = [rule.checker(column.label) for rule in column.rules]
    values: dict[str, Any] = {}
    wrong: dict[str, RowProblem] = {}
    for text in texts:
        value: Any = text
        try:
            for check in checks:
                value = check(value)
        except InvalidCell as error:
            wrong[text] = RowProblem(column.key, error.code, str(error))
        else:
            values[text] = value
    return values, wrong


def in_our_format(
    column: Column, texts: list[str], layout: Layout, kinds: Mapping[int, str]
) -> list[str]:
    """Numbers as our rules expect them, from the format of the file; those that a workbook stores
    as numbers, by `kinds`, have a point before decimals."""
    if not column.is_number:
        return texts
    of_file = layout.number_format(column)
    if not of_file.factor and "".join(texts).isdecimal():
        return texts  # whole numbers are the same in all formats
    of_workbook = replace(of_file, decimal=POINT)
    return [
        (of_workbook if kinds.get(i) in NUMBERS else of_file).plain(text)
        for i, text in enumerate(texts)
    ]


def null_words(
    column: Column, texts: Sequence[str], values: Sequence[Any]
) -> list[tuple[int, RowProblem]]:
    """Problems with texts that no rule objects to, and that programs write for an empty cell. A
    list that knows the word gives it another value."""
    if NULL_WORDS.isdisjoint(texts):
        return []
    return [
        (i, null_word_problem(column, text))
        for i, text in enumerate(texts)
        if text in NULL_WORDS and values[i] == text
    ]


def with_cleared(values: list[Any], cleared: frozenset[int]) -> list[Any]:
    if not cleared:
        return values
    return [CLEARED if i in cleared else value for i, value in enumerate(values)]


def where_cleared(texts: Sequence[str], together: str) -> frozenset[int]:
    """Positions of the texts that are to empty a cell."""
    if not CLEAR.search(together):
        return frozenset()
    return frozenset(i for i, text in enumerate(texts) if CLEAR.fullmatch(text))


def where_found(pattern: re.Pattern[str], texts: list[str]) -> list[tuple[int, str]]:
    """The texts that hold a match, and their positions."""
    return [(i, text) for i, text in enumerate(texts) if pattern.search(text)]


def examples(schema: Schema, layout: Layout, by_position: Sequence[Sequence[str]]) -> list[int]:
    """Positions of rows that the template's example row was left in: below the template's header,
    or that of an earlier version's, each cell is the example of its column."""
    if not by_position or not schema.is_template(layout.header):
        return []
    by_label = {column.template_label: column.example for column in schema.columns}
    expected = tuple(by_label[name] for name in layout.header)
    first = by_position[0]
    return [
        i
        for i, text in enumerate(first)
        if text == expected[0] and tuple(texts[i] for texts in by_position) == expected
    ]


def where_marks(texts: list[str]) -> list[int]:
    if max(map(len, texts), default=0) <= MAX_SHORT_CHARACTERS:
        return []
    return [
        i
        for i, text in enumerate(texts)
        if len(text) > MAX_SHORT_CHARACTERS and has_many_marks(text)
    ]


def where_torn(column: Column, texts: list[str], layout: Layout) -> list[tuple[int, str]]:
    """The texts that contain a row, and their positions: in a column of one line, a line break and
    at least as many delimiters as a row has.

    Two quotation marks left open in the same column of two rows make such a cell. No reader can
    distinguish it from one that was meant, and the row between them would be lost silently.
    """
    delimiters = len(layout.header) - 1
    if not delimiters or not layout.delimiter:
        return []
    return [
        (i, text)
        for i, text in where_found(LINE_BREAK, texts)
        if text.count(layout.delimiter) >= delimiters
    ]


def clean(cells: Sequence[str]) -> list[str]:
    """Each cell trimmed, also of invisible characters, then in Unicode's NFC form."""
    texts = [cell.strip() for cell in cells]
    together = "".join(texts)
    if together.isascii():
        return texts
    if INVISIBLE.search(together):
        texts = [
            text.strip(ZERO_WIDTH).strip() if INVISIBLE.sub("", text).strip() else ""
            for text in texts
        ]
    return [normalized(text) for text in texts]


def normalized(text: str) -> str:
    """The text in NFC; as it is if it has too many marks, whose sorting would take minutes."""
    return text if has_many_marks(text) else unicodedata.normalize("NFC", text)


def has_many_marks(text: str) -> bool:
    """Are there more combining marks in a row than in text of any language?"""
    if len(text) <= MAX_SHORT_CHARACTERS or not MAYBE_MARKS.search(text):
        return False
    marks = groupby(map(unicodedata.combining, text), key=bool)
    return any(is_mark and len(list(run)) > MAX_MARKS for is_mark, run in marks)


def fit(row: list[str], layout: Layout, ragged: bool) -> list[str] | None:
    """The row without the empty cells that spreadsheets append to all rows and to the header, or,
    where rows may be `ragged`, with those they leave out; None when it does not fit."""
    width = len(layout.header)
    if width < len(row) <= layout.raw_width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    if len(row) < width and ragged:
        return row + [""] * (width - len(row))
    return None


def broken(
    rule: RowRule, schema: Schema, values: Sequence[tuple[Any, ...]], today: date
) -> Iterator[tuple[int, RowProblem]]:
    """Rows that break a rule over several cells, all of them filled and valid."""
    positions = [schema.positions[key] for key in rule.columns]
    columns = [[row[position] for row in values] for position in positions]
    for i, cells in enumerate(zip(*columns, strict=True)):
        if None not in cells and (details := rule.broken(today, *cells)) is not None:
            yield i, problem(rule, rule.column, "broken", **details)
