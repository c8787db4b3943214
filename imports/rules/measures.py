"""Rules about numbers as machines measure them."""

import math
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from imports.rules.base import Checker, InvalidCell, Rule

MAX_DOUBLE_CHARACTERS = 1_000  # no double needs as many
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,9})?")


@dataclass(frozen=True)
class Finite(Rule):
    """Any number that a double can hold, from JSON; its value is the nearest double.

    A text in JSON is not a number: it comes with its quotation marks and is rejected.
    """

    code: str = field(default="INVALID_NUMBER", kw_only=True)
    variants = {
        "not_a_number": _("{field} must be a number (was {value})"),
        "quoted": _("{field} must be a number without quotation marks (was {value})"),
        "out_of_range": _("{field} must be a number from -1.8e308 to 1.8e308 (was {value})"),
    }
    in_words = _("a number, without quotation marks")
    remedy = _(
        "Write a JSON number from -1.8e308 to 1.8e308 without quotation marks. Leave out what "
        "could not be measured."
    )

    def checker(self, label: str) -> Checker:
        matches = NUMBER.fullmatch

        def check(text: str) -> float:
            if len(text) <= MAX_DOUBLE_CHARACTERS and matches(text):
                value = float(text)
                if math.isfinite(value):
                    return value
                raise InvalidCell(self, "out_of_range", label, text)
            is_quoted = text.startswith('"') and matches(text[1:-1])
            raise InvalidCell(self, "quoted" if is_quoted else "not_a_number", label, text)

        return check
