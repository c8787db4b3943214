"""Rules about days and moments: ISO 8601 and nothing else, because 03/04/2020 is two days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils.timezone import now
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import Words

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
    is_date = True
    example = "1990-12-31"
    variants = {
        "not_a_date": _("{field} must be a date such as {rule.example} (was '{value}')"),
        "other_order": _(
            "{field} must be a date as year, month and day, such as {rule.example} (was '{value}')"
        ),
        "no_such_day": _("{field} must be a date that exists (was {value})"),
        "too_early": _("{field} must be after the year {rule.after_year} (was {value})"),
    }

    def checker(self, label: str) -> Checker:
        def check(text: str) -> date:
            if not DAY.fullmatch(text):
                variant = "other_order" if OTHER_DAY.match(text) else "not_a_date"
                raise InvalidCell(self, variant, label, text)
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise InvalidCell(self, "no_such_day", label, text) from None
            if day.year <= self.after_year:
                raise InvalidCell(self, "too_early", label, text)
            return day

        return check

    @property
    def in_words(self) -> str:
        return gettext("a date as YYYY-MM-DD, after the year {rule.after_year}").format(rule=self)

    @property
    def remedy(self) -> str:
        return gettext(
            "Enter the date as YYYY-MM-DD, such as {rule.example}. Spreadsheets reformat dates: "
            "give the column the format YYYY-MM-DD before you save."
        ).format(rule=self)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"format": "date"}


@dataclass(frozen=True)
class Timestamp(Rule):
    """A moment in ISO 8601 with its zone, no further in the future than `ahead`; its value is a
    datetime in UTC, to the microsecond."""

    ahead: timedelta = field(default=timedelta(days=1))
    is_date = True
    example = "2026-01-31T12:00:00Z"
    remedy = _(
        "Write the time in ISO 8601 with its time zone: 2026-01-31T12:00:00Z, or +02:00 instead of "
        "Z. If it is in the future, check the clock of the program that wrote it."
    )

    @cached_property
    def variants(self) -> Mapping[str, Words]:
        return {
            "not_a_time": _(
                "{field} must be a time with its time zone, such as {rule.example} (was '{value}')"
            ),
            "no_zone": _("{field} must have a time zone, such as {suggestion} (was '{value}')"),
            "no_such_time": _("{field} must be a time that exists (was {value})"),
            "beyond_the_calendar": _(
                "{field} must be from the year 1 to the year 9999 in UTC (was {value})"
            ),
            "in_future": ngettext_lazy(
                "{field} must be no more than {rule.ahead.days} day in the future (was {value})",
                "{field} must be no more than {rule.ahead.days} days in the future (was {value})",
                self.ahead.days,
            ),
        }

    def checker(self, label: str) -> Checker:
        latest = now() + self.ahead

        def check(text: str) -> datetime:
            try:
                moment = datetime.fromisoformat(text.upper() if len(text) < 40 else "")
                usual = moment.tzinfo and MOMENT.fullmatch(text)
            except ValueError:
                usual = None
            if not usual:
                raise self._explain(label, text)
            try:
                if moment.tzinfo is not UTC:
                    moment = moment.astimezone(UTC)
            except OverflowError:  # the year 1 or 9999, moved over its end by the zone
                raise InvalidCell(self, "beyond_the_calendar", label, text) from None
            if moment > latest:
                raise InvalidCell(self, "in_future", label, text)
            return moment

        return check

    def _explain(self, label: str, text: str) -> InvalidCell:
        """What is wrong with a text that is not a moment with a zone."""
        found = MOMENT.fullmatch(text[:40])
        if found is None:
            return InvalidCell(self, "not_a_time", label, text)
        if not found["zone"]:
            return InvalidCell(self, "no_zone", label, text, suggestion=f"{text}Z")
        return InvalidCell(self, "no_such_time", label, text)

    @property
    def in_words(self) -> str:
        return ngettext(
            "a time in ISO 8601 with its time zone, up to {rule.ahead.days} day in the future",
            "a time in ISO 8601 with its time zone, up to {rule.ahead.days} days in the future",
            self.ahead.days,
        ).format(rule=self)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"format": "date-time"}
