"""What a person is asked about the columns of a file, and what their choice means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.formats.layout import Layout
from imports.formats.sample import Sample
from imports.mapping.suggestions import Suggestion, suggest
from imports.rules.base import InvalidCell
from imports.rules.columns import Column
from imports.rules.matching import Answers, Source
from imports.rules.number_format import WITH_SIGN
from imports.rules.schema import UPDATING
from imports.rules.text import approved_in
from imports.rules.wording import as_sentence
from imports.validation.validate import validate

SHOWN_ROWS = 5
MAX_FACTOR_CHARACTERS = 20


@dataclass(frozen=True)
class Choice:
    """What is chosen: for positions in the header, the key of a column or ""; for further columns,
    by their key, a position or one text for all rows; by position, a sign to leave out of numbers
    and what to multiply them by; and the sign before decimals, "" to let the cells say."""

    columns: Mapping[int, str]
    taken: Mapping[str, int] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[int, str] = field(default_factory=dict)
    factors: Mapping[int, str] = field(default_factory=dict)
    decimal: str = ""
    first_is_data: bool = False  # what was taken for the header is the first row

    @property
    def positions(self) -> dict[str, int]:
        return {**self.taken, **{key: i for i, key in self.columns.items() if key}}


@dataclass(frozen=True)
class Problem:
    """Why a choice cannot be imported: the name of the form's field, and a sentence."""

    field: str
    text: str


@dataclass(frozen=True)
class ReadRow:
    """A row of the sample as the choice reads it: its number, label and value of each column of
    ours, and what is wrong with it."""

    number: int
    cells: list[tuple[str, str]]
    errors: list[str]


@dataclass(frozen=True)
class Question:
    """A file whose columns a person can name."""

    dataset: Dataset
    mode: str
    layout: Layout
    sample: Sample

    def at_first(self) -> tuple[Choice, dict[int, Source | Suggestion]]:
        """What is known or likely, and by position why."""
        sources = self.layout.sources_in(self.dataset)
        taken = {key: source.position for key, source in sources.items()}
        suggested = suggest(self.layout.header, self.sample, self.dataset, taken)
        known: dict[str, Source | Suggestion] = {**sources, **suggested}
        why = {reason.position: reason for reason in known.values()}
        choice = Choice(
            columns={reason.position: key for key, reason in known.items()},
            constants=self.layout.constants,
        )
        return choice, why

    def required(self) -> list[Column]:
        return self.dataset.required_columns(self.mode)

    def may_be_constant(self, column: Column) -> bool:
        """Whether all rows may have the same text in it."""
        different = {self.dataset.identity, *(unique.column for unique in self.dataset.unique)}
        return column.key not in different

    def names_for(self, column: Column) -> list[str]:
        """The names that a text for all rows must be one of; none if it may be another."""
        rule = approved_in(column)
        return sorted(rule.names()) if rule else []

    def missing(self, choice: Choice) -> list[Column]:
        """Required columns that nothing is chosen for among the columns of the file."""
        chosen = set(choice.columns.values())
        return [column for column in self.required() if column.key not in chosen]

    def answers(self, choice: Choice) -> Answers:
        positions = choice.positions
        numbers = {key for key in positions if self.dataset.by_key[key].is_number}
        signs = {key: choice.signs.get(positions[key], "") for key in numbers}
        for key in numbers:
            signs[key] = signs[key] or self.sign_of(key, positions[key])
        factors = {key: choice.factors.get(positions[key], "") for key in numbers}
        factors = {key: factor for key, factor in factors.items() if is_factor(factor)}
        return Answers(
            positions=positions,
            constants={key: text for key, text in choice.constants.items() if key not in positions},
            signs={key: sign for key, sign in signs.items() if sign},
            factors=factors,
            decimal=choice.decimal or self.mark(positions),
            first_is_data=choice.first_is_data,
        )

    def sign_of(self, key: str, position: int) -> str:
        """The currency or unit beside all numbers of a column, if it may stand there."""
        signs = self.sample.columns[position].signs
        allowed = self.dataset.by_key[key].beside
        return signs[0] if len(signs) == 1 and signs[0] in allowed else ""

    def mark(self, positions: Mapping[str, int]) -> str:
        """The sign before decimals, if the cells of the columns with numbers say which."""
        marks = {
            mark
            for key, position in positions.items()
            if self.dataset.by_key[key].is_number
            for mark in self.sample.columns[position].marks
        }
        return marks.pop() if len(marks) == 1 else ""

    def asks_decimal(self, choice: Choice) -> str:
        """A cell that may be read in two ways, of a file whose cells do not say how; or ""."""
        if self.mark(choice.positions):
            return ""
        for key, position in choice.positions.items():
            if self.dataset.by_key[key].is_number:
                for cell in self.cells(position):
                    found = WITH_SIGN.fullmatch(cell)
                    if found and {".", ","} & {*found["number"]}:
                        return cell
        return ""

    def cells(self, position: int) -> Iterator[str]:
        yield from self.sample.columns[position].values
        yield from (row[position].strip() for row in self.sample.rows if position < len(row))

    def problems(self, choice: Choice) -> list[Problem]:
        return [*self._not_chosen(choice), *self._chosen_twice(choice), *self._not_usable(choice)]

    def _not_chosen(self, choice: Choice) -> Iterator[Problem]:
        positions = choice.positions
        for column in self.required():
            if column.key not in positions and not choice.constants.get(column.key):
                words = gettext("Choose where %(column)s comes from.")
                yield Problem(f"take-{column.key}", words % {"column": column.label})
        chosen = {*positions, *(key for key, text in choice.constants.items() if text)}
        if self.mode in UPDATING and chosen.isdisjoint(self.dataset.changeable):
            yield Problem("column-0", gettext("Choose at least one column to update."))

    def _chosen_twice(self, choice: Choice) -> Iterator[Problem]:
        keys = [key for key in choice.columns.values() if key]
        for key in dict.fromkeys(keys):
            places = [i for i, chosen in choice.columns.items() if chosen == key]
            if len(places) > 1:
                names = as_sentence(self.layout.column_names[i] for i in places)
                words = gettext("%(column)s is chosen for %(names)s. Choose one of them.")
                yield Problem(
                    f"column-{places[-1]}",
                    words % {"column": self.dataset.label(key), "names": names},
                )

    def _not_usable(self, choice: Choice) -> Iterator[Problem]:
        for key, text in choice.constants.items():
            column = self.dataset.by_key[key]
            value: object = text
            try:
                for rule in column.rules:
                    value = rule.checker(column.label)(value)
            except InvalidCell as error:
                yield Problem(f"same-{key}", f"{error}.")
        for position, factor in choice.factors.items():
            if not is_factor(factor):
                words = gettext("“%(factor)s” is not a number to multiply by, such as 0.01.")
                yield Problem(f"factor-{position}", words % {"factor": factor})
        if not choice.decimal and (cell := self.asks_decimal(choice)):
            words = gettext("Say how your file writes decimals: “%(cell)s” can mean two numbers.")
            yield Problem("decimal", words % {"cell": cell})

    def read(self, choice: Choice, today: date, *, rows: int = SHOWN_ROWS) -> list[ReadRow]:
        """The first rows as the choice reads them, with the columns of `columns_read`."""
        layout = self.layout.answered(self.answers(choice), self.dataset)
        sample = list(zip(self.sample.row_numbers, self.sample.rows, strict=True))
        if choice.first_is_data:
            sample.insert(0, (self.layout.header_row, [*self.layout.header]))
        batch = validate(
            self.dataset,
            layout,
            [(number, cells, []) for number, cells in sample[:rows]],
            self.mode,
            today,
        )
        columns = self.columns_read(choice)
        return [
            ReadRow(
                number,
                [(c.label, as_text(values[batch.position(c.key)])) for c in columns],
                [problem.message for problem in batch.problems.get(i, [])],
            )
            for i, (number, values) in enumerate(zip(batch.numbers, batch.values, strict=True))
        ]

    def columns_read(self, choice: Choice) -> list[Column]:
        chosen = {*choice.positions, *(key for key, text in choice.constants.items() if text)}
        return [column for column in self.dataset.columns if column.key in chosen]

    def wrong_share(self, choice: Choice, today: date) -> float:
        """The share of the sample's rows that would be rejected."""
        read = self.read(choice, today, rows=len(self.sample.rows))
        return sum(bool(row.errors) for row in read) / len(read) if read else 0.0


def as_text(value: object) -> str:
    return "" if value is None else str(value)


def is_factor(text: str) -> bool:
    if len(text) > MAX_FACTOR_CHARACTERS:
        return False
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and value > 0
