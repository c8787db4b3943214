"""Judges values that a person has entered for a stored row, as a row of a file would be judged: the
only row of a file with these columns, in mode `update`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from imports.formats.layout import UNREAD
from imports.formats.sample import Watch
from imports.rules.base import RowProblem
from imports.rules.cells import CLEARING, MAX_CELL_CHARACTERS
from imports.rules.matching import NOTHING_KNOWN
from imports.rules.remedies import remedy_for
from imports.rules.schema import Schema
from imports.validation.validate import clean, validate

ROW = 2  # its number, below the header


@dataclass(frozen=True)
class Finding:
    """What is wrong with a value, or may be: by the rules of files, with what to do about it."""

    code: str
    message: str
    remedy: str

    @property
    def sentence(self) -> str:
        return self.message if self.message.endswith((".", "?")) else f"{self.message}."


@dataclass(frozen=True)
class Judged:
    """The values to store, by the key of their columns, None where one is to be empty; and what was
    found, likewise. A column with an error has no value."""

    values: dict[str, Any]
    errors: dict[str, list[Finding]] = field(default_factory=dict)
    warnings: dict[str, list[Finding]] = field(default_factory=dict)


def judge(schema: Schema, entered: Mapping[str, str], today: date) -> Judged:
    """Apply the rules to texts, by the key of their columns. An empty text empties what is stored,
    as `(clear)` does in a file."""
    if not entered:
        return Judged({})
    texts = [text if clean([text])[0] else CLEARING for text in entered.values()]
    cells = [text[:MAX_CELL_CHARACTERS] for text in texts]
    cut = [i for i, text in enumerate(texts) if len(text) > MAX_CELL_CHARACTERS]
    header = tuple(entered)
    watch = Watch(schema, NOTHING_KNOWN, lambda _: True)
    watch(header)(ROW, cells)  # a decimal comma or a currency, where they are certain
    layout = watch.say(replace(UNREAD, header=header, header_row=ROW - 1, data_rows=1))
    batch = validate(schema, layout, [(ROW, cells, cut)], "update", today)
    errors = by_column(schema, batch.problems.get(0, []))
    return Judged(
        {
            key: batch.stored(0, batch.position(key))
            for key in entered
            if key not in errors and "" not in errors
        },
        errors,
        by_column(schema, batch.warnings.get(0, [])),
    )


def by_column(schema: Schema, found: list[RowProblem]) -> dict[str, list[Finding]]:
    columns: dict[str, list[Finding]] = {}
    for each in found:
        finding = Finding(each.code, each.message, remedy_for(schema, each.column, each.code))
        columns.setdefault(each.column, []).append(finding)
    return columns
