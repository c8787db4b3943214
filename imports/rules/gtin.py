"""Rules about GTINs, the numbers below bar codes: EAN, UPC, ISBN-13 and ITF-14."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from imports.rules.base import WARNING, Checker, InvalidCell, Rule

MAX_CHARACTERS = 40  # longer text is not a number that a vendor meant
DIGITS = re.compile("[0-9]+(?:[ \u00a0\u202f\u2010-\u2013-][0-9]+)*")
LENGTHS = (8, 12, 13, 14)
STORED = 14  # digits, with zeros before shorter ones


@dataclass(frozen=True)
class Gtin(Rule):
    """A GTIN of 8, 12, 13 or 14 digits, with spaces or hyphens between them; its value has 14."""

    code: str = field(default="INVALID_GTIN", kw_only=True)
    is_telling = True
    variants = {
        "other_form": _("{field} must be 8, 12, 13 or 14 digits (was '{value}')"),
        "length": _("{field} must have 8, 12, 13 or 14 digits (yours has {count:,})"),
        "zeros_lost": _(
            "{field} must have 8, 12, 13 or 14 digits (yours has {count:,}). Did a spreadsheet "
            "program remove the zeros of {suggestion}?"
        ),
        "check_digit": _("{field} '{value}' is mistyped: its last digit should be {digit}"),
        "only_zeros": _("{field} must not be zeros. Leave the cell empty if there is none"),
    }
    in_words = _("a GTIN, EAN or UPC: 8, 12, 13 or 14 digits, the last of which is a check digit")
    remedy = _(
        "Copy the digits below the bar code, without letters. If a spreadsheet program shows "
        "4.00638E+12, format the column as Text and enter the number again. Leave the cell empty "
        "if the product has none."
    )

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            digits = digits_of(text)
            if digits is None:
                raise InvalidCell(self, "other_form", label, text)
            if not digits.strip("0"):
                raise InvalidCell(self, "only_zeros", label, text)
            if len(digits) not in LENGTHS:
                raise self._of_other_length(label, text, digits)
            if (right := check_digit(digits)) != digits[-1]:
                raise InvalidCell(self, "check_digit", label, text, digit=right)
            return digits.zfill(STORED)

        return check

    def _of_other_length(self, label: str, text: str, digits: str) -> InvalidCell:
        """A number of 10 or 11 digits may be a UPC that begins with zeros."""
        count, longer = len(digits), digits.zfill(12)
        if count in {10, 11} and check_digit(longer) == longer[-1]:
            return InvalidCell(self, "zeros_lost", label, text, count=count, suggestion=longer)
        return InvalidCell(self, "length", label, text, count=count)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"pattern": "^([0-9]{8}|[0-9]{12,14})$"}


@dataclass(frozen=True)
class UnrestrictedGtin(Rule):
    """A GTIN that means one product everywhere. Some begin with digits that each shop, or each
    country, may use as it likes: a scale's labels, coupons, numbers within a company."""

    code: str = field(default="RESTRICTED_GTIN", kw_only=True)
    severity: str = field(default=WARNING, kw_only=True)
    variants = {
        "restricted": _(
            "{field} '{value}' is a number for use within a company: other companies give it to "
            "other products"
        )
    }
    in_words = _("not a number for use within a company, which begins with 02, 04 or 20 to 29")
    remedy = _(
        "Enter the number that GS1 or the manufacturer has given to the product, or leave the cell "
        "empty."
    )

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            digits = digits_of(text) or ""
            prefix = digits[0] if len(digits) == 8 else digits.zfill(STORED)[1:3]
            if prefix in {"0", "02", "04"} or prefix.startswith("2"):
                raise InvalidCell(self, "restricted", label, text)
            return text

        return check


def digits_of(text: str) -> str | None:
    """The digits of a number written with or without marks between them."""
    if len(text) > MAX_CHARACTERS or not DIGITS.fullmatch(text):
        return None
    return "".join(filter(str.isdigit, text))


def check_digit(digits: str) -> str:
    """The digit that belongs at the end, by GS1's General Specifications, 7.9.1."""
    total = sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(reversed(digits[:-1])))
    return str(-total % 10)
