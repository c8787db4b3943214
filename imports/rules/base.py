"""What a rule is, and the only way in which it reports a mistake.

A rule is a small frozen value with its own error code, its messages, its description for the help
page and its remedy. `checker(label)` gives a function from a cell's text (trimmed, NFC, not empty)
to its value; it raises `InvalidCell` with one of the rule's variants. A checker is made once per
batch, so a rule may look something up in `checker` at no cost per row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from django.utils.translation import gettext_lazy as _

from imports.rules.wording import Words, filled_in, truncate

Checker = Callable[[Any], Any]
# What a finding says of its row: it is rejected; it is imported and may be wrong; it is valid, and
# there is something to know about it.
ERROR, WARNING, NOTICE = SEVERITIES = ("error", "warning", "notice")


class Requirement(Protocol):
    """Something required of a cell or a row.

    `code` is the row error type, `remedy` says what to do. `variants` are the ways to break it,
    each with its message: a template for `str.format` in which {rule.limit} and the like come from
    the requirement itself, and {field}, {value} and all others from the row.
    """

    @property
    def code(self) -> str: ...

    @property
    def variants(self) -> Mapping[str, Words]: ...

    @property
    def remedy(self) -> Words: ...


def message(broken: Requirement, variant: str, *, value: object = "", **details: object) -> str:
    """The message of a variant, filled in, with a long value cut."""
    words = broken.variants[variant]
    return filled_in(words, rule=broken, value=truncate(str(value)), **details)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One mistake in one row: the column's key ("" for the whole row), code, message; or, by its
    severity, a warning, which does not reject the row, or a notice about a valid one."""

    column: str
    code: str
    message: str
    severity: str = ERROR


def problem(broken: Requirement, column: str, variant: str, **details: object) -> RowProblem:
    """A row's problem in the column of this key, with the message of a variant."""
    return RowProblem(column, broken.code, message(broken, variant, **details))


def warning(said: Requirement, column: str, variant: str, **details: object) -> RowProblem:
    """The same, of which a row is not rejected."""
    return RowProblem(column, said.code, message(said, variant, **details), WARNING)


def notice(said: Requirement, column: str, variant: str, **details: object) -> RowProblem:
    """The same, about a valid row."""
    return RowProblem(column, said.code, message(said, variant, **details), NOTICE)


class InvalidCell(Exception):
    """A cell breaks a rule in one of its variants; the message is for the vendor."""

    def __init__(self, rule: "Rule", variant: str, label: str, text: str, **details: object):
        super().__init__(message(rule, variant, field=label, value=text, **details))
        self.code = rule.code


@dataclass(frozen=True)
class Rule:
    """What every rule of a column has. A rule whose severity is WARNING is asked about texts that
    the other rules accept, and rejects no row."""

    code: str = field(default="INVALID_VALUE", kw_only=True)
    severity: str = field(default=ERROR, kw_only=True)
    is_number: ClassVar[bool] = False
    is_date: ClassVar[bool] = False
    is_telling: ClassVar[bool] = False  # few texts satisfy it, and all of them are meant for it

    @property
    def variants(self) -> Mapping[str, Words]:
        raise NotImplementedError

    def checker(self, label: str) -> Checker:
        raise NotImplementedError

    @property
    def in_words(self) -> Words:
        """The rule as the help page states it, without the column's name."""
        raise NotImplementedError

    @property
    def remedy(self) -> Words:
        raise NotImplementedError

    @property
    def json_schema(self) -> Mapping[str, Any]:
        """What JSON Schema can say of the texts that satisfy it, as a program writes them. There
        may be more to it, and people may write the same in other ways."""
        return {}


@dataclass(frozen=True)
class Required(Rule):
    """The cell must not be empty. Checked before all other rules, which see filled cells only."""

    code: str = field(default="REQUIRED_FIELD", kw_only=True)
    variants = {"missing": _("{field} is missing")}
    in_words = _("required")
    remedy = _("Fill in this cell.")
