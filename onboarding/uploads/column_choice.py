"""The form that asks what the columns of a file are: its lines, and what was chosen in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from imports.datasets import all_datasets, layout_of
from imports.formats.sample import Sample
from imports.mapping.question import Choice, Problem, Question
from imports.mapping.suggestions import BY_CELLS, Suggestion
from imports.models import Upload
from imports.models.mapping import sample_of
from imports.rules.columns import Column
from imports.rules.matching import OWN_NAME, PRESET, SYNONYM, Source
from imports.rules.number_format import COMMA, POINT

MAX_CHARACTERS = 500  # of a text for all rows
MAX_WRONG = 0.5  # of the sample's rows; above, a person is asked whether this is right


def question_of(upload: Upload) -> Question | None:
    """What to ask about the upload's file; None if there is nothing to ask."""
    dataset = all_datasets().get(upload.dataset)
    sample = sample_of(upload).first()
    if dataset is None or sample is None or upload.layout is None:
        return None
    return Question(dataset, upload.base_mode, layout_of(upload), Sample.from_json(sample.content))


@dataclass(frozen=True)
class Line:
    """A column of the file: its place, its name, how many percent of its cells have text, some of
    them, the key chosen for it and why; of a column with numbers, the changes to them."""

    position: int
    name: str
    filled: int
    values: list[str]
    key: str
    why: str
    is_number: bool
    sign: str
    factor: str
    error: str


@dataclass(frozen=True)
class Missing:
    """A required column of ours that no line is chosen for."""

    column: Column
    taken: int | None
    constant: str
    may_be_constant: bool
    names: list[str]  # of which the constant must be one, if there are such
    error: str


class ColumnForm:
    """The form, filled with what is known at first, or with what a person sent."""

    def __init__(self, question: Question, sent: Mapping[str, str] | None = None) -> None:
        self.question = question
        self._first, self._why = question.at_first()
        self.choice = self._first if sent is None else chosen(sent, question)
        self.problems: list[Problem] = [] if sent is None else question.problems(self.choice)

    @cached_property
    def lines(self) -> list[Line]:
        question, choice = self.question, self.choice
        rows = question.layout.data_rows or 1
        return [
            Line(
                position=i,
                name=question.layout.column_names[i],
                filled=round(100 * seen.filled / rows),
                values=seen.values,
                key=(key := choice.columns.get(i, "")),
                why=self.why(i, key),
                is_number=bool(key) and question.dataset.by_key[key].is_number,
                sign=choice.signs.get(i, "") or (question.sign_of(key, i) if key else ""),
                factor=choice.factors.get(i, ""),
                error=self.error(f"column-{i}") or self.error(f"factor-{i}"),
            )
            for i, seen in enumerate(question.sample.columns)
        ]

    def why(self, position: int, key: str) -> str:
        """Why this key was chosen by us, if it was."""
        reason = self._why.get(position)
        if reason is None or not key or self._first.columns.get(position) != key:
            return ""
        if isinstance(reason, Suggestion):
            if reason.why == BY_CELLS:
                return gettext("Suggested: its cells look like it")
            return gettext("Suggested: the name is similar")
        return said(reason, self.question.layout.preset)

    @property
    def empty_columns(self) -> list[str]:
        """The names of columns without a value, which nothing is chosen for."""
        return [line.name for line in self.lines if not line.values and not line.key]

    @cached_property
    def missing(self) -> list[Missing]:
        return [
            Missing(
                column,
                self.choice.taken.get(column.key),
                self.choice.constants.get(column.key, ""),
                self.question.may_be_constant(column),
                self.question.names_for(column),
                self.error(f"take-{column.key}") or self.error(f"same-{column.key}"),
            )
            for column in self.question.missing(self.choice)
        ]

    @cached_property
    def unread(self) -> str:
        """A number that can be read in two ways."""
        return self.question.asks_decimal(self.choice)

    @property
    def decimals(self) -> list[tuple[str, str, bool]]:
        """(value, words, whether it is chosen) for how a file writes decimals."""
        words = {
            COMMA: gettext("After a comma: 1.234,50"),
            POINT: gettext("After a point: 1,234.50"),
        }
        return [(mark, text, mark == self.choice.decimal) for mark, text in words.items()]

    def error(self, field: str) -> str:
        return next((problem.text for problem in self.problems if problem.field == field), "")


def said(source: Source, program: str) -> str:
    """Why a column was matched."""
    if source.why == PRESET:
        return gettext("As %(program)s names it") % {"program": program}
    if source.why == SYNONYM:
        return gettext("Another word for it")
    return "" if source.why == OWN_NAME else gettext("You said so before")


def chosen(sent: Mapping[str, str], question: Question) -> Choice:
    """What the form says; anything that it cannot say is left out."""
    positions = range(len(question.layout.header))
    keys = {"", *question.dataset.by_key}
    columns = {i: key for i in positions if (key := sent.get(f"column-{i}", "")) in keys}
    taken: dict[str, int] = {}
    constants: dict[str, str] = {}
    for column in question.required():
        if column.key in columns.values():
            continue
        place = sent.get(f"take-{column.key}", "")
        if place.isascii() and place.isdigit() and len(place) < 5 and int(place) in positions:
            taken[column.key] = int(place)
        elif not question.may_be_constant(column):
            continue
        elif text := sent.get(f"same-{column.key}", "").strip()[:MAX_CHARACTERS]:
            constants[column.key] = text
    decimal = sent.get("decimal", "")
    return Choice(
        columns=columns,
        taken=taken,
        constants=constants,
        signs=texts(sent, "sign", positions),
        factors=texts(sent, "factor", positions),
        decimal=decimal if decimal in {COMMA, POINT} else "",
        first_is_data="first-is-data" in sent,
    )


def texts(sent: Mapping[str, str], name: str, positions: range) -> dict[int, str]:
    return {i: text for i in positions if (text := sent.get(f"{name}-{i}", "").strip()[:40])}
