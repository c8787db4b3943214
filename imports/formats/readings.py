"""What a file that can be read in several ways says in each of them, for a person to choose."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from imports.formats import code_pages
from imports.rules.refusals import Refused

MAX_READINGS = 6
MAX_CELLS = 3
MAX_CHARACTERS = 80  # of a cell
# Gives each byte a character of its own, so that a cell's bytes are known again.
BYTES = "latin-1"


@dataclass(frozen=True)
class Reading:
    """An encoding, and what the cells with most letters beyond ASCII are in it."""

    codec: str
    name: str
    header: list[str]
    cells: list[str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**value)


class Ambiguous(Refused):
    """The bytes of the file are letters in several encodings; a person can say in which."""

    def __init__(self, readings: Sequence[Reading], **detail: object) -> None:
        super().__init__("BAD_ENCODING", **detail)
        self.readings = readings


def readings(
    path: Path,
    header_in: Callable[[str], Sequence[str]],
    cells: Iterable[str],
    codecs: Sequence[tuple[str, str]],
) -> list[Reading]:
    """The file in each of `codecs` (and their names) that reads all of it, without those that read
    the chosen cells as another one does. `cells` are decoded as BYTES."""
    chosen = most_letters(cells)
    found: dict[tuple[str, ...], Reading] = {}
    for codec, name in codecs:
        if len(found) < MAX_READINGS and code_pages.decodes(path, codec):
            texts = [decoded(cell, codec) for cell in chosen]
            found.setdefault(tuple(texts), Reading(codec, name, [*header_in(codec)], texts))
    return list(found.values())


def most_letters(cells: Iterable[str]) -> list[str]:
    """The different cells with most bytes beyond ASCII, cut, of which only these are held."""
    best: list[tuple[int, str]] = []
    for cell in cells:
        found = (letters(cell), cell[:MAX_CHARACTERS])
        if (len(best) < MAX_CELLS or found > best[-1]) and found not in best:
            best = sorted([*best, found], reverse=True)[:MAX_CELLS]
    return [cell for _, cell in best]


def letters(cell: str) -> int:
    """How many bytes of a cell are beyond ASCII, of its first ones."""
    return sum(character > "\x7f" for character in cell[:MAX_CHARACTERS])


def decoded(cell: str, codec: str) -> str:
    return cell[:MAX_CHARACTERS].encode(BYTES).decode(codec, "replace").strip()
