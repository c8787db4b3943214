"""Bytes to rows: what a vendor's spreadsheet program shows for the file, row number by row number.

``scan`` reads a file once from end to end and says how it is laid out, or why it cannot be read;
``rows`` reads it again by that layout, without guessing. Both hold one row at a time.

A row is what the CSV parser yields: a quoted line break does not start one, a blank line is one.
Rows are numbered from 1, the ``sep=`` line not counted, so a number here is the number at the left
edge of the vendor's spreadsheet. The header is the first row with something in it: row 1, unless
blank lines stand above it, which the spreadsheet shows and counts, so we do.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NoReturn, TextIO

from django.utils.translation import gettext_lazy as _

from imports.formats import code_pages, encoding, file_types
from imports.formats.header import (
    LEAST_KNOWN_NAMES,
    LONG_NAME,
    MAX_NAME_CHARACTERS,
    SAMPLE_ROWS,
    KnownNames,
    Numbered,
    Said,
    Title,
    from_row,
    has_text,
    is_one_cell,
    names,
    row_of_known_names,
    title_above,
)
from imports.formats.layout import Layout
from imports.formats.readings import BYTES, Ambiguous, Reading, letters, readings
from imports.formats.sample import Watching
from imports.rules.refusals import Refused
from imports.rules.wording import Words

DELIMITERS = ",;\t|"
MAX_ROW_CHARACTERS = 1_000_000  # characters; a longer row is an unclosed quote or no table at all
MAX_BLANK_ROWS = 1_048_576  # rows of an Excel sheet; 10 MB of line breaks would cost seconds
MAX_COLUMNS = 500

# The limit belongs to the process, not to a reader, and its default (131,072) would turn a long
# description into an error about the whole file. Raised once, never lowered: another user of the
# csv module can only notice that it accepts more.
csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_CHARACTERS))

# Means "no delimiter" where csv insists on one; decoded text never holds a lone surrogate.
_NONE = "\udfff"

_DOS_END = "\x1a"  # Ctrl-Z, which old tools write after the last row

# The first line, which Excel takes for itself and some tools quote: sep=; or "sep=;"
_SEPARATOR_LINE = re.compile(
    r'(?i)(?P<quote>"?)sep=([!#-/:-@\[-^`{-~\t])(?P=quote)[ \t,;|]*[\r\n]*'
)

_QUOTATION_MARKS = re.compile('"+')
_NEVER_CLOSED = _("a quotation mark opens a value and is never closed")
_TEXT_AFTER_QUOTE = _(
    "text follows the quotation mark that closes a value (inside a quoted value, write it twice)"
)
_TAKES_IN_ROWS = _("a quotation mark opens a value that includes the rows below")
_TOO_LONG = _(
    "the row is longer than {limit:,} characters, perhaps because a quotation mark is not closed"
)
_TOO_MANY_COLUMNS = _("there are more than {limit:,} columns")


def scan(
    path: Path,
    *,
    max_rows: int | None,
    max_columns: int = MAX_COLUMNS,
    needs_rows: bool = True,
    any_lengths: bool = False,
    titles: bool = False,
    known_names: KnownNames | None = None,
    watch: Watching | None = None,
    said: Said | None = None,
) -> Layout:
    """Find out how the file is laid out, and that every row of it can be read.

    With `needs_rows` false a header alone is a layout of no rows, and no refusal. With
    `any_lengths`, a row that is shorter than the header is no sign that quotation marks are wrong.
    With `titles`, lines above the table are left out; otherwise they refuse the file.
    `known_names` counts the column names among the cells of a row: the header has most of them.
    `watch` is called with the header and returns what each row below it is shown to. `said` tells
    whether a person said that a file of a header is in an encoding.

    Rows above ``max_rows`` are not looked at. Raises Refused with EMPTY_FILE, NO_ROWS, NOT_CSV,
    BAD_ENCODING, MALFORMED_CSV or TOO_MANY_ROWS.
    """
    if encoding.is_blank(path):
        raise Refused("EMPTY_FILE")
    _refuse_other_formats(path)
    encoded_in = _encoding(path, said, known_names)
    delimiter, separator_line, first_row = _table(path, encoded_in, known_names, titles=titles)
    records = _records(path, encoded_in, delimiter, separator_line)
    header_row, raw_header = _header(from_row(first_row, records), max_columns)
    header = names(raw_header)
    see = watch(header) if watch else None
    data_rows = 0
    raw_width = len(raw_header)
    for number, cells in records:
        data_rows += 1
        is_odd = len(cells) != raw_width and not any_lengths
        if is_odd and _takes_in_rows(cells, len(header), raw_width, delimiter):
            raise Refused("MALFORMED_CSV", row=number, problem=_TAKES_IN_ROWS)
        if max_rows is not None and data_rows > max_rows:
            raise Refused("TOO_MANY_ROWS", row=number, limit=max_rows)
        if see:
            see(number, cells)
    if needs_rows and not data_rows:
        raise Refused("NO_ROWS")
    return Layout(encoded_in, delimiter, header, header_row, data_rows, separator_line, raw_width)


def rows(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield (spreadsheet row, raw cells) below the header, if there is one; blank rows left out.

    A row may be shorter or longer than the header. Cells are not normalized, nor
    stripped but for the spaces before them.
    """
    records = _records(path, layout.encoding, layout.delimiter, layout.separator_line)
    return from_row(layout.header_row + (not layout.first_is_data), records)


def _refuse_other_formats(path: Path) -> None:
    if looks_like := file_types.of_bytes(*file_types.ends_of(path)):
        raise Refused("NOT_CSV", looks_like=looks_like)


def other_readings(path: Path, layout: Layout) -> list[Reading]:
    """A file that was taken for Windows-1252: what it says so, and in other likely encodings."""
    pages = code_pages.by_likelihood(list(code_pages.fragments(path)))
    others = [page for page in pages if page is not code_pages.WESTERN]
    records = _records(path, BYTES, layout.delimiter, layout.separator_line, strict=False)
    return readings(
        path,
        lambda codec: _names_in(path, codec, None),
        (cell for _, row in records for cell in row if letters(cell)),
        [(page.codec, str(page.name)) for page in (code_pages.WESTERN, *others)],
    )


def _encoding(path: Path, said: Said | None, known_names: KnownNames | None) -> str:
    """The encoding that the file is certainly in, or that a person said it is in."""
    failure = None
    try:
        found = encoding.detect(path)
    except encoding.Undecodable as error:
        found, failure = encoding.WESTERN, error
    if said and found == encoding.WESTERN:
        for codec in encoding.NAMES:
            header = _names_in(path, codec, known_names)
            if header and said(codec, header) and code_pages.decodes(path, codec):
                return codec
    if failure is not None:
        _refuse_encoding(path, failure, known_names, asks=said is not None)
    return found


def _names_in(path: Path, encoded_in: str, known_names: KnownNames | None) -> tuple[str, ...]:
    """The header that the file has in this encoding; () if it has none."""
    try:
        delimiter, separator_line, first_row = _table(path, encoded_in, known_names, titles=True)
        records = _records(path, encoded_in, delimiter, separator_line)
        return names(_header(from_row(first_row, records), MAX_COLUMNS)[1])
    except Refused:
        return ()


def _refuse_encoding(
    path: Path, error: encoding.Undecodable, known_names: KnownNames | None, *, asks: bool
) -> NoReturn:
    """Raise Refused; Ambiguous, if it `asks` and a person can say in which encoding the file is."""
    delimiter, separator_line = _delimiter(path, error.fails)
    records = _records(path, error.fails, delimiter, separator_line, strict=False)
    marked = (number for number, cells in records if any(encoding.MARK in cell for cell in cells))
    where = {"row": next(marked, 1), "problem": error.problem}
    if asks and error.codecs:
        records = _records(path, BYTES, delimiter, separator_line, strict=False)
        found = readings(
            path,
            lambda codec: _names_in(path, codec, known_names),
            (cell for _, row in records for cell in row if letters(cell)),
            error.codecs,
        )
        if len(found) > 1:
            raise Ambiguous(found, **where)
    raise Refused("BAD_ENCODING", **where)


def _title(path: Path, encoded_in: str) -> tuple[Title, str] | None:
    """What stands above the table, and the delimiter of the table."""
    with _open(path, encoded_in) as text:
        start = text.read(file_types.HEAD)
    complete = start if len(start) < file_types.HEAD else start[: start.rfind("\n") + 1]
    samples = []
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(complete.lstrip("\ufeff"), newline=""), delimiter=delimiter)
        with suppress(csv.Error):
            sample = islice(enumerate(reader, 1), SAMPLE_ROWS)
            filled = [(row, names(cells)) for row, cells in sample if has_text(cells)]
            samples.append((delimiter, filled))
    is_alone = all(is_one_cell(each) for _, each in samples if each)
    for delimiter, filled in samples:
        if title := title_above(filled, is_alone=is_alone):
            return title, delimiter
    return None


def _table(
    path: Path, encoded_in: str, known_names: KnownNames | None, *, titles: bool
) -> tuple[str, bool, int]:
    """The delimiter, whether a sep= line names it, and the first row that may be the header."""
    delimiter, separator_line = _delimiter(path, encoded_in)
    if known_names and (
        known := _known_header(path, encoded_in, delimiter, separator_line, known_names)
    ):
        return known[0], separator_line, known[1]
    if separator_line or not (found := _title(path, encoded_in)):
        return delimiter, separator_line, 1
    title, delimiter = found
    if not titles:
        raise Refused("INVALID_HEADER", row=title.row, problem=title.problem)
    return delimiter, separator_line, title.row


def _known_header(
    path: Path, encoded_in: str, likeliest: str, separator_line: bool, known_names: KnownNames
) -> tuple[str, int] | None:
    """The delimiter and the row of the header, if one of the first rows has more names of columns
    than any other."""
    delimiters = [likeliest] if separator_line else sorted(DELIMITERS, key=likeliest.__ne__)
    best = LEAST_KNOWN_NAMES - 1
    chosen = None
    for delimiter in delimiters:
        sample: list[Numbered] = []
        with suppress(Refused):
            records = _records(path, encoded_in, delimiter, separator_line)
            sample.extend(islice(records, SAMPLE_ROWS))
        if found := row_of_known_names(sample, known_names, best):
            row, best = found
            chosen = delimiter, row
    return chosen


def _delimiter(path: Path, encoded_in: str) -> tuple[str, bool]:
    """Tell the delimiter, and whether a sep= line names it."""
    with _open(path, encoded_in) as text:
        start = text.read(file_types.HEAD).lstrip("\ufeff")
    if looks_like := file_types.of_text(start):
        raise Refused("NOT_CSV", looks_like=looks_like)
    if named := _SEPARATOR_LINE.fullmatch(next(io.StringIO(start, newline=""), "")):
        return named[2], True
    return _likeliest_delimiter(start), False


def _likeliest_delimiter(start: str) -> str:
    """Choose by the header: the delimiter must divide it. If several do, the rows decide."""
    best = (0, 0, 0)
    chosen = ""
    headers: list[tuple[str, str]] = []  # the header as each delimiter leaves it undivided
    for order, delimiter in enumerate(DELIMITERS):
        lines = _without_blanks(io.StringIO(start, newline=""), delimiter)
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        try:
            sample = list(islice(filter(has_text, reader), SAMPLE_ROWS))
        except csv.Error:
            continue
        width = len(sample[0]) if sample else 0
        if width < 2:
            headers.append((sample[0][0] if sample else "", delimiter))
            continue
        alike = sum(len(cells) == width for cells in sample)
        if (score := (alike, width, -order)) > best:
            best, chosen = score, delimiter
    if not chosen and len({header for header, _ in headers}) > 1:
        # One column, and above it blank rows of the delimiter we look for, such as ",,,".
        return min(headers, key=lambda pair: sum(map(pair[0].count, DELIMITERS)))[1]
    return chosen


def _header(records: Iterator[tuple[int, list[str]]], max_columns: int) -> tuple[int, list[str]]:
    try:
        row, cells = next(records)
    except StopIteration:
        raise Refused("EMPTY_FILE") from None
    if looks_like := file_types.of_header(cells):
        raise Refused("NOT_CSV", looks_like=looks_like)
    if len(names(cells)) > max_columns:
        raise Refused("MALFORMED_CSV", row=row, problem=_TOO_MANY_COLUMNS.format(limit=max_columns))
    if any(len(cell) > MAX_NAME_CHARACTERS for cell in cells):
        problem = LONG_NAME.format(limit=MAX_NAME_CHARACTERS)
        raise Refused("MALFORMED_CSV", row=row, problem=problem)
    return row, cells


def _takes_in_rows(cells: list[str], width: int, raw_width: int, delimiter: str) -> bool:
    """Tell a row that is the wrong length because a stray quotation mark joined several.

    Asked of rows longer or shorter than the header only, so a table that csv.writer wrote is never
    suspected. A cell with line breaks gives such a row away when its first line ends a row of the
    right length, or its last line begins one; when empty cells are all that the row has too many,
    both must be so. Rows joined by two quotation marks in the same column
    have the right length and read like any cell with line breaks: no reader can tell.
    """
    if not delimiter:
        return False
    tolerated = len(cells) > width and not has_text(cells[width:])
    for index, cell in enumerate(cells):
        lines = re.split(r"\r\n|\r|\n", cell)
        if len(lines) == 1:
            continue
        ends_a_row = index + lines[0].count(delimiter) == raw_width - 1
        begins_a_row = lines[-1].count(delimiter) + len(cells) - index - 1 == raw_width - 1
        if (ends_a_row and begins_a_row) or ((ends_a_row or begins_a_row) and not tolerated):
            return True
    return False


def _records(
    path: Path, encoded_in: str, delimiter: str, separator_line: bool, *, strict: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) for every row with something in it, the header included."""
    used = [0]
    number = blank_rows = 0
    with _open(path, encoded_in) as text:
        lines = _lines(text, used, separator_line)
        try:
            reader = csv.reader(
                _without_blanks(lines, delimiter),
                delimiter=delimiter or _NONE,
                strict=strict,
                skipinitialspace=True,
            )
            for number, cells in enumerate(reader, 1):
                used[0] = 0
                if has_text(cells):
                    yield number, cells
                    continue
                blank_rows += 1
                if blank_rows > MAX_BLANK_ROWS:
                    raise Refused("TOO_MANY_ROWS", row=number, limit=MAX_BLANK_ROWS)
        except csv.Error as error:
            raise Refused("MALFORMED_CSV", row=number + 1, problem=_problem(error)) from None


def _lines(text: TextIO, used: list[int], separator_line: bool) -> Iterator[str]:
    """Yield the lines of the file, their line ends kept, and no row longer than MAX_ROW.

    ``used`` counts the characters of the row being read; its reader sets it to 0.
    """
    line = text.readline(MAX_ROW_CHARACTERS + 1).lstrip("\ufeff")
    if separator_line:
        line = text.readline(MAX_ROW_CHARACTERS + 1)
    while line:
        used[0] += len(line)
        if used[0] > MAX_ROW_CHARACTERS:
            raise csv.Error("row too long")
        if line[-1] == _DOS_END:  # only a file's last line ends in anything but a line end
            line = line.rstrip(_DOS_END)
        yield line
        line = text.readline(MAX_ROW_CHARACTERS + 1)


def _without_blanks(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """The lines without the spaces between a quotation mark that closes a value and what follows
    it; the parser skips those before one that opens a value."""
    is_open = False  # a value in quotation marks, which may go on over lines
    blanks = re.compile(rf" +(?=[{re.escape(delimiter)}\r\n]|\Z)")
    for line in lines:
        marks = line.count('"')
        # Each value that opens and closes has an even number of them, so few lines are looked at.
        if '" ' in line or marks % 2 or (is_open and marks):
            closed_up, is_open = _closed_up(line, delimiter, blanks, is_open)
            yield closed_up
        else:
            yield line


def _closed_up(
    line: str, delimiter: str, blanks: re.Pattern[str], is_open: bool
) -> tuple[str, bool]:
    """A line without such spaces, and whether it leaves a value open, as the parser sees it: a mark
    opens a value at its beginning only, and two within it stand for one of its text."""
    parts, kept = [], 0
    for run in _QUOTATION_MARKS.finditer(line):
        start, end = run.span()
        if not is_open and not _begins_a_value(line, start, delimiter):
            continue
        is_open ^= (end - start) % 2 == 1
        if not is_open and (after := blanks.match(line, end)):
            parts.append(line[kept:end])
            kept = after.end()
    return "".join((*parts, line[kept:])), is_open


def _begins_a_value(line: str, at: int, delimiter: str) -> bool:
    while at and line[at - 1] == " ":
        at -= 1
    return not at or line[at - 1] == delimiter


def _open(path: Path, encoded_in: str) -> TextIO:
    # After a successful scan nothing is left to mark; marks only tell a refusal which row it is.
    # newline="" divides at CRLF, LF and CR alike and hands a cell's line breaks on as they are.
    return path.open(encoding=encoded_in, errors=encoding.MARK_ERRORS, newline="")


def _problem(error: csv.Error) -> Words:
    message = str(error)
    if message == "unexpected end of data":
        return _NEVER_CLOSED
    if "expected after" in message:
        return _TEXT_AFTER_QUOTE
    return _TOO_LONG.format(limit=MAX_ROW_CHARACTERS)
