"""Rules about numbers: pure ASCII, with a point for decimals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import Words

MAX_NUMBER_CHARACTERS = 40  # longer text is not a number that a vendor meant
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
# Digits in groups, by any of the signs that people put between them.
GROUPED_NUMBER = re.compile(r"[+-]?[0-9]+(?:[,. '\u2019\u00a0\u202f][0-9]+)+")
GROUP_OF_THREE = 3

NOT_A_NUMBER = _("{field} must be a number such as {rule.example} (was '{value}')")
THOUSANDS_SEPARATOR = _(
    "{field} must be a number without thousands separators (was '{value}'). "
    "Did you mean {suggestion}?"
)
TWO_READINGS = _(
    "{field} must be a number without thousands separators (was '{value}'). "
    "Did you mean {suggestion} or {other}?"
)
NO_SEPARATORS = _(
    "{field} must be a number with a point before its decimals and no other separators "
    "(was '{value}')"
)
TOO_SMALL = _("{field} must be at least {rule.at_least:,} (was {value})")
TOO_LARGE = _("{field} must be {rule.at_most:,} or less (was {value})")


@dataclass(frozen=True)
class Number(Rule):
    """A plain ASCII decimal between two limits; its value is a Decimal."""

    at_least: Decimal = Decimal(0)
    at_most: Decimal = Decimal(1)
    decimals: int = 2
    is_number = True
    example = "19.99"

    @cached_property
    def variants(self) -> Mapping[str, Words]:
        return {
            "not_a_number": NOT_A_NUMBER,
            "thousands_separator": THOUSANDS_SEPARATOR,
            **({"two_readings": TWO_READINGS} if self.decimals >= GROUP_OF_THREE else {}),
            "separators": NO_SEPARATORS,
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
        refuse_grouped(self, label, text, decimals=self.decimals)
        if not NUMBER.fullmatch(text):
            raise InvalidCell(self, "not_a_number", label, text)
        value = Decimal(text)
        refuse_beyond_limits(self, label, text, value)
        if len(needed_decimals(text)) > self.decimals:
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
            "decimal place, such as {rule.example}, or {comma} in a file with decimal commas.",
            "Enter a number from {rule.at_least:,} to {rule.at_most:,} with up to {rule.decimals} "
            "decimal places, such as {rule.example}, or {comma} in a file with decimal commas.",
            self.decimals,
        ).format(rule=self, comma=self.example.replace(".", ","))

    @property
    def json_schema(self) -> Mapping[str, Any]:
        """A text, so that no decimal is lost on the way."""
        digits = len(str(int(self.at_most)))
        return {
            "type": "string",
            "pattern": f"^[0-9]{{1,{digits}}}([.][0-9]{{1,{self.decimals}}})?$",
            "minimum": float(self.at_least),
            "maximum": float(self.at_most),
        }


@dataclass(frozen=True)
class Whole(Rule):
    """A plain ASCII whole number between two limits; its value is an int."""

    at_least: int = 0
    at_most: int = 1_000_000
    is_number = True
    example = "20"
    variants = {
        "not_a_number": NOT_A_NUMBER,
        "thousands_separator": THOUSANDS_SEPARATOR,
        "separators": NO_SEPARATORS,
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
        refuse_grouped(self, label, text, decimals=0)
        if not WHOLE_NUMBER.fullmatch(text):
            variant = "not_whole" if NUMBER.fullmatch(text) else "not_a_number"
            raise InvalidCell(self, variant, label, text)
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

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {
            "type": ["integer", "string"],
            "pattern": "^[0-9]{1,18}$",
            "minimum": self.at_least,
            "maximum": self.at_most,
        }


def needed_decimals(text: str) -> str:
    """Without zeros at the end, which programs add: 89.0000. But `1.000` may mean a thousand."""
    decimals = text.partition(".")[2]
    return decimals if len(decimals) == GROUP_OF_THREE else decimals.rstrip("0")


def refuse_grouped(rule: Number | Whole, label: str, text: str, *, decimals: int) -> None:
    """Raise InvalidCell for a text too long for a number, and for thousands separators and decimal
    commas, with what was probably meant.

    The length and the ASCII patterns come before `Decimal` or `int`, which accept `NaN`, `1_000`,
    `１２` and spend minutes on `1E+3000000`.
    """
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise InvalidCell(rule, "not_a_number", label, text)
    if NUMBER.fullmatch(text) or not GROUPED_NUMBER.fullmatch(text):
        return
    found = readings(text)
    meant = [each for each in found if len(each.partition(".")[2]) <= decimals]
    if len(meant) > 1:
        raise InvalidCell(rule, "two_readings", label, text, suggestion=meant[0], other=meant[1])
    if not meant:
        variant = "not_whole" if found and not decimals else "separators"
        raise InvalidCell(rule, variant, label, text)
    is_decimal = DECIMAL_COMMA.fullmatch(text) and "." in meant[0]
    variant = "decimal_comma" if is_decimal else "thousands_separator"
    raise InvalidCell(rule, variant, label, text, suggestion=meant[0])


def readings(text: str) -> list[str]:
    """The plain numbers that a grouped one may mean: none, one, or two where `1,234` may be
    thousands or decimals.

    The last separator is the decimal mark if it is a point or a comma that stands there once, and
    thousands have three digits behind each of theirs.
    """
    sign = text[0] if text[0] in "+-" else ""
    *separators, last = re.findall(r"[^0-9+-]", text)
    groups = re.findall("[0-9]+", text)
    digits = sign + "".join(groups)
    whole = sign + "".join(groups[:-1])
    in_threes = all(len(group) == GROUP_OF_THREE for group in groups[1:-1])
    is_thousands = (
        in_threes
        and len(groups[-1]) == GROUP_OF_THREE
        and len(groups[0]) <= GROUP_OF_THREE
        and not groups[0].startswith("0")
        and set(separators) <= {last}
    )
    is_decimal = (
        last in ".,"
        and last not in separators
        and len(set(separators)) <= 1
        and (in_threes or separators == [","] * len(separators))  # as in 1,23,456.00 in India
    )
    as_thousands = [digits] if is_thousands else []
    return as_thousands + ([f"{whole}.{groups[-1]}"] if is_decimal else [])


def refuse_beyond_limits(rule: Number | Whole, label: str, text: str, value: Decimal | int) -> None:
    if value < rule.at_least:
        raise InvalidCell(rule, "too_small", label, text)
    if value > rule.at_most:
        raise InvalidCell(rule, "too_large", label, text)
