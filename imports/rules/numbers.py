"""Rules about numbers: pure ASCII, with a point for decimals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import Words

MAX_NUMBER_CHARACTERS = 40  # longer text is not a number that a vendor meant
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
GROUPED_NUMBER = re.compile(
    r"(?P<whole>[+-]?[0-9]{1,3}(?P<separator>[,. '])[0-9]{3}(?:(?P=separator)[0-9]{3})*)"
    r"(?:[.,](?P<decimals>[0-9]+))?"
)
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
NOT_DIGITS = re.compile("[^0-9+-]")

NOT_A_NUMBER = _("{field} must be a number such as {rule.example} (was '{value}')")
THOUSANDS_SEPARATOR = _(
    "{field} must be a number without thousands separators (was '{value}'). "
    "Did you mean {suggestion}?"
)
TOO_SMALL = _("{field} must be at least {rule.at_least:,} (was {value})")
TOO_LARGE = _("{field} must be {rule.at_most:,} or less (was {value})")


@dataclass(frozen=True)
class Number(Rule):
    """A plain ASCII decimal between two limits; its value is a Decimal."""

    at_least: Decimal = Decimal(0)
    at_most: Decimal = Decimal(1)
    decimals: int = 2
    example = "19.99"

    @cached_property
    def variants(self) -> Mapping[str, Words]:
        return {
            "not_a_number": NOT_A_NUMBER,
            "thousands_separator": THOUSANDS_SEPARATOR,
            "decimal_comma": _(
                "{field} must have a point before its decimals, not a comma (was '{value}'). "
                "Did you mean {suggestion}?"
            ),
            "too_small": TOO_SMALL,
            "too_large": TOO_LARGE,
            "too_many_decimals": ngettext_lazy(
                "{field} must have no more than {rule.decimals} decimal place (was {value})",
                "{field} must have no more than {rule.decimals} decimal places (was {value})",
                self.decimals,
            ),
        }

    def checker(self, label: str) -> Checker:
        low, high, decimals = self.at_least, self.at_most, self.decimals
        # The usual cell needs one match only; for any other, `_explain` finds the message.
        usual = re.compile(rf"[0-9]{{1,20}}(?:\.[0-9]{{1,{decimals}}})?").fullmatch

        def check(text: str) -> Decimal:
            if (
                len(text) <= MAX_NUMBER_CHARACTERS
                and usual(text)
                and low <= (value := Decimal(text)) <= high
            ):
                return value
            return self._explain(label, text)

        return check

    def _explain(self, label: str, text: str) -> Decimal:
        """The value of an unusual but valid number. Raises InvalidCell for any other text."""
        refuse_grouped(self, label, text)
        if DECIMAL_COMMA.fullmatch(text):
            suggestion = text.replace(",", ".")
            raise InvalidCell(self, "decimal_comma", label, text, suggestion=suggestion)
        if not NUMBER.fullmatch(text):
            raise InvalidCell(self, "not_a_number", label, text)
        value = Decimal(text)
        refuse_beyond_limits(self, label, text, value)
        if len(text.partition(".")[2]) > self.decimals:
            raise InvalidCell(self, "too_many_decimals", label, text)
        return value

    @property
    def in_words(self) -> str:
        return ngettext(
            "{rule.at_least:,} to {rule.at_most:,}, up to {rule.decimals} decimal place",
            "{rule.at_least:,} to {rule.at_most:,}, up to {rule.decimals} decimal places",
            self.decimals,
        ).format(rule=self)

    @property
    def remedy(self) -> str:
        return ngettext(
            "Enter a number from {rule.at_least:,} to {rule.at_most:,} with up to {rule.decimals} "
            "decimal place, such as {rule.example}: no currency sign, no thousands separators.",
            "Enter a number from {rule.at_least:,} to {rule.at_most:,} with up to {rule.decimals} "
            "decimal places, such as {rule.example}: no currency sign, no thousands separators.",
            self.decimals,
        ).format(rule=self)


@dataclass(frozen=True)
class Whole(Rule):
    """A plain ASCII whole number between two limits; its value is an int."""

    at_least: int = 0
    at_most: int = 1_000_000
    example = "20"
    variants = {
        "not_a_number": NOT_A_NUMBER,
        "thousands_separator": THOUSANDS_SEPARATOR,
        "not_whole": _("{field} must be a whole number (was {value})"),
        "too_small": TOO_SMALL,
        "too_large": TOO_LARGE,
    }

    def checker(self, label: str) -> Checker:
        low, high = self.at_least, self.at_most
        usual = re.compile(r"[0-9]{1,18}").fullmatch

        def check(text: str) -> int:
            if usual(text) and low <= (value := int(text)) <= high:
                return value
            return self._explain(label, text)

        return check

    def _explain(self, label: str, text: str) -> int:
        """The value of an unusual but valid number. Raises InvalidCell for any other text."""
        refuse_grouped(self, label, text)
        if not WHOLE_NUMBER.fullmatch(text):
            is_number = NUMBER.fullmatch(text) or DECIMAL_COMMA.fullmatch(text)
            raise InvalidCell(self, "not_whole" if is_number else "not_a_number", label, text)
        value = int(text)
        refuse_beyond_limits(self, label, text, value)
        return value

    @property
    def in_words(self) -> str:
        return gettext("a whole number from {rule.at_least:,} to {rule.at_most:,}").format(
            rule=self
        )

    @property
    def remedy(self) -> str:
        return gettext(
            "Enter a whole number from {rule.at_least:,} to {rule.at_most:,}: digits only, no "
            "decimals, no thousands separators."
        ).format(rule=self)


def refuse_grouped(rule: Number | Whole, label: str, text: str) -> None:
    """Raise InvalidCell for a text too long for a number, and for thousands separators.

    The length and the ASCII patterns come before `Decimal` or `int`, which accept `NaN`, `1_000`,
    `１２` and spend minutes on `1E+3000000`.
    """
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise InvalidCell(rule, "not_a_number", label, text)
    if NUMBER.fullmatch(text):
        return
    if found := GROUPED_NUMBER.fullmatch(text):
        whole = NOT_DIGITS.sub("", found["whole"])
        suggestion = f"{whole}.{found['decimals']}" if found["decimals"] else whole
        raise InvalidCell(rule, "thousands_separator", label, text, suggestion=suggestion)


def refuse_beyond_limits(rule: Number | Whole, label: str, text: str, value: Decimal | int) -> None:
    if value < rule.at_least:
        raise InvalidCell(rule, "too_small", label, text)
    if value > rule.at_most:
        raise InvalidCell(rule, "too_large", label, text)
