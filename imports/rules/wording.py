"""How values and names stand in messages."""

from collections.abc import Iterable
from decimal import Decimal

MAX_SHOWN_CHARACTERS = 80


def truncate(text: str) -> str:
    """A vendor's value as messages show it: at most 80 characters."""
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def with_separators(number: Decimal | int) -> str:
    """A limit as people write it: 999,999.99."""
    return f"{number:,}"


def as_sentence(names: Iterable[str]) -> str:
    """Names for a message: "SKU, Price and Category"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def in_megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MB".replace(".0 MB", " MB")
