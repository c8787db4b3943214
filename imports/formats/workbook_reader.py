"""Workbooks to rows: what `csv_reader` gives for a CSV file, for one sheet of an Excel workbook.

A row has the number at the left edge of its sheet. The sheet is the visible one whose header has
most names of columns, or the widest one if none has any; of equals, the first. The others are
named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imports.formats.header import (
    LONG_NAME,
    MAX_NAME_CHARACTERS,
    KnownNames,
    Numbered,
    Said,
    from_row,
    is_one_cell,
    names,
    row_of_known_names,
    title_above,
)
from imports.formats.kept_lines import KeptLines
from imports.formats.layout import Layout
from imports.formats.sample import Watching
from imports.formats.workbook_process import Reader, parsed
from imports.rules.refusals import Refused
from imports.rules.spreadsheet import marked, shown


@dataclass(frozen=True)
class _Found:
    """A sheet with something in it, the row of its header, and how many names of that we know."""

    sheet: str
    header_row: int
    known: int
    width: int
    problem: str = ""  # why the header cannot be there, if titles are not left out


def scan(
    path: Path,
    *,
    max_rows: int | None,
    needs_rows: bool = True,
    any_lengths: bool = False,
    titles: bool = False,
    known_names: KnownNames | None = None,
    watch: Watching | None = None,
    said: Said | None = None,
) -> Layout:
    """The same as `csv_reader.scan`; `any_lengths` and `said` make no difference to a sheet.

    Raises Refused with BROKEN_XLSX, XLSX_TOO_LARGE, XLSX_PASSWORD, XLSX_NO_SHEET, EMPTY_FILE,
    NO_ROWS, INVALID_HEADER or TOO_MANY_ROWS.
    """
    with Reader(path, "--sheets") as reader:
        sheets = next(reader.answers())["sheets"]
        found = _choose(sheets, known_names)
        if found.problem and not titles:
            raise Refused("INVALID_HEADER", row=found.header_row, problem=found.problem)
        reader.choose(found.sheet)
        kept = KeptLines()
        rows = _Rows(reader.answers(kept))
        header: tuple[str, ...] = ()
        see = None
        data_rows = 0
        for number, cells in rows:
            if number < found.header_row:
                continue
            if number == found.header_row:
                header = _header(number, cells)
                see = watch(header) if watch else None
                continue
            data_rows += 1
            if max_rows is not None and data_rows > max_rows:
                raise Refused("TOO_MANY_ROWS", row=number, limit=max_rows)
            if see:
                see(number, _fitted(cells, len(header)))
    if needs_rows and not data_rows:
        raise Refused("NO_ROWS")
    return Layout(
        encoding="",
        delimiter="",
        header=header,
        header_row=found.header_row,
        data_rows=data_rows,
        raw_width=len(header),
        sheet=found.sheet,
        other_sheets=tuple(name for name, _ in sheets if name != found.sheet),
        merged=rows.merged,
        kept=kept,
    )


def rows(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield (row of the sheet, cells) below the header, if there is one; blank rows left out.

    A row has a cell for each column of the header, and more if there is something in them.
    """
    if layout.kept:
        yield from _below_header(_Rows(map(parsed, layout.kept)), layout)
        return
    with Reader(path) as reader:
        reader.choose(layout.sheet)
        yield from _below_header(_Rows(reader.answers()), layout)


def _below_header(rows: Iterable[Numbered], layout: Layout) -> Iterator[Numbered]:
    width = len(layout.header)
    for number, cells in from_row(layout.header_row + (not layout.first_is_data), rows):
        yield number, _fitted(cells, width)


def _fitted(cells: list[str], width: int) -> list[str]:
    """The cells of a row below a header of this width: empty ones at its end are not in the file,
    or stand beyond the header."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return cells + [""] * (width - len(cells))


class _Rows:
    """The rows that a reader says: their numbers and cells, of which some are marked."""

    def __init__(self, answers: Iterator[Any]) -> None:
        self.merged = ""
        self._answers = answers

    def __iter__(self) -> Iterator[Numbered]:
        for answer in self._answers:
            if isinstance(answer, dict):
                self.merged = answer["merged"]
                return
            for number, cells, kinds in answer:
                for position, kind in kinds.items():
                    cells[int(position)] = marked(kind, cells[int(position)])
                yield number, cells


def _choose(sheets: Sequence[Any], known_names: KnownNames | None) -> _Found:
    found = [
        _look(name, [(number, cells) for number, cells, _ in rows], known_names)
        for name, rows in sheets
        if rows
    ]
    if not found:
        raise Refused("EMPTY_FILE")
    return max(found, key=lambda sheet: (sheet.known, 0 if sheet.known else sheet.width))


def _look(sheet: str, sample: list[Numbered], known_names: KnownNames | None) -> _Found:
    width = max(len(names(cells)) for _, cells in sample)
    if known_names and (found := row_of_known_names(sample, known_names)):
        return _Found(sheet, *found, width)
    filled = [(row, names(cells)) for row, cells in sample]
    if title := title_above(filled, is_alone=is_one_cell(filled)):
        return _Found(sheet, title.row, 0, width, title.problem)
    return _Found(sheet, sample[0][0], 0, width)


def _header(row: int, cells: Sequence[str]) -> tuple[str, ...]:
    header = names([shown(cell) for cell in cells])
    if any(len(name) > MAX_NAME_CHARACTERS for name in header):
        problem = LONG_NAME.format(limit=MAX_NAME_CHARACTERS)
        raise Refused("INVALID_HEADER", row=row, problem=problem[:1].upper() + problem[1:])
    return header
