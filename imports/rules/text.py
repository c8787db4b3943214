"""Rules about text: its length, its form, its place on a list."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from catalog.web_address import is_web_address
from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.suggestions import nearest
from imports.rules.wording import truncate, with_separators


@dataclass(frozen=True)
class MaxLength(Rule):
    limit: int = 100
    code: str = field(default="FIELD_TOO_LONG", kw_only=True)
    message_template = "{field} may have at most {limit} characters (had {length})"

    def checker(self, label: str) -> Checker:
        limit = self.limit

        def check(text: str) -> str:
            if len(text) > limit:
                raise InvalidCell(
                    self.message_template.format(
                        field=label, limit=with_separators(limit), length=with_separators(len(text))
                    )
                )
            return text

        return check

    @property
    def in_words(self) -> str:
        return f"at most {with_separators(self.limit)} characters"

    @property
    def remedy(self) -> str:
        return f"Shorten the text to {with_separators(self.limit)} characters or fewer."


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
                raise InvalidCell(self._explain(label, text, spelling))
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
            return f"{label} must be {self.choices} (was '{truncate(text)}')"
        # Long text is nobody's typing mistake, and comparing it would cost time.
        near = nearest(text[:100].casefold(), spelling.keys())
        hint = f" Did you mean '{spelling[near]}'?" if near else ""
        return f"{label} '{truncate(text)}' is not approved.{hint}"

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

    message_template = "{field} must be a web address starting with https:// (was '{value}')"
    in_words = "web address starting with http:// or https://"
    remedy = "Copy the full address from a browser, starting with https://."

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            if not is_web_address(text):
                raise InvalidCell(self.message_template.format(field=label, value=truncate(text)))
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
                raise InvalidCell(
                    self.message_template.format(
                        field=label, example=self.example, value=truncate(text)
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
