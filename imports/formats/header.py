"""Where the header of a table is, among the rows that stand above and below it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from django.utils.translation import gettext_lazy as _

from imports.rules.wording import truncate

KnownNames = Callable[[Sequence[str]], int]  # how many of these names are columns of ours
SAMPLE_ROWS = 20  # among which the header is looked for
MAX_NAME_CHARACTERS = 1_000  # characters in a column's name; a longer one is no name
LEAST_COLUMNS = 2
LEAST_KNOWN_NAMES = 2  # of a row that is certainly the header
LEAST_TABLE_ROWS = 3  # a title, column names and a row

# A line for a program: #TYPE, #INFO,Version=1, TemplateType=fptcustom
_NOTE = re.compile(r"#\s*[A-Za-z]{3,}|[A-Za-z]\w*=")
_TITLE = _(
    "Row {above} reads '{title}', and the column names seem to be in row {row}. The column names "
    "must be in the first row"
)
LONG_NAME = _("a column's name is longer than {limit:,} characters")

# Whether a person said that a file of this header is in this encoding.
Said = Callable[[str, tuple[str, ...]], bool]
Numbered = tuple[int, list[str]]  # a row: its number, its cells
FilledRow = tuple[int, tuple[str, ...]]  # a row that is not blank: its number, its names


@dataclass(frozen=True)
class Title:
    """A title, a comment or a note to a program above the table, whose names are in `row`."""

    above: int
    text: str
    row: int

    @property
    def problem(self) -> str:
        return _TITLE.format(above=self.above, title=truncate(self.text), row=self.row)


def names(cells: Sequence[str]) -> tuple[str, ...]:
    found = [cell.strip() for cell in cells]
    while found and not found[-1]:
        found.pop()  # Excel writes a column that was once touched, for ever
    return tuple(found)


def has_text(cells: list[str]) -> bool:
    # Nearly every row begins with text, so the join is rarely paid for.
    return bool(cells) and (bool(cells[0].strip()) or bool("".join(cells).strip()))


def from_row(row: int, records: Iterable[Numbered]) -> Iterator[Numbered]:
    return dropwhile(lambda numbered: numbered[0] < row, records)


def row_of_known_names(
    sample: Iterable[Numbered], known_names: KnownNames, more_than: int = LEAST_KNOWN_NAMES - 1
) -> tuple[int, int] | None:
    """The row of the header and how many names of columns it has, if one of the first rows has
    more than any other, and more than that, and the rows above it are titles or names for other
    readers.

    Of two such rows that follow each other, the second is the header: names for people often stand
    above those for programs.
    """
    best, found = more_than, None
    above: list[tuple[int, int]] = []  # known and filled cells of the rows seen so far
    for row, cells in sample:
        names_here = names(cells)
        known, filled = known_names(names_here), len([name for name in names_here if name])
        follows = found is not None and found == row - 1 and known == best
        if (known > best or follows) and all(_is_title(*each, filled=filled) for each in above):
            best, found = known, row
        above.append((known, filled))
    return (found, best) if found else None


def _is_title(known: int, cells: int, *, filled: int) -> bool:
    """Whether a row above the header is no row of the table, which has `filled` names."""
    return known >= LEAST_KNOWN_NAMES or 2 * cells <= filled


def title_above(filled: Sequence[FilledRow], *, is_alone: bool) -> Title | None:
    """What stands above the table, if the first of these rows is no header; `is_alone` says that
    it certainly is one text."""
    if len(filled) < LEAST_TABLE_ROWS:
        return None
    above, first = filled[0]
    row = None
    if _NOTE.match(first[0]) and (len(first) == 1 or any("=" in cell for cell in first)):
        row = filled[1][0]
    elif is_alone:
        row = _row_of_names(filled[1:])
    return Title(above, " ".join(filter(None, first)), row) if row else None


def is_one_cell(filled: Sequence[FilledRow]) -> bool:
    return len([cell for cell in filled[0][1] if cell]) == 1


def _row_of_names(filled: Sequence[FilledRow]) -> int | None:
    """The number of the first of these rows that has several cells, if those below it have as
    many."""
    table = list(dropwhile(lambda numbered: len(numbered[1]) < LEAST_COLUMNS, filled))
    if len(table) < LEAST_COLUMNS:
        return None
    (row, names_here), *below = table
    alike = sum(len(cells) == len(names_here) for _, cells in below)
    return row if all(names_here) and alike > 0.8 * len(below) else None
