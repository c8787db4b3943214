"""The form that edits one product: its fields, what was entered in them, and what that changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from catalog.models import Product
from catalog.models.change import as_json
from imports.datasets.products import DATASET
from imports.rules.columns import Column
from imports.rules.text import approved_in
from imports.validation.entered import Finding, Judged, judge
from imports.validation.validate import clean

COLUMNS = tuple(DATASET.by_key[key] for key in DATASET.changeable)
FIXED = tuple(column for column in DATASET.columns if column not in COLUMNS)
# The name of the hidden field that says what the form has shown in a field.
SHOWN = "shown-{}"


@dataclass(frozen=True)
class Field:
    """A field of the form. `shown` is what the product holds now, `text` what is in the field.

    `names` are those to choose from, if there are such. With `is_conflict`, the product has
    changed since the form that was sent showed `before`.
    """

    column: Column
    text: str
    shown: str
    names: list[str]
    before: str = ""
    is_conflict: bool = False
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Whether it has several lines. A field of one line would lose line breaks."""
        return self.column.lines or "\n" in self.text or "\n" in self.shown

    @property
    def shown_name(self) -> str:
        return SHOWN.format(self.column.key)

    @property
    def described_by(self) -> str:
        """IDs of the texts about the field."""
        parts = {"about": True, "conflict": self.is_conflict, "error": self.errors}
        parts["warning"] = self.warnings
        return " ".join(f"{self.column.key}-{part}" for part, is_there in parts.items() if is_there)


class ProductForm:
    """The form, filled with what the product holds, or with what a person has sent.

    Only what differs from what the form showed was entered by the person: another may have changed
    other fields since. If one of these has changed, too, the form asks again.
    """

    def __init__(
        self, product: Product, sent: Mapping[str, str] | None = None, *, today: date
    ) -> None:
        self.product = product
        self.today = today
        self.present = {column.key: text_of(product, column.key) for column in COLUMNS}
        self.before = {
            key: tidy((sent or {}).get(SHOWN.format(key), text))
            for key, text in self.present.items()
        }
        self.entered = {
            key: text
            for key in self.present
            if sent is not None and key in sent
            if not is_same(text := in_lines(sent[key]), self.before[key])
        }

    @cached_property
    def judged(self) -> Judged:
        return judge(DATASET, self.entered, self.today)

    @cached_property
    def changes(self) -> dict[str, Any]:
        """The values that differ from those that the product holds."""
        return {
            key: value
            for key, value in self.judged.values.items()
            if value != getattr(self.product, key)
        }

    @cached_property
    def conflicts(self) -> set[str]:
        """Fields that the person wants to change and that have changed since."""
        return {
            key
            for key in self.entered
            if not is_same(self.before[key], self.present[key])
            if key in self.changes or key in self.judged.errors
        }

    @property
    def is_wrong(self) -> bool:
        return bool(self.judged.errors)

    @cached_property
    def fields(self) -> list[Field]:
        return [self._field(column) for column in COLUMNS]

    @property
    def fixed(self) -> list[tuple[Column, str]]:
        """What cannot be edited, and its value."""
        return [(column, text_of(self.product, column.key)) for column in FIXED]

    def _field(self, column: Column) -> Field:
        key = column.key
        text = self.entered.get(key, self.present[key])
        return Field(
            column=column,
            text=text,
            shown=self.present[key],
            names=names_for(column, self.present[key], text),
            before=self.before[key],
            is_conflict=key in self.conflicts,
            errors=self.judged.errors.get(key, []),
            warnings=self.judged.warnings.get(key, []),
        )


def text_of(product: Product, key: str) -> str:
    """A value as it is in exports; "" if there is none."""
    value = as_json(getattr(product, key))
    return "" if value is None else in_lines(str(value))


def names_for(column: Column, *also: str) -> list[str]:
    """The approved names of a column that has such, and those that are in the field all the same:
    a product keeps a category that is no longer approved."""
    rule = approved_in(column)
    return [*dict.fromkeys([*rule.names(), *filter(None, also)])] if rule else []


def is_same(text: str, other: str) -> bool:
    return tidy(text) == tidy(other)


def tidy(text: str) -> str:
    """The text as it would be stored."""
    return clean([in_lines(text)])[0]


def in_lines(text: str) -> str:
    """The text with the line breaks of a form, which browsers send as CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
