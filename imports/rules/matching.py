"""Which cell of a file's header each of our columns is read from, and how we know.

Only what cannot mean anything else is matched: what the vendor said of a name, our own names, and
words that mean the same for everyone. Several words that could be one column are none, because only
the vendor knows which one is meant.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self

from imports.rules.columns import Column, header_name, is_corrections

OWN_NAME, PRESET, SYNONYM = "name", "preset", "synonym"
ANSWER, REMEMBERED = "answer", "remembered"  # for this header, or for this name


class Source(NamedTuple):
    """Where a column is read from: a position in the header, counted from 0, and how we know."""

    position: int
    why: str


@dataclass(frozen=True)
class Preset:
    """The export of a program, recognized by some of its column names.

    `columns` says what others of its names mean that elsewhere mean something else, or nothing: the
    key of one of our columns, or "" for one that is not to be read.
    """

    title: str
    signature: frozenset[str]
    columns: Mapping[str, str]

    @cached_property
    def signs(self) -> frozenset[str]:
        """The signature, as names are compared."""
        return frozenset(map(header_name, self.signature))

    @cached_property
    def keys(self) -> dict[str, str]:
        """The columns, by their names as they are compared."""
        return {header_name(name): key for name, key in self.columns.items()}


@dataclass(frozen=True)
class Answers:
    """What a vendor said about the columns of a file, each by the key of one of ours: the position
    in the header that it is read from, or one text for all rows; a sign to leave out of its
    numbers, and what to multiply them by. `decimal` is the sign before decimals, if it was asked.
    `encoding` is how its bytes are read, if they can be read in several ways.
    With `first_is_data`, the file has no header: what was taken for it is the first row.
    With `is_final`, its numbers are read as said here, whatever its cells say: it has rows of
    another file, which was read like this.
    """

    positions: Mapping[str, int]
    constants: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, str] = field(default_factory=dict)
    decimal: str = ""
    first_is_data: bool = False
    encoding: str = ""
    is_final: bool = False

    @property
    def is_about_columns(self) -> bool:
        return bool(self.positions or self.constants)

    def to_json(self) -> dict[str, Any]:
        """Without what a version of before would not understand, unless it is said."""
        stored = asdict(self)
        if not self.is_final:
            del stored["is_final"]
        return stored

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**value)


@dataclass(frozen=True)
class Known:
    """What a vendor has said about files: about names (the key of one of our columns, or "" for one
    that is not to be read), about whole headers, by their fingerprint, and about this file."""

    names: Mapping[str, str] = field(default_factory=dict)
    headers: Callable[[str], Answers | None] = lambda _: None
    this_file: Answers | None = None

    def answers(self, header: Sequence[str]) -> Answers | None:
        """What was said about the columns of a file with this header."""
        said = (self.this_file, self.headers(fingerprint(header)))
        return next((each for each in said if each and each.is_about_columns), None)

    def is_encoding(self, codec: str, header: Sequence[str]) -> bool:
        """Whether it was said that a file with this header, as read in it, is in this encoding."""
        said = (self.this_file, self.headers(fingerprint(header)))
        return next((each.encoding for each in said if each and each.encoding), "") == codec


NOTHING_KNOWN = Known()


def fingerprint(header: Sequence[str]) -> str:
    """The same for headers of the same names in the same order."""
    names = [header_name(cell) for cell in header if not is_corrections(cell)]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def match(
    header: Sequence[str],
    columns: tuple[Column, ...],
    preset: Preset | None = None,
    remembered: Mapping[str, str] | None = None,
) -> dict[str, Source]:
    """By its key, where each column is read from. Columns that no cell names are left out.

    Of two cells with a column's own name, the first is it; that there are two is for others to see.
    """
    found: dict[str, Source] = {}
    read: set[int] = set()
    names = [header_name(cell) for cell in header]
    for why, known in (
        (REMEMBERED, remembered or {}),
        (PRESET, preset.keys if preset else {}),
        (OWN_NAME, own_names(columns)),
        (SYNONYM, synonyms(columns)),
    ):
        claims = {i: known[name] for i, name in enumerate(names) if i not in read and name in known}
        times = Counter(claims.values())
        for i, key in claims.items():
            is_clear = why == OWN_NAME or times[key] == 1
            if key and is_clear:
                found.setdefault(key, Source(i, why))
            if is_clear or not key:
                read.add(i)
    return found


def match_own_names(header: Sequence[str], columns: tuple[Column, ...]) -> dict[str, Source]:
    """As versions did that knew no other names."""
    found = match(header, columns)
    return {key: source for key, source in found.items() if source.why == OWN_NAME}


def preset_of(header: Sequence[str], presets: Sequence[Preset]) -> Preset | None:
    names = set(map(header_name, header))
    return next((preset for preset in presets if preset.signs <= names), None)


@lru_cache(maxsize=32)  # of data sets, which are few
def own_names(columns: tuple[Column, ...]) -> dict[str, str]:
    by_key = {header_name(column.key): column.key for column in columns}
    return by_key | {header_name(column.label): column.key for column in columns}


@lru_cache(maxsize=32)
def synonyms(columns: tuple[Column, ...]) -> dict[str, str]:
    return {header_name(word): column.key for column in columns for word in column.also}
