"""Delimited text, in the three ways data sets ask for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from imports.formats import csv_reader
from imports.formats.csv_writer import csv_lines
from imports.formats.layout import Layout
from imports.rules.cells import UNPRINTABLE
from imports.rules.columns import cell_names
from imports.rules.refusals import Refused
from imports.rules.schema import Schema
from imports.rules.wording import as_sentence, truncate

MAX_ATTRIBUTE_BYTES = 255  # bytes of a column's name that becomes an attribute in DynamoDB
# Sentences for the help page.
HEADER = (
    "The first row names the columns. Their order is yours to choose; upper and lower case, "
    "spaces, underscores and asterisks make no difference."
)
HEADER_OR_DATA = (
    "A first row that names none of the columns is taken for data: then the columns are those "
    "below, in that order, and rows count from 1."
)
OWN_HEADER = (
    "The first row names the columns, as you like, but each differently. These names are taken: "
)
CELLS = (
    "Cells are divided by comma, semicolon, tab or pipe; we see which. A cell that holds the "
    'divider stands in "quotation marks".'
)
UNKNOWN_COLUMNS = (
    "Columns we do not know are ignored, and the upload’s page names them. Empty rows are skipped."
)
SHORT_ROWS = (
    "A row may be shorter than the header, and not longer. Empty rows are skipped, and an empty "
    "cell is kept as null."
)
NUMBERS = (
    "Spaces around a cell do not count. Numbers have a point for decimals and nothing else: "
    "1234.50."
)
AS_TEXT = "Spaces around a cell do not count. Everything is kept as text."
ROW_NUMBERS = "Row numbers in reports are those of your spreadsheet: the header is row 1."


class Csv:
    """Delimited text with a header row."""

    extension = "csv"
    in_words = "CSV"
    accepts = ".csv,.txt,.tsv,text/csv"
    has_known_header = True
    has_cells_to_count = True
    refuses = frozenset(
        {"MISSING_COLUMNS", "DUPLICATE_COLUMNS", "NOT_CSV", "BAD_ENCODING", "MALFORMED_CSV"}
    )
    media_type = "text/csv"
    about_template = "with all columns and one example row. Required ones carry a *."
    about: tuple[str, ...] = (HEADER, CELLS, UNKNOWN_COLUMNS, NUMBERS, ROW_NUMBERS)

    def scan(self, path: Path, schema: Schema, mode: str) -> Layout:
        layout = scanned(path, schema)
        refuse_by_header(layout.header, schema, mode)
        return layout

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        return csv_reader.rows(path, layout)

    def template(self, schema: Schema) -> bytes:
        """The header, required columns marked by *, and the example of each."""
        columns = schema.columns
        header = [f"{column.label}*" if column.required else column.label for column in columns]
        return b"".join(csv_lines([header, [column.example for column in columns]]))


class CsvMaybeWithoutHeader(Csv):
    """Delimited text whose first row is data when it names no column of the data set.

    The columns then are the data set's, in its order, and rows count from 1.
    """

    has_known_header = False
    about = (HEADER, HEADER_OR_DATA, CELLS, UNKNOWN_COLUMNS, NUMBERS, ROW_NUMBERS)

    def scan(self, path: Path, schema: Schema, mode: str) -> Layout:
        layout = scanned(path, schema, header_may_be_all=True)
        if not any(schema.match_header(layout.header)):
            layout = self._without_header(path, schema, layout)
        elif not layout.data_rows:
            raise Refused("NO_ROWS")
        refuse_by_header(layout.header, schema, mode)
        return layout

    def _without_header(self, path: Path, schema: Schema, layout: Layout) -> Layout:
        """The layout with the first row as data, which has a name for each of its cells."""
        layout = replace(layout, first_is_data=True, data_rows=layout.data_rows + 1)
        if layout.data_rows > schema.row_limit:
            raise Refused("TOO_MANY_ROWS", limit=schema.row_limit)
        labels = [column.label for column in schema.columns]
        _, first = next(self.rows(path, layout))
        # Empty cells at the end of the first row are cells of columns, as far as there are any.
        width = max(len(layout.header), min(len(first), len(labels)))
        return replace(layout, header=tuple(cell_names(labels, width)[:width]))


@dataclass(frozen=True)
class CsvOfAnyColumns(Csv):
    """Delimited text whose header says what its columns are: names usable as attributes, and none
    of those that are `reserved`."""

    has_known_header = False
    refuses = Csv.refuses - {"MISSING_COLUMNS"} | {"INVALID_HEADER"}
    about_template = "with columns and one row as an example."
    reserved: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:  # type: ignore[override] # the reserved names are in it
        return (
            f"{OWN_HEADER}{as_sentence(self.reserved)}.",
            CELLS,
            SHORT_ROWS,
            AS_TEXT,
            ROW_NUMBERS,
        )

    def scan(self, path: Path, schema: Schema, mode: str) -> Layout:
        layout = scanned(path, schema)
        for position, name in enumerate(layout.header, 1):
            if problem := self._problem(name):
                raise Refused("INVALID_HEADER", position=position, problem=problem)
        doubled = sorted({name for name in layout.header if layout.header.count(name) > 1})
        if doubled:
            raise Refused("DUPLICATE_COLUMNS", columns=as_sentence(map(truncate, doubled)))
        return layout

    def _problem(self, name: str) -> str:
        """Why the name cannot be an attribute's, or ""."""
        if not name:
            return "has no name"
        if len(name.encode(errors="replace")) > MAX_ATTRIBUTE_BYTES:
            return f"has a name of more than {MAX_ATTRIBUTE_BYTES} bytes: '{truncate(name)}'"
        if UNPRINTABLE.search(name) or set(name) & set("\r\n\t"):
            return "has a name with a character that cannot be printed, or with a line break"
        if name in self.reserved:
            return f"is called '{name}', and that name is taken"
        return ""


def scanned(path: Path, schema: Schema, *, header_may_be_all: bool = False) -> Layout:
    """The reader's scan, its objections as refusals."""
    try:
        return csv_reader.scan(path, max_rows=schema.row_limit, needs_rows=not header_may_be_all)
    except csv_reader.Unreadable as unreadable:
        raise Refused(unreadable.code, **unreadable.detail) from unreadable


def refuse_by_header(header: tuple[str, ...], schema: Schema, mode: str) -> None:
    """Raise Refused when a required column is missing or a known one is there twice."""
    if missing := schema.missing(header, mode):
        raise Refused("MISSING_COLUMNS", columns=as_sentence(c.label for c in missing))
    if doubled := schema.doubled(header):
        raise Refused("DUPLICATE_COLUMNS", columns=as_sentence(c.label for c in doubled))
