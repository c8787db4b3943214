"""Rules about text: its length, its form, its place on a list."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.category_names import comparable
from catalog.web_address import MAX_CHARACTERS, PARTS, SCHEME, SEVERAL, is_web_address
from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.columns import Column
from imports.rules.suggestions import Suggestions
from imports.rules.wording import Words, as_choice


@dataclass(frozen=True)
class MaxLength(Rule):
    limit: int = 100
    code: str = field(default="FIELD_TOO_LONG", kw_only=True)

    @cached_property
    def variants(self) -> Mapping[str, Words]:
        return {
            "too_long": ngettext_lazy(
                "{field} must be {rule.limit:,} character or fewer (yours has {length:,})",
                "{field} must be {rule.limit:,} characters or fewer (yours has {length:,})",
                self.limit,
            )
        }

    def checker(self, label: str) -> Checker:
        limit = self.limit

        def check(text: str) -> str:
            if len(text) > limit:
                raise InvalidCell(self, "too_long", label, text, length=len(text))
            return text

        return check

    @property
    def in_words(self) -> str:
        return ngettext(
            "up to {rule.limit:,} character", "up to {rule.limit:,} characters", self.limit
        ).format(rule=self)

    @property
    def remedy(self) -> str:
        return ngettext(
            "Shorten the text to {rule.limit:,} character.",
            "Shorten the text to {rule.limit:,} characters or fewer.",
            self.limit,
        ).format(rule=self)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"maxLength": self.limit}


@dataclass(frozen=True)
class OneOf(Rule):
    """One of a few names that do not change, matched without case and stored as they are here."""

    names: tuple[str, ...] = ()
    variants = {"not_one_of": _("{field} must be {rule.choices} (was '{value}')")}

    def checker(self, label: str) -> Checker:
        spelling = {name.casefold(): name for name in self.names}

        def check(text: str) -> str:
            if (name := spelling.get(text.casefold())) is None:
                raise InvalidCell(self, "not_one_of", label, text)
            return name

        return check

    @property
    def choices(self) -> str:
        return as_choice(self.names)

    @property
    def in_words(self) -> str:
        return gettext("{rule.choices}, in upper or lower case").format(rule=self)

    @property
    def remedy(self) -> str:
        return gettext("Enter {rule.choices}.").format(rule=self)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"enum": [*self.names]}


@dataclass(frozen=True)
class Approved(Rule):
    """A name on a list that staff keep, matched without case and stored in the list's spelling.
    Synonyms, each with its name on the list, lead to a suggestion and replace nothing. The list is
    read once per batch."""

    names: Callable[[], list[str]] = list
    synonyms: Callable[[], dict[str, str]] = dict
    is_telling = True
    variants = {
        "not_approved": _("{field} '{value}' is not approved."),
        "misspelled": _("{field} '{value}' is not approved. Did you mean '{suggestion}'?"),
    }
    in_words = _("one of the approved names, in upper or lower case")
    remedy = _("Use a name from the approved list on the help page, or ask us to add yours.")

    def suggester(self) -> Callable[[str], str]:
        """A function from a text that is not on the list to the name that was probably meant; ""
        if that is not certain."""
        return Suggestions(self.names(), self.synonyms()).find

    def checker(self, label: str) -> Checker:
        spelling = {comparable(name): name for name in self.names()}
        answers: dict[str, str] = {}
        wrong: dict[str, str] = {}  # what was probably meant: looked for once per value
        suggester = cache(self.suggester)  # most batches need none

        def check(text: str) -> str:
            if (answer := answers.get(text)) is not None:
                return answer
            key = comparable(text)
            if (name := spelling.get(key)) is not None:
                return answers.setdefault(text, name)
            if key not in wrong:
                wrong[key] = suggester()(text)
            if near := wrong[key]:
                raise InvalidCell(self, "misspelled", label, text, suggestion=near)
            raise InvalidCell(self, "not_approved", label, text)

        return check

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"enum": self.names()}


def approved_in(column: Column) -> Approved | None:
    """The rule of a column whose names stand on a list; None if it has none."""
    return next((rule for rule in column.rules if isinstance(rule, Approved)), None)


@dataclass(frozen=True)
class WebAddress(Rule):
    """An absolute http or https address. Its scheme keeps `javascript:` out of other people's
    pages."""

    is_telling = True
    variants = {
        "not_an_address": _(
            "{field} must be a web address starting with http:// or https:// (was '{value}')"
        ),
        "several": _("{field} must be one web address (was '{value}')"),
        "sign": _(
            "{field} must be a web address without spaces, | and the like: write %20 for a space "
            "(was '{value}')"
        ),
        "site": _(
            "{field} must be a web address with a site that exists on the internet: letters, "
            "digits, hyphens and points (was '{value}')"
        ),
    }
    in_words = _("a web address starting with http:// or https://")
    remedy = _("Copy the full address from a browser, with the https:// or http:// at its start.")

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            if not is_web_address(text):
                raise InvalidCell(self, self._variant(text), label, text)
            return text

        return check

    def _variant(self, text: str) -> str:
        if not SCHEME.match(text) or len(text) > MAX_CHARACTERS:
            return "not_an_address"
        if SEVERAL.search(text):
            return "several"
        return "site" if PARTS.fullmatch(text) else "sign"

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}


@dataclass(frozen=True)
class Pattern(Rule):
    """Text of a given form, named by an example."""

    pattern: str = ".*"
    example: str = ""
    is_telling = True
    variants = {"other_form": _("{field} must look like {rule.example} (was '{value}')")}

    def checker(self, label: str) -> Checker:
        matches = re.compile(self.pattern).fullmatch

        def check(text: str) -> str:
            if not matches(text):
                raise InvalidCell(self, "other_form", label, text)
            return text

        return check

    @property
    def in_words(self) -> str:
        return gettext("such as {rule.example}").format(rule=self)

    @property
    def remedy(self) -> str:
        return gettext("Write it like this: {rule.example}.").format(rule=self)

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"pattern": f"^(?:{self.pattern})$"}
