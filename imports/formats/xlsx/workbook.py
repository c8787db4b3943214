"""A workbook: its sheets, and the cells of a sheet as text.

A cell is text, and, if the text is not all there is to say of it, of a kind: it may be a number,
which needs no decimal mark of its own, or be shown in another way than it is stored.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_uppercase
from typing import BinaryIO

from imports.formats.xlsx import number_formats
from imports.formats.xlsx.archive import (
    Archive,
    Attributes,
    Unreadable,
    broken,
    local,
    parsed,
    too_large,
)
from imports.formats.xlsx.number_formats import GENERAL

MAX_COLUMNS = 500
MAX_CHARACTERS = 1_000_000  # of a row
MAX_STYLES = 65_490  # that Excel allows
MAX_FORMAT = 255  # characters of a number format, that Excel allows
MAX_OTHERS = 200_000  # elements of a sheet that are no cells
MAX_ELEMENTS = 10_000  # of a cell
MAX_TEXT = 100_000_000  # characters of a sheet: a long text may be in many cells
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384  # of a sheet
MAX_SHOWN = 200  # characters of a formula

VALUES = frozenset({"v", "t", "f"})
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
SURROGATES = range(0xD800, 0xE000)

Cell = tuple[str, str]  # its text, and its kind or ""
Row = tuple[int, list[str], dict[int, str]]  # its number, its cells, the kinds of some of them


@dataclass(frozen=True)
class Sheet:
    """A visible worksheet: its name, and the part that holds it."""

    name: str
    part: str


class Workbook:
    """Raises Unreadable if the file is not a workbook that can be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._archive = Archive(file)
        roots = self._archive.relations("")
        self._part = next((part for kind, part in roots.values() if kind == "officeDocument"), "")
        self._relations = self._archive.relations(self._part)
        self.sheets: list[Sheet] = []
        self.from_1904 = False
        self.merged = ""  # the first cells that are merged, of a sheet that was read
        self.is_stale = False  # Excel itself would not show the stored results of formulas
        for _ in parsed(self._archive.chunks(self._part), start=self._see):
            pass
        if not self.sheets:
            raise Unreadable("XLSX_NO_SHEET")
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        self._formats: dict[str, tuple[str, int]] = {}  # of styles that have been asked for
        if part := self._part_of("styles"):
            self._read_styles(part)
        part = self._part_of("sharedStrings")
        self._texts = shared_texts(self._archive.chunks(part)) if part else []

    def _see(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if tag == "workbookPr":
            self.from_1904 = is_true(attributes.get("date1904"))
        elif tag == "calcPr":
            self.is_stale = is_true(attributes.get("fullCalcOnLoad"))
        elif (
            tag == "sheet"
            and attributes.get("name")
            and attributes.get("state", "visible") == "visible"
        ):
            kind, part = self._relations.get(id_of(attributes), ("", ""))
            if kind == "worksheet":
                self.sheets.append(Sheet(attributes["name"], part))

    def _part_of(self, wanted: str) -> str | None:
        return next((part for kind, part in self._relations.values() if kind == wanted), None)

    def _read_styles(self, part: str) -> None:
        """The codes of number formats by their numbers, and which number each style has."""
        group = ""

        def start(tag: str, attributes: Attributes) -> None:
            nonlocal group
            tag = local(tag)
            if tag == "numFmt":
                code = attributes.get("formatCode", "")[:MAX_FORMAT]
                self._codes[whole(attributes.get("numFmtId"))] = code
            elif tag == "xf" and group == "cellXfs":
                self._styles.append(whole(attributes.get("numFmtId", "0")))
                if len(self._styles) > MAX_STYLES:
                    raise too_large("styles", limit=MAX_STYLES)
            elif tag.endswith(("Xfs", "Styles", "dxfs")):
                group = tag

        for _ in parsed(self._archive.chunks(part), start=start):
            pass

    def _format(self, style: str) -> tuple[str, int]:
        """What the number format of a style does."""
        if (found := self._formats.get(style)) is None:
            index = whole(style)
            number = self._styles[index] if index < len(self._styles) else 0
            found = number_formats.kind_of(number, self._codes.get(number))
            self._formats[style] = found
        return found

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The rows of a sheet that have something in them, by their numbers at its edge."""
        reader = SheetReader(self._texts, self._cell)
        chunks = self._archive.chunks(sheet.part)
        for _ in parsed(chunks, start=reader.start, end=reader.end, text=reader.text):
            yield from reader.rows
            reader.rows.clear()
        self.merged = reader.merged

    def _cell(self, kind: str, style: str, value: str, formula: str | None) -> Cell:
        """The text of a cell that is not a shared text, and its kind or ""."""
        if formula is not None and (self.is_stale or (not value and kind != "str")):
            return f"={formula}"[:MAX_SHOWN], "formula"
        if not value:
            return "", ""
        if kind == "n":
            return self._number(style, value)
        if kind == "s":
            return shared(value, self._texts), ""
        if (read := OTHERS.get(kind)) is None:
            raise broken()
        return read(value)

    def _number(self, style: str, text: str) -> Cell:
        kind, digits = self._format(style)
        if kind == GENERAL and number_formats.SHORT.fullmatch(text):
            return text, "number" if "." in text else ""
        if not number_formats.NUMBER.fullmatch(text.strip()):
            raise broken()
        return number_formats.shown(float(text), kind, digits, from_1904=self.from_1904)


def shared_texts(chunks: Iterator[bytes]) -> list[str]:
    """The texts that cells share: pieces of different letters joined, without how they are
    pronounced."""
    texts: list[str] = []
    pieces: list[str] = []
    is_text = is_sound = False
    size = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal is_text, is_sound
        name = local(tag)
        is_text = name == "t" and not is_sound
        is_sound = is_sound or name == "rPh"

    def end(tag: str) -> None:
        nonlocal is_text, is_sound, size
        name = local(tag)
        is_text = False
        if name == "rPh":
            is_sound = False
        elif name == "si":
            texts.append(unescaped("".join(pieces)))
            pieces.clear()
            size = 0

    def text(piece: str) -> None:
        nonlocal size
        if is_text:
            pieces.append(piece)
            size += len(piece)
            if size > MAX_CHARACTERS:
                raise too_large("text", limit=MAX_CHARACTERS)

    for _ in parsed(chunks, start=start, end=end, text=text):
        pass
    return texts


class SheetReader:
    """Makes rows of the elements of a sheet; `rows` are those since it was last emptied."""

    def __init__(self, texts: list[str], cell: Callable[[str, str, str, str | None], Cell]) -> None:
        self.rows: list[Row] = []
        self.merged = ""  # the first cells that are merged
        self._texts = texts
        self._cell = cell
        self._cells: list[str] = []
        self._kinds: dict[int, str] = {}
        self._pieces: list[str] = []
        self._value = self._type = self._style = self._row_text = ""
        self._formula: str | None = None
        self._row = self._column = 0
        self._is_text = self._is_sound = False
        self._characters = self._elements = self._others = self._size = 0
        self._names: dict[str, str] = {}  # by the name with its namespace

    def start(self, tag: str, attributes: Attributes) -> None:
        name = self._names.get(tag) or self._names.setdefault(tag, local(tag))
        if name == "c":
            place = attributes.get("r")
            self._column = column_of(place, self._row_text) if place else self._column + 1
            if not len(self._cells) < self._column <= MAX_COLUMN:
                raise broken("order", row=self._row)
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "0")
            self._value, self._formula, self._elements, self._size = "", None, 0, 0
        elif name in VALUES:
            self._is_text = not self._is_sound
            self._elements += 1
            if self._elements > MAX_ELEMENTS:
                raise too_large("elements")
        elif name == "row":
            self._start_row(attributes)
        elif name == "rPh":
            self._is_sound = True
        else:
            self._start_other(name, attributes)

    def _start_other(self, name: str, attributes: Attributes) -> None:
        if name == "mergeCell":
            self.merged = self.merged or attributes.get("ref", "")[:MAX_SHOWN]
        self._others += 1
        if self._others > MAX_OTHERS:
            raise too_large("elements")

    def _start_row(self, attributes: Attributes) -> None:
        row = whole(attributes["r"]) if "r" in attributes else self._row + 1
        if not self._row < row <= MAX_ROW:
            raise broken("order", row=row)
        self._row, self._row_text, self._column = row, str(row), 0
        self._cells, self._kinds = [], {}

    def text(self, piece: str) -> None:
        if self._is_text:
            self._pieces.append(piece)
            self._size += len(piece)
            if self._size > MAX_CHARACTERS:
                raise too_large("text", limit=MAX_CHARACTERS)

    def end(self, tag: str) -> None:
        name = self._names[tag]
        if name == "c":
            self._end_cell()
        elif name in VALUES:
            self._is_text = False
            if name == "v":
                self._value = self._taken()
            elif name == "f":
                self._formula = self._taken()
        elif name == "row":
            self._end_row()
        elif name == "is":
            self._value = self._taken()
        elif name == "rPh":
            self._is_sound = False

    def _taken(self) -> str:
        text = self._pieces[0] if len(self._pieces) == 1 else "".join(self._pieces)
        self._pieces.clear()
        return text

    def _end_cell(self) -> None:
        if self._type == "s" and self._formula is None:
            text, kind = shared(self._value, self._texts), ""
        else:
            text, kind = self._cell(self._type, self._style, self._value, self._formula)
        if not text:
            return
        cells, column = self._cells, self._column
        if column > MAX_COLUMNS:
            raise too_large("columns", row=self._row, limit=MAX_COLUMNS)
        if missing := column - 1 - len(cells):
            cells.extend([""] * missing)
        if kind:
            self._kinds[len(cells)] = kind
        cells.append(text)

    def _end_row(self) -> None:
        characters = sum(map(len, self._cells))
        self._characters += characters
        if characters > MAX_CHARACTERS:
            raise too_large("row", row=self._row, limit=MAX_CHARACTERS)
        if self._characters > MAX_TEXT:
            raise too_large("sheet", limit=MAX_TEXT)
        if any(map(str.strip, self._cells)):
            self.rows.append((self._row, self._cells, self._kinds))


def shared(index: str, texts: list[str]) -> str:
    if not index:
        return ""
    position = int(index) if index.isdecimal() else len(texts)
    if position >= len(texts):
        raise broken()
    return texts[position]


def iso(text: str) -> str:
    return text.removesuffix("Z").removesuffix("T00:00:00")[:MAX_SHOWN]


def column_of(place: str, row: str) -> int:
    """The number of a cell's column, from 1, by the cell's name in this row."""
    letters = place.removesuffix(row)
    if (column := COLUMNS.get(letters)) is None:
        raise broken("order", row=int(row or 0))
    return column


def column_names() -> Iterator[str]:
    """A to XFD, the last column of a sheet."""
    for length in (1, 2, 3):
        yield from map("".join, product(ascii_uppercase, repeat=length))


COLUMNS = {name: i for i, name in enumerate(islice(column_names(), MAX_COLUMN), 1)}


def unescaped(text: str) -> str:
    """With the characters that XML cannot hold."""
    return ESCAPED.sub(character, text) if "_x" in text else text


def character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code in SURROGATES else chr(code)


def whole(text: str | None) -> int:
    """A whole number of the file's own. Raises Unreadable for anything else."""
    if text is None or not text.isdecimal() or not text.isascii() or len(text) > 10:
        raise broken()
    return int(text)


def is_true(text: str | None) -> bool:
    return text in {"1", "true"}


def id_of(attributes: Attributes) -> str:
    """The ID of a relation, in whichever of the two namespaces."""
    return next(
        (value for name, value in attributes.items() if name.endswith("relationships id")), ""
    )


# Cells that are neither numbers nor shared texts, by their type.
OTHERS: dict[str, Callable[[str], Cell]] = {
    "str": lambda value: (unescaped(value), ""),
    "inlineStr": lambda value: (unescaped(value), ""),
    "b": lambda value: ("TRUE" if is_true(value) else "FALSE", ""),
    "e": lambda value: (value[:MAX_SHOWN], "error"),
    "d": lambda value: (iso(value), "date"),
}
