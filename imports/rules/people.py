"""Rules about people: their names, and how old they are."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.rows import RowRule
from imports.rules.wording import Words

SIGNS = frozenset(" '-\u2019\u02bc\u2010\u2011")  # apostrophes and hyphens as keyboards write them
ACCENTS = {"Mn", "Mc"}  # marks that belong to the letter before them, also vowels in Hindi
JOINERS = "\u200c\u200d"  # say whether two letters are joined, as in Nepali, Sinhala and Persian
VIRAMA = 9  # the combining class of marks that join a letter to the next one
OTHER_DIGITS = _("{field} must be written with the digits 0 to 9 (was '{value}')")


@dataclass(frozen=True)
class PersonName(Rule):
    """A person's name; its value has single spaces."""

    code: str = field(default="INVALID_NAME", kw_only=True)
    variants = {
        "other_signs": _(
            "{field} must contain only letters, spaces, apostrophes and hyphens (was '{value}')"
        ),
        "no_letter": _("{field} must contain at least one letter (was '{value}')"),
    }
    in_words = _("letters of any script, spaces, apostrophes and hyphens")
    remedy = _("Write the name without digits, periods or other signs.")

    def checker(self, label: str) -> Checker:
        usual: set[str] = (
            set()
        )  # signs of earlier names, which belong to a name wherever they stand

        def check(text: str) -> str:
            if not usual.issuperset(text):
                if not all(map(belongs_to_a_name, text, f" {text}")):
                    raise InvalidCell(self, "other_signs", label, text)
                usual.update(set(text).difference(JOINERS))
            if not any(map(str.isalpha, text)):
                raise InvalidCell(self, "no_letter", label, text)
            return " ".join(text.split())

        return check


@dataclass(frozen=True)
class Digits(Rule):
    """So many ASCII digits and nothing else; its value is text, because a leading zero counts."""

    count: int = 10

    @cached_property
    def variants(self) -> Mapping[str, Words]:
        return {
            "not_so_many_digits": ngettext_lazy(
                "{field} must be exactly {rule.count} digit (was '{value}')",
                "{field} must be exactly {rule.count} digits (was '{value}')",
                self.count,
            ),
            "other_digits": OTHER_DIGITS,
        }

    def checker(self, label: str) -> Checker:
        count = self.count

        def check(text: str) -> str:
            if len(text) == count and text.isascii() and text.isdigit():
                return text
            variant = "other_digits" if has_other_digits(text) else "not_so_many_digits"
            raise InvalidCell(self, variant, label, text)

        return check

    @property
    def in_words(self) -> str:
        return ngettext("{rule.count} digit", "{rule.count} digits", self.count).format(rule=self)

    @property
    def remedy(self) -> str:
        return ngettext(
            "Enter {rule.count} digit without spaces, hyphens or a plus sign. Spreadsheets drop a "
            "leading zero: format the column as text first.",
            "Enter {rule.count} digits without spaces, hyphens or a plus sign. Spreadsheets drop a "
            "leading zero: format the column as text first.",
            self.count,
        ).format(rule=self)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"pattern": f"^[0-9]{{{self.count}}}$"}


def has_other_digits(text: str) -> bool:
    """Has it digits of another script than ours, such as Arabic ones?"""
    return any(sign.isdecimal() and not sign.isascii() for sign in text)


def belongs_to_a_name(sign: str, before: str) -> bool:
    """Is it a letter, an accent of one, or a sign that names have?"""
    if sign in JOINERS:  # which change nothing behind any other letter, and cannot be seen
        return unicodedata.combining(before) == VIRAMA or unicodedata.bidirectional(before) == "AL"
    return sign.isalpha() or sign in SIGNS or unicodedata.category(sign) in ACCENTS


def born_later(today: date, born: date) -> Mapping[str, object] | None:
    return {"value": born} if born >= today else None


def age_on(today: date, born: date) -> int:
    """Whole years: a person born on February 29 is a year older on March 1."""
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday)


def other_age(today: date, age: int, born: date) -> Mapping[str, object] | None:
    years = age_on(today, born)
    if years == age or born >= today:  # the second is for another rule to report
        return None
    return {"years": years, "born": born, "value": age}


BORN_IN_THE_PAST = RowRule(
    columns=("date_of_birth",),
    code="INVALID_DATE_OF_BIRTH",
    broken=born_later,
    message=_("Date of Birth must be in the past (was {value})"),
    remedy=_("Enter the person's date of birth as YYYY-MM-DD."),
)
AGE_FITS = RowRule(
    columns=("age", "date_of_birth"),
    code="AGE_MISMATCH",
    broken=other_age,
    message=_("Age must be {years} for the date of birth {born} (was {value})"),
    remedy=_("Correct the age or the date of birth, whichever is wrong."),
)
