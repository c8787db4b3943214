"""The words data sets use to say what a cell must be.

A rule is a small frozen value with its own error code, its sentence for the help page and its
remedy for the report. `checker(label)` gives a function from a cell's text (trimmed, NFC, not
empty) to its value; it raises `InvalidCell` with a message that says field, value and rule. A checker
is made once per batch, so a rule may look something up in `checker` at no cost per row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Checker = Callable[[Any], Any]


class InvalidCell(Exception):
    """A cell breaks a rule; the message is for the vendor."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one row: the column's key ("" for the whole row), code, message."""

    column: str
    code: str
    message: str


@dataclass(frozen=True)
class Rule:
    """What every rule has. `code` is the row error type it reports."""

    code: str = field(default="INVALID_VALUE", kw_only=True)

    def checker(self, label: str) -> Checker:
        raise NotImplementedError

    @property
    def in_words(self) -> str:
        """The rule as the help page states it, without the column's name."""
        raise NotImplementedError

    @property
    def message_template(self) -> str:
        """The error message with {field}, {value} and the like in place of the row's own."""
        raise NotImplementedError

    @property
    def remedy(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Required(Rule):
    """The cell must not be empty. Asked before all other rules, which see filled cells only."""

    code: str = field(default="REQUIRED_FIELD", kw_only=True)
    in_words = "required"
    message_template = "{field} is required and was empty"
    remedy = "Fill in this cell."

    def message(self, label: str) -> str:
        return self.message_template.format(field=label)
