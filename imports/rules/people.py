"""Rules about people: their names, and how old they are."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.rows import RowRule
from imports.rules.wording import truncate

SIGNS = frozenset(" '-\u2019\u02bc\u2010\u2011")  # apostrophes and hyphens as keyboards write them
ACCENTS = {"Mn", "Mc"}  # marks that belong to the letter before them, also vowels in Hindi


@dataclass(frozen=True)
class PersonName(Rule):
    """A person's name; its value has single spaces."""

    code: str = field(default="INVALID_NAME", kw_only=True)
    message_template = (
        "{field} may hold only letters, spaces, apostrophes and hyphens (was '{value}')"
    )
    in_words = "letters of any script, spaces, apostrophes and hyphens"
    remedy = "Write the name without digits, full stops and other signs."

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            if not is_name(text):
                raise InvalidCell(self.message_template.format(field=label, value=truncate(text)))
            return " ".join(text.split())

        return check


@dataclass(frozen=True)
class Digits(Rule):
    """So many ASCII digits and nothing else; its value is text, for a leading zero counts."""

    count: int = 10
    message_template = "{field} must have {count} digits and nothing else (was '{value}')"

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            if len(text) != self.count or not (text.isascii() and text.isdigit()):
                raise InvalidCell(
                    self.message_template.format(
                        field=label, count=self.count, value=truncate(text)
                    )
                )
            return text

        return check

    @property
    def in_words(self) -> str:
        return f"{self.count} digits"

    @property
    def remedy(self) -> str:
        return (
            f"Write {self.count} digits and no spaces, hyphens or plus sign. A spreadsheet drops "
            "a leading zero: format the column as text first."
        )


def is_name(text: str) -> bool:
    """Are there letters, and nothing but letters, their accents, and signs that names have?"""
    return any(map(str.isalpha, text)) and all(
        sign.isalpha() or sign in SIGNS or unicodedata.category(sign) in ACCENTS for sign in text
    )


def born_later(today: date, born: date) -> str | None:
    return f"Date of Birth must be in the past (was {born})" if born >= today else None


def age_on(today: date, born: date) -> int:
    """Whole years: who is born on the 29th of February is a year older on the 1st of March."""
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday)


def other_age(today: date, age: int, born: date) -> str | None:
    years = age_on(today, born)
    if years == age or born >= today:  # the second is another rule's business
        return None
    return f"Age must be {years} for somebody born on {born} (was {age})"


BORN_IN_THE_PAST = RowRule(
    columns=("date_of_birth",),
    code="INVALID_DATE_OF_BIRTH",
    broken=born_later,
    in_words="in the past",
    message_template="Date of Birth must be in the past (was {value})",
    remedy="Write the day on which the person was born, as YYYY-MM-DD.",
)
AGE_FITS = RowRule(
    columns=("age", "date_of_birth"),
    code="AGE_MISMATCH",
    broken=other_age,
    in_words="the age that the date of birth gives on the day of the import",
    message_template="Age must be {years} for somebody born on {date_of_birth} (was {value})",
    remedy="Correct whichever of age and date of birth is wrong.",
)
