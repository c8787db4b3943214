"""The words data sets use to say what a cell must be.

A rule is a small frozen value with its own error code, its sentence for the help page and its
remedy for the report. `checker(label)` gives a function from a cell's text (trimmed, NFC, not
empty) to its value; it raises `Wrong` with a message that says field, value and rule. A checker
is made once per batch, so a rule may look something up in `checker` at no cost per row.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Checker = Callable[[Any], Any]
SHOWN_CHARACTERS = 80
LONGEST_NUMBER = 40  # characters; longer text is not a number anybody meant
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
GROUPED_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:[,. '][0-9]{3})+(?:[.,][0-9]+)?")
# C0 and C1 controls other than tab and line breaks, and lone surrogates: PostgreSQL refuses NUL
# and surrogates, and nobody can see the others.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")


class Wrong(Exception):
    """A cell breaks a rule; the message is for the vendor."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row: the column's key ("" for the whole row), code, message."""

    column: str
    code: str
    message: str


def shown(text: str) -> str:
    """A vendor's value as messages show it: at most 80 characters."""
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def plain(number: Decimal | int) -> str:
    """A limit as people write it: 999,999.99."""
    return f"{number:,}"


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


@dataclass(frozen=True)
class MaxLength(Rule):
    limit: int = 100
    code: str = field(default="FIELD_TOO_LONG", kw_only=True)
    message_template = "{field} may have at most {limit} characters (had {length})"

    def checker(self, label: str) -> Checker:
        limit = self.limit

        def check(text: str) -> str:
            if len(text) > limit:
                raise Wrong(
                    self.message_template.format(
                        field=label, limit=plain(limit), length=plain(len(text))
                    )
                )
            return text

        return check

    @property
    def in_words(self) -> str:
        return f"at most {plain(self.limit)} characters"

    @property
    def remedy(self) -> str:
        return f"Shorten the text to {plain(self.limit)} characters or fewer."


@dataclass(frozen=True)
class Number(Rule):
    """A plain ASCII decimal between two limits; its value is a Decimal."""

    at_least: Decimal = Decimal(0)
    at_most: Decimal = Decimal(1)
    decimals: int = 2

    message_template = (
        "{field} must be a number from {at_least} to {at_most} with at most {decimals} decimals "
        "(was '{value}')"
    )

    def checker(self, label: str) -> Checker:
        low, high, decimals = self.at_least, self.at_most, self.decimals
        # The usual cell needs one match only; whatever else it is, `_explain` finds the words.
        usual = re.compile(rf"[0-9]{{1,20}}(?:\.[0-9]{{1,{decimals}}})?").fullmatch

        def check(text: str) -> Decimal:
            if (
                len(text) <= LONGEST_NUMBER
                and usual(text)
                and low <= (value := Decimal(text)) <= high
            ):
                return value
            return self._explain(label, text)

        return check

    def _explain(self, label: str, text: str) -> Decimal:
        """The value of an unusual but right number; raises Wrong with the reason otherwise."""
        refuse_number_like(label, text, NUMBER, "19.99" if self.decimals else "20")
        value = Decimal(text)
        if value < self.at_least:
            raise Wrong(f"{label} must be at least {plain(self.at_least)} (was {shown(text)})")
        if value > self.at_most:
            raise Wrong(f"{label} must be at most {plain(self.at_most)} (was {shown(text)})")
        if len(text.partition(".")[2]) > self.decimals:
            raise Wrong(f"{label} may have at most {self.decimals} decimals (was {shown(text)})")
        return value

    @property
    def in_words(self) -> str:
        return f"{plain(self.at_least)} to {plain(self.at_most)}, at most {self.decimals} decimals"

    @property
    def remedy(self) -> str:
        return (
            f"Write a number from {plain(self.at_least)} to {plain(self.at_most)} with a point for "
            f"at most {self.decimals} decimals and nothing else: no currency sign, no thousands "
            "separator."
        )


@dataclass(frozen=True)
class Whole(Rule):
    """A plain ASCII whole number between two limits; its value is an int."""

    at_least: int = 0
    at_most: int = 1_000_000
    message_template = "{field} must be a whole number from {at_least} to {at_most} (was '{value}')"

    def checker(self, label: str) -> Checker:
        low, high = self.at_least, self.at_most
        usual = re.compile(r"[0-9]{1,18}").fullmatch

        def check(text: str) -> int:
            if usual(text) and low <= (value := int(text)) <= high:
                return value
            return self._explain(label, text)

        return check

    def _explain(self, label: str, text: str) -> int:
        if len(text) <= LONGEST_NUMBER and NUMBER.fullmatch(text) and "." in text:
            raise Wrong(f"{label} must be a whole number (was {shown(text)})")
        refuse_number_like(label, text, WHOLE_NUMBER, "20")
        value = int(text)
        if value < self.at_least:
            raise Wrong(f"{label} must be at least {plain(self.at_least)} (was {shown(text)})")
        if value > self.at_most:
            raise Wrong(f"{label} must be at most {plain(self.at_most)} (was {shown(text)})")
        return value

    @property
    def in_words(self) -> str:
        return f"whole number, {plain(self.at_least)} to {plain(self.at_most)}"

    @property
    def remedy(self) -> str:
        return (
            f"Write a whole number from {plain(self.at_least)} to {plain(self.at_most)}: digits "
            "only, no decimals, no thousands separator."
        )


def refuse_number_like(label: str, text: str, wanted: re.Pattern[str], example: str) -> None:
    """Raise Wrong unless `text` is a number of the `wanted` pattern, saying what it looks like.

    The pattern is ASCII and comes before `Decimal` or `int`, which accept `NaN`, `1_000`, `１２`
    and spend minutes on `1E+3000000`.
    """
    if len(text) > LONGEST_NUMBER:
        raise Wrong(f"{label} must be a number such as {example} (was '{shown(text)}')")
    if wanted.fullmatch(text):
        return
    if GROUPED_NUMBER.fullmatch(text):
        raise Wrong(
            f"{label} must be a number such as {example}, without thousands separators "
            f"(was '{shown(text)}': did you mean {re.sub('[^0-9+-]', '', text)}?)"
        )
    if DECIMAL_COMMA.fullmatch(text):
        raise Wrong(
            f"{label} must use a point for decimals (was '{shown(text)}': did you mean "
            f"{text.replace(',', '.')}?)"
        )
    raise Wrong(f"{label} must be a number such as {example} (was '{shown(text)}')")


@dataclass(frozen=True)
class OneOf(Rule):
    """One of some names, matched without case and stored in the list's spelling: a list that
    staff keep, which is asked anew for each batch, or a few names that do not change."""

    names: Callable[[], list[str]] | tuple[str, ...] = ()

    def checker(self, label: str) -> Checker:
        spelling = {name.casefold(): name for name in self.allowed()}
        answers: dict[str, str] = {}

        def check(text: str) -> str:
            if (answer := answers.get(text)) is not None:
                return answer
            if (name := spelling.get(text.casefold())) is None:
                raise Wrong(self._explain(label, text, spelling))
            return answers.setdefault(text, name)

        return check

    def allowed(self) -> list[str]:
        """The names as they are now."""
        return self.names() if callable(self.names) else list(self.names)

    @property
    def is_kept_by_staff(self) -> bool:
        return callable(self.names)

    @property
    def choices(self) -> str:
        return "" if self.is_kept_by_staff else " or ".join(self.allowed())

    def _explain(self, label: str, text: str, spelling: dict[str, str]) -> str:
        if not self.is_kept_by_staff:
            return f"{label} must be {self.choices} (was '{shown(text)}')"
        # Long text is nobody's typing mistake, and comparing it would cost time.
        near = difflib.get_close_matches(text[:100].casefold(), spelling, n=1)
        hint = f" Did you mean '{spelling[near[0]]}'?" if near else ""
        return f"{label} '{shown(text)}' is not approved.{hint}"

    @property
    def message_template(self) -> str:
        if self.is_kept_by_staff:
            return "{field} '{value}' is not approved. Did you mean '{suggestion}'?"
        return "{field} must be {choices} (was '{value}')"

    @property
    def in_words(self) -> str:
        return f"{self.choices or 'one of the approved names'}, in upper or lower case"

    @property
    def remedy(self) -> str:
        if self.is_kept_by_staff:
            return "Use a name from the approved list on the help page, or ask us to add yours."
        return f"Write {self.choices}."


@dataclass(frozen=True)
class WebAddress(Rule):
    """An absolute http or https address. Its scheme keeps `javascript:` out of other people's
    pages."""

    limit: int = 500
    message_template = "{field} must be a web address starting with https:// (was '{value}')"
    in_words = "web address starting with http:// or https://"
    remedy = "Copy the full address from a browser, starting with https://."

    def checker(self, label: str) -> Checker:
        address = re.compile(
            r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][^\s<>\"]*)?", re.IGNORECASE
        )

        def check(text: str) -> str:
            if len(text) > self.limit or not address.fullmatch(text):
                raise Wrong(self.message_template.format(field=label, value=shown(text)))
            return text

        return check


@dataclass(frozen=True)
class Pattern(Rule):
    """Text of a given form, named by an example."""

    pattern: str = ".*"
    example: str = ""
    message_template = "{field} must look like {example} (was '{value}')"

    def checker(self, label: str) -> Checker:
        matches = re.compile(self.pattern).fullmatch

        def check(text: str) -> str:
            if not matches(text):
                raise Wrong(
                    self.message_template.format(
                        field=label, example=self.example, value=shown(text)
                    )
                )
            return text

        return check

    @property
    def in_words(self) -> str:
        return f"such as {self.example}"

    @property
    def remedy(self) -> str:
        return f"Write it like {self.example}, or leave the cell empty."
