"""How a file writes its numbers: which sign stands before decimals, which divides thousands, and
which currency or unit stands beside a number.

A decimal mark is recognized only if cells of the file leave no doubt: `1.234,50` and `12,5` have a
comma before their decimals, `1,234` may be either. Without such a cell numbers are read as our own,
without thousands separators. A cell that does not fit stays as it is, for its rule to reject.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from imports.rules.spreadsheet import kind_of

POINT, COMMA = ".", ","
CURRENCIES = frozenset(
    {*"$£€¥₹₺₽₩₪₫₴", "zł", "kr", "kr.", "Kč", "Ft", "lei", "Fr.", "R$", "C$", "A$", "US$"}
    | {"EUR", "USD", "GBP", "CHF", "PLN", "CZK", "HUF", "RON", "BGN", "SEK", "NOK", "DKK", "ISK"}
    | {"TRY", "UAH", "JPY", "CNY", "INR", "KRW", "AUD", "CAD", "NZD", "BRL", "MXN", "ZAR", "SGD"}
    | {"HKD", "THB", "IDR", "MYR", "PHP", "VND", "ILS", "AED", "SAR", "EGP", "MAD", "CLP", "COP"}
)
# Signs that divide thousands besides the point or the comma that is not the decimal mark.
SPACES = " '\u2019\u00a0\u202f"
BESIDE = r"(?:[^\W\d_]{0,3}[\u0024\u00a2-\u00a5\u20a0-\u20bf]|[^\W\d_]{1,4}\.?)"
WITH_SIGN = re.compile(
    rf"(?P<minus>[+-]?) ?(?:(?P<before>{BESIDE})[ \u00a0\u202f]?)?"
    rf"(?P<number>[+-]?[0-9](?:[0-9.,'\u2019\u00a0\u202f ]*[0-9])?)"
    rf"(?:[ \u00a0\u202f]?(?P<after>{BESIDE}))?"
)
OWN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
USUAL = re.compile(r"([0-9]+)(?:([.,])([0-9]+))?")
MAX_SIGNS = 10  # of a column
MAX_CHARACTERS = 60  # of a cell that is looked at


@dataclass(frozen=True)
class NumberFormat:
    """The sign before decimals, "" if no cell of the file says which; the currency or unit that
    stands beside the numbers of the column, "" if none does; and what to multiply them by."""

    decimal: str = ""
    beside: str = ""
    factor: str = ""

    def plain(self, text: str) -> str:
        """The number as our rules expect it, or the text itself if it is not of this format."""
        number = self._number(text)
        if self.decimal and number.endswith("0"):
            number = without_zeros(number)
        if not self.factor or not OWN.fullmatch(number):
            return number
        product = Decimal(number) * Decimal(self.factor)
        return f"{product.normalize():f}"

    def _number(self, text: str) -> str:
        if self.decimal != COMMA and OWN.fullmatch(text):
            return text
        found = WITH_SIGN.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
        if found is None or (found["before"] or found["after"] or "") not in ("", self.beside):
            return text
        if found["before"] and found["after"]:
            return text
        number = digits(found["number"], self.decimal)
        return text if number is None else found["minus"] + number


def digits(number: str, decimal: str) -> str | None:
    """Without thousands separators, and with a point before decimals; None if it is not a number
    that has this decimal mark."""
    if not decimal:
        return number if OWN.fullmatch(number) else None
    whole, mark, decimals = number.partition(decimal)
    sign = whole[0] if whole[:1] in ("+", "-") else ""
    groups = re.split(r"[.,'\u2019\u00a0\u202f ]", whole.removeprefix(sign))
    separators = set(whole) - {*"0123456789+-"}
    in_threes = all(len(group) == 3 for group in groups[1:])
    if not in_threes or len(separators) > 1 or decimal in separators:
        return None
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or groups[0].startswith("0")):
        return None
    if mark and not (decimals.isascii() and decimals.isdigit()):
        return None
    return sign + "".join(groups) + ("." + decimals if mark else "")


def without_zeros(number: str) -> str:
    """Without the zeros at the end of more than three decimals, which can only be decimals. A
    person may have meant 1.000 as a thousand in any file."""
    whole, _, decimals = number.partition(".")
    return number if len(decimals) <= 3 else f"{whole}.{decimals.rstrip('0')}".rstrip(".")


class Evidence:
    """What the cells of one column say about the file's format."""

    def __init__(self) -> None:
        self.marks: set[str] = set()  # decimal marks of cells that can be read in one way only
        self.signs: dict[str, None] = {}  # beside numbers, in the order of the file

    def see(self, cell: str) -> None:
        if cell.isdecimal():
            return
        if usual := USUAL.fullmatch(cell):  # most cells, and much faster than what follows
            whole, mark, decimals = usual.groups()
            if mark and (len(decimals) != 3 or len(whole) > 3 or whole[0] == "0"):
                self.marks.add(mark)
            return
        text = cell.strip()
        if kind_of(text):
            return  # a number of a workbook, which says nothing about the texts beside it
        found = WITH_SIGN.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
        if found is None:
            return
        if (sign := found["before"] or found["after"]) and len(self.signs) < MAX_SIGNS:
            self.signs[sign] = None
        if mark := certain_mark(found["number"]):
            self.marks.add(mark)

    @property
    def sign(self) -> str:
        """The currency or unit of the column: the same beside all numbers that have one."""
        return next(iter(self.signs)) if len(self.signs) == 1 else ""


def certain_mark(number: str) -> str:
    """The decimal mark of a number that can be read in one way only; "" if it may be in two, or has
    no separator that says so."""
    readings = [mark for mark in (POINT, COMMA) if digits(number, mark) is not None]
    return readings[0] if len(readings) == 1 and {POINT, COMMA} & {*number} else ""


def decimal_mark(columns: Iterable[Evidence]) -> str:
    """The decimal mark of a file; "" if no cell says which, or two contradict each other."""
    marks = {mark for evidence in columns for mark in evidence.marks}
    return marks.pop() if len(marks) == 1 else ""
