"""Rules about numbers as machines measure them."""

import math
import re
from dataclasses import dataclass, field

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import truncate

MAX_DOUBLE_CHARACTERS = 1_000  # characters; no double needs as many
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,9})?")


@dataclass(frozen=True)
class Finite(Rule):
    """Any number that a double can hold, from JSON; its value is the nearest double.

    A text in JSON is not a number: it comes with its quotation marks and is turned down.
    """

    code: str = field(default="INVALID_NUMBER", kw_only=True)
    message_template = "{field} must be a finite number (was {value})"
    in_words = "a finite number, without quotation marks"
    remedy = (
        "Write a JSON number between -1.8e308 and 1.8e308 without quotation marks. Leave out what "
        "could not be measured."
    )

    def checker(self, label: str) -> Checker:
        matches = NUMBER.fullmatch

        def check(text: str) -> float:
            if len(text) <= MAX_DOUBLE_CHARACTERS and matches(text):
                value = float(text)
                if math.isfinite(value):
                    return value
                raise InvalidCell(
                    f"{label} is beyond what a number can be here (was {truncate(text)})"
                )
            if text.startswith('"') and matches(text[1:-1]):
                raise InvalidCell(
                    f"{label} is a text; write it without quotation marks (was {truncate(text)})"
                )
            raise InvalidCell(self.message_template.format(field=label, value=truncate(text)))

        return check
