"""The columns of a data set, and how the header of a file names them."""

import re
from collections.abc import Collection, Sequence

from imports.rules.base import WARNING, Required, Rule
from imports.rules.wording import INVISIBLE, Words

# The last column of a correctable file, ignored when the file comes back. It names the upload whose
# rows these are.
CORRECTIONS_COLUMN = "Errors"
MARKED = re.compile(r"Errors(?: \((?P<upload>UPLOAD_[0-9]{8}_[0-9]{6}_[0-9A-F]{6})\))?")
IGNORED_IN_HEADERS = re.compile(r"[\s_*.:()\[\]\u2010-\u2015-]")


def header_name(text: str) -> str:
    """A header cell as it is compared: without case, spaces, punctuation and invisible
    characters."""
    return IGNORED_IN_HEADERS.sub("", INVISIBLE.sub("", text)).casefold()


def corrections_column(upload_id: str) -> str:
    """The name of the column of messages in the correctable file of an upload."""
    return f"{CORRECTIONS_COLUMN} ({upload_id})"


def is_corrections(text: str) -> bool:
    """Is this header cell the column of messages that we add to correctable files?"""
    is_marked = MARKED.fullmatch(text.strip()) is not None
    return is_marked or header_name(text) == header_name(CORRECTIONS_COLUMN)


def corrected_upload(text: str) -> str:
    """The upload that the name of our column of messages names; "" if it names none."""
    found = MARKED.fullmatch(text.strip())
    return (found and found["upload"]) or ""


class Column:
    """One column of a data set: its key (also the table's column), its label, its rules.

    `example` fills the template and the help page; `about` is one sentence for the help page.
    A column that `identifies` a row holds codes, which spreadsheet programs take for numbers and
    dates. A column of several `lines` is expected to hold line breaks. `also` are words by which
    other programs call it, and that mean nothing else in any of their files; in a header that has
    one of `unless`, only the vendor knows what they mean. `beside` are signs that may stand beside
    its numbers and change nothing, such as its own unit.
    """

    def __init__(
        self,
        key: str,
        label: str,
        *rules: Rule,
        example: str = "",
        about: Words = "",
        lines: bool = False,
        identifies: bool = False,
        also: Sequence[str] = (),
        unless: Sequence[str] = (),
        beside: Collection[str] = (),
    ) -> None:
        self.key = key
        self.label = label
        others = [rule for rule in rules if not isinstance(rule, Required)]
        self.rules = tuple(rule for rule in others if rule.severity != WARNING)
        self.warnings = tuple(rule for rule in others if rule.severity == WARNING)
        self.required = next((rule for rule in rules if isinstance(rule, Required)), None)
        self.example = example
        self.about = about
        self.lines = lines
        self.identifies = identifies
        self.also = also
        self.unless = frozenset(header_name(word) for word in unless)
        self.beside = beside

    @property
    def is_number(self) -> bool:
        return any(rule.is_number for rule in self.rules)

    @property
    def is_date(self) -> bool:
        return any(rule.is_date for rule in self.rules)

    @property
    def is_telling(self) -> bool:
        """Whether hardly any text but its own satisfies its rules."""
        return any(rule.is_telling for rule in self.rules)

    @property
    def template_label(self) -> str:
        """Its name in the template's header, in which required columns have a *."""
        return f"{self.label}*" if self.required else self.label

    def __repr__(self) -> str:
        return f"Column({self.key!r})"


def cell_names(header: Sequence[str], width: int) -> list[str]:
    """A different name for each of `width` cells: the vendor's own header where it has one.

    These are the keys under which a rejected row is kept.
    """
    names: list[str] = []
    seen: set[str] = set()
    for position in range(max(width, len(header))):
        base = header[position] if position < len(header) else ""
        name = base or f"Column {position + 1}"
        while name in seen:
            name += " *"
        seen.add(name)
        names.append(name)
    return names
