"""How values, names and limits appear in messages."""

import re
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

MAX_SHOWN_CHARACTERS = 80
Words = str | Promise  # a text, or one that is translated when it is shown
# C0 and C1 controls other than tab and line breaks, and lone surrogates: PostgreSQL refuses NUL
# and surrogates, and the others cannot be seen.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# What no font shows and Python does not count as white space: zero-width and direction marks, soft
# hyphens, fillers, selectors of variants.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def filled_in(template: Words, **details: object) -> str:
    """A message with the vendor's values in it, as it can be stored and shown: all texts that
    quote a file are made here."""
    return UNPRINTABLE.sub(REPLACEMENT, str(template).format(**details))


def truncate(text: str) -> str:
    """A vendor's value as messages show it: at most 80 characters."""
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def as_sentence(names: Iterable[str]) -> str:
    """Names for a message: "SKU, Price and Category"."""
    return get_text_list(list(names), _("and"))


def as_choice(names: Iterable[str]) -> str:
    """Names to choose from: "A, B or C"."""
    return get_text_list(list(names), _("or"))


def sizes(size: int, limit: int) -> dict[str, str]:
    """A size and the limit that it exceeds, in words that differ."""
    shown, most = in_megabytes(size), in_megabytes(limit)
    return {"size": _("slightly more") if shown == most else shown, "limit": most}


def in_megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MB".replace(".0 MB", " MB")
