"""How values, names and limits appear in messages."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

MAX_SHOWN_CHARACTERS = 80
Words = str | Promise  # a text, or one that is translated when it is shown


def truncate(text: str) -> str:
    """A vendor's value as messages show it: at most 80 characters."""
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def as_sentence(names: Iterable[str]) -> str:
    """Names for a message: "SKU, Price and Category"."""
    return get_text_list(list(names), _("and"))


def as_choice(names: Iterable[str]) -> str:
    """Names to choose from: "A, B or C"."""
    return get_text_list(list(names), _("or"))


def in_megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MB".replace(".0 MB", " MB")
