"""Rules about days and moments: ISO 8601 and nothing else, because 03/04/2020 is two days."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.utils.timezone import now

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import truncate, with_separators

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OTHER_DAY = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}")
# The zone is Z or an offset; a comma or a point before parts of a second.
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)


@dataclass(frozen=True)
class Date(Rule):
    """A day as YYYY-MM-DD, after a year; its value is a date."""

    after_year: int = 1900
    message_template = "{field} must be a day such as 1990-12-31 (was '{value}')"

    def checker(self, label: str) -> Checker:
        def check(text: str) -> date:
            if not DAY.fullmatch(text):
                order = ", with year, month and day in this order" if OTHER_DAY.match(text) else ""
                raise InvalidCell(
                    f"{label} must be a day such as 1990-12-31{order} (was '{truncate(text)}')"
                )
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise InvalidCell(f"{label} is a day that does not exist (was {text})") from None
            if day.year <= self.after_year:
                raise InvalidCell(f"{label} must be after the year {self.after_year} (was {text})")
            return day

        return check

    @property
    def in_words(self) -> str:
        return f"a day written YYYY-MM-DD, after the year {self.after_year}"

    @property
    def remedy(self) -> str:
        return (
            "Write year, month and day with hyphens: 1990-12-31. Spreadsheets show days in the "
            "manner of a country; give the column the format YYYY-MM-DD before you save."
        )


@dataclass(frozen=True)
class Timestamp(Rule):
    """A moment in ISO 8601 with its zone, no further in the future than `ahead`; its value is a
    datetime in UTC, to the microsecond."""

    ahead: timedelta = field(default=timedelta(days=1))
    message_template = (
        "{field} must be a time with its zone, such as 2026-01-31T12:00:00Z (was '{value}')"
    )
    in_words = "a time in ISO 8601 with its zone, at most a day in the future"
    remedy = (
        "Write the time in ISO 8601 with its zone: 2026-01-31T12:00:00Z, or +02:00 in place of Z. "
        "Look at the clock of the program that wrote a time in the future."
    )

    def checker(self, label: str) -> Checker:
        latest = now() + self.ahead

        def check(text: str) -> datetime:
            try:
                moment = datetime.fromisoformat(text.upper() if len(text) < 40 else "")
                usual = moment.tzinfo and MOMENT.fullmatch(text)
            except ValueError:
                usual = None
            if not usual:
                raise InvalidCell(explained(label, text))
            try:
                moment = moment.astimezone(UTC)
            except OverflowError:  # the year 1 or 9999, moved over its end by the zone
                raise InvalidCell(f"{label} is too far away (was {text})") from None
            if moment > latest:
                ahead = f"{with_separators(self.ahead.days)} day" + (
                    "s" if self.ahead.days > 1 else ""
                )
                raise InvalidCell(f"{label} is more than {ahead} in the future (was {text})")
            return moment

        return check


def explained(label: str, text: str) -> str:
    """What is wrong with a text that is no moment with a zone."""
    found = MOMENT.fullmatch(text[:40])
    if found and not found["zone"]:
        return f"{label} must say its zone, such as {text.rstrip('Zz')}Z (was '{truncate(text)}')"
    if found:
        return f"{label} is a time that does not exist (was {truncate(text)})"
    return f"{label} must be a time with its zone, such as 2026-01-31T12:00:00Z (was '{truncate(text)}')"
