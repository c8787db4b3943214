"""Which of our columns the others of a file may be: for a person to confirm, never by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import Indel

from imports.formats.sample import Sample
from imports.rules.base import Checker, InvalidCell
from imports.rules.columns import Column, header_name
from imports.rules.schema import Schema
from imports.rules.spreadsheet import shown

MIN_SIMILARITY = 0.85
MIN_SHARE = 0.95  # of cells that satisfy a column's rules
MIN_CELLS = 3
BY_CELLS, BY_NAME = "cells", "similar"


@dataclass(frozen=True)
class Suggestion:
    """A position in the header that a column may be read from, and why we think so."""

    position: int
    why: str


def suggest(
    header: Sequence[str], sample: Sample, schema: Schema, taken: Mapping[str, int]
) -> dict[str, Suggestion]:
    """By the key of a column that nothing is `taken` for: what it may be read from."""
    free = [i for i in range(len(header)) if i not in taken.values()]
    open_ones = [column for column in schema.columns if column.key not in taken]
    found: dict[str, Suggestion] = {}
    for key, position in by_cells(free, sample, [c for c in schema.columns if c.is_telling]):
        if key not in taken:
            found[key] = Suggestion(position, BY_CELLS)
    used = {suggestion.position for suggestion in found.values()}
    names = {i: header_name(header[i]) for i in free if i not in used and header[i]}
    for column in open_ones:
        near = None if column.key in found else most_similar(column, names)
        if near is not None:
            found[column.key] = Suggestion(near, BY_NAME)
            del names[near]
    return found


def by_cells(
    positions: Sequence[int], sample: Sample, columns: Sequence[Column]
) -> list[tuple[str, int]]:
    """(key, position) where the cells of one position, and of no other, are those of one column,
    and of no other."""
    # Made once: the checker of a list that staff keep reads the list.
    checks = {c.key: [rule.checker(c.label) for rule in c.rules] for c in columns}
    pairs = [
        (key, position)
        for position in positions
        if len(cells := cells_at(sample, position)) >= MIN_CELLS
        for key, of_column in checks.items()
        if are_nearly_all_valid(of_column, cells)
    ]
    keys, places = [key for key, _ in pairs], [position for _, position in pairs]
    return [(key, at) for key, at in pairs if keys.count(key) == 1 and places.count(at) == 1]


def cells_at(sample: Sample, position: int) -> list[str]:
    texts = (shown(row[position]).strip() for row in sample.rows if position < len(row))
    return [text for text in texts if text]


def are_nearly_all_valid(checks: Sequence[Checker], cells: Sequence[str]) -> bool:
    """Whether at least MIN_SHARE of the cells pass all checks. Most columns are given up after a
    few cells, because they hold something else."""
    may_fail = len(cells) * (1 - MIN_SHARE)
    for cell in cells:
        value = cell
        try:
            for check in checks:
                value = check(value)
        except InvalidCell:
            may_fail -= 1
            if may_fail < 0:
                return False
    return True


def most_similar(column: Column, names: Mapping[int, str]) -> int | None:
    """The position of the name that is nearly one of the column's."""
    best: tuple[float, int] | None = None
    for word in (column.key, column.label, *column.also):
        match = process.extractOne(
            header_name(word),
            names,
            scorer=Indel.normalized_similarity,
            score_cutoff=MIN_SIMILARITY,
        )
        if match and (best is None or match[1] > best[0]):
            best = (match[1], match[2])
    return best[1] if best else None
