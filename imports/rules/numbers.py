"""Rules about numbers: pure ASCII, with a point for decimals."""

import re
from dataclasses import dataclass
from decimal import Decimal

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import truncate, with_separators

MAX_NUMBER_CHARACTERS = 40  # characters; longer text is not a number anybody meant
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
GROUPED_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:[,. '][0-9]{3})+(?:[.,][0-9]+)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")


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
                len(text) <= MAX_NUMBER_CHARACTERS
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
            raise InvalidCell(
                f"{label} must be at least {with_separators(self.at_least)} (was {truncate(text)})"
            )
        if value > self.at_most:
            raise InvalidCell(
                f"{label} must be at most {with_separators(self.at_most)} (was {truncate(text)})"
            )
        if len(text.partition(".")[2]) > self.decimals:
            raise InvalidCell(
                f"{label} may have at most {self.decimals} decimals (was {truncate(text)})"
            )
        return value

    @property
    def in_words(self) -> str:
        return f"{with_separators(self.at_least)} to {with_separators(self.at_most)}, at most {self.decimals} decimals"

    @property
    def remedy(self) -> str:
        return (
            f"Write a number from {with_separators(self.at_least)} to {with_separators(self.at_most)} with a point for "
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
        if len(text) <= MAX_NUMBER_CHARACTERS and NUMBER.fullmatch(text) and "." in text:
            raise InvalidCell(f"{label} must be a whole number (was {truncate(text)})")
        refuse_number_like(label, text, WHOLE_NUMBER, "20")
        value = int(text)
        if value < self.at_least:
            raise InvalidCell(
                f"{label} must be at least {with_separators(self.at_least)} (was {truncate(text)})"
            )
        if value > self.at_most:
            raise InvalidCell(
                f"{label} must be at most {with_separators(self.at_most)} (was {truncate(text)})"
            )
        return value

    @property
    def in_words(self) -> str:
        return f"whole number, {with_separators(self.at_least)} to {with_separators(self.at_most)}"

    @property
    def remedy(self) -> str:
        return (
            f"Write a whole number from {with_separators(self.at_least)} to {with_separators(self.at_most)}: digits "
            "only, no decimals, no thousands separator."
        )


def refuse_number_like(label: str, text: str, wanted: re.Pattern[str], example: str) -> None:
    """Raise Wrong unless `text` is a number of the `wanted` pattern, saying what it looks like.

    The pattern is ASCII and comes before `Decimal` or `int`, which accept `NaN`, `1_000`, `１２`
    and spend minutes on `1E+3000000`.
    """
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise InvalidCell(f"{label} must be a number such as {example} (was '{truncate(text)}')")
    if wanted.fullmatch(text):
        return
    if GROUPED_NUMBER.fullmatch(text):
        raise InvalidCell(
            f"{label} must be a number such as {example}, without thousands separators "
            f"(was '{truncate(text)}': did you mean {re.sub('[^0-9+-]', '', text)}?)"
        )
    if DECIMAL_COMMA.fullmatch(text):
        raise InvalidCell(
            f"{label} must use a point for decimals (was '{truncate(text)}': did you mean "
            f"{text.replace(',', '.')}?)"
        )
    raise InvalidCell(f"{label} must be a number such as {example} (was '{truncate(text)}')")
