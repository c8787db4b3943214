"""Delimited text, in the three ways data sets ask for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imports.formats import file_types, tables
from imports.formats.csv_writer import csv_lines
from imports.formats.header import SAMPLE_ROWS
from imports.formats.layout import Layout
from imports.formats.sample import Unmatched, Watch
from imports.rules.cells import DELIMITED
from imports.rules.columns import cell_names
from imports.rules.matching import NOTHING_KNOWN, Known
from imports.rules.refusals import Refused
from imports.rules.schema import UPDATING, Schema
from imports.rules.spreadsheet import WORKBOOK
from imports.rules.wording import UNPRINTABLE, Words, as_choice, as_sentence, truncate

MAX_ATTRIBUTE_BYTES = 255  # bytes of a column's name that becomes an attribute in DynamoDB
# What divides some programs' values, by its name. A single space may be in any text.
OTHER_DIVIDERS: dict[Words, re.Pattern[str]] = {
    **{f"'{sign}'": re.compile(re.escape(sign)) for sign in "^~:\x1f"},
    _("several spaces"): re.compile(" {2,}"),
}
# Sentences for the help page.
HEADER = _(
    "One row names the columns, in any order. Upper and lower case, spaces and punctuation make no "
    "difference. Title lines above it are left out."
)
OTHER_NAMES = _(
    "Your columns may have other names: we know those of many shop systems, ask you once about "
    "others, and remember your answer."
)
NAMED_HEADER = _(
    "The first row names the columns, in any order. Upper and lower case, spaces and punctuation "
    "make no difference."
)
HEADER_OR_DATA = _(
    "If the first row has none of the column names, it is read as data: the columns are then those "
    "below, in that order, and rows are counted from 1."
)
OWN_HEADER = _(
    "The first row names the columns. Each name must be different, and none may be {names}."
)
CELLS = _(
    "Use commas, semicolons, tabs or pipes between values; we detect which. Put a value that "
    'contains one of them in "quotation marks".'
)
WORKBOOKS = _(
    "Of an Excel workbook (.xlsx) we read one visible sheet: the one whose header has most of the "
    "column names. Formulas are read as their results. A cell with an error, a percentage or, "
    "outside a column of dates, a date is rejected, because it may not be what you see."
)
UNKNOWN_COLUMNS = _(
    "Columns that we do not know are ignored and listed on the upload’s page. Empty rows are "
    "skipped."
)
SHORT_ROWS = _(
    "A row may be shorter than the header, but not longer. Empty rows are skipped, and empty cells "
    "are stored as null."
)
NUMBERS = _(
    "Spaces around a value are ignored. Write numbers as 1234.50, 1,234.50 or 1.234,50; we ask if "
    "a file does not say which of these it is. A currency or the unit of the column may stand "
    "beside a number."
)
PLAIN_NUMBERS = _(
    "Spaces around a value are ignored. Numbers have a point before decimals and no other "
    "separators: 1234.50."
)
AS_TEXT = _("Spaces around a value are ignored. All values are stored as text.")
ROW_NUMBERS = _("Row numbers in reports are those of your spreadsheet: the header is row 1.")


class Csv:
    """Delimited text with a header row."""

    extension = "csv"
    in_words = _("CSV or Excel")
    columns_can_be_named = True
    may_be_workbook = True
    rules = DELIMITED + WORKBOOK
    refuses = frozenset(
        {
            *("MISSING_COLUMNS", "NOTHING_TO_UPDATE", "DUPLICATE_COLUMNS", "INVALID_HEADER"),
            *("BROKEN_XLSX", "XLSX_TOO_LARGE", "XLSX_PASSWORD", "XLSX_NO_SHEET"),
            *("NOT_CSV", "BAD_ENCODING", "MALFORMED_CSV"),
        }
    )
    media_type = "text/csv"
    about_template = _("with all columns and one example row. Required columns have a *.")
    about: tuple[Words, ...] = (
        *(HEADER, OTHER_NAMES, CELLS, WORKBOOKS, UNKNOWN_COLUMNS, NUMBERS, ROW_NUMBERS),
    )

    def media_type_of(self, file_name: str) -> str:
        return file_types.XLSX if file_name.lower().endswith(".xlsx") else self.media_type

    def scan(self, path: Path, schema: Schema, mode: str, known: Known = NOTHING_KNOWN) -> Layout:
        watch = Watch(schema, known, lambda layout: not header_problem(layout, schema, mode))
        reader = tables.reader_of(path)
        layout = reader.scan(
            path,
            max_rows=schema.row_limit,
            titles=True,
            known_names=lambda names: len(schema.match(names, known.names)),
            watch=watch,
            said=known.is_encoding,
        ).matched(schema, known)
        problem = header_problem(layout, schema, mode)
        if problem and len(layout.header) < LEAST_COLUMNS:
            raise problem
        if problem:
            raise Unmatched(layout, watch.sample, problem.code, **problem.detail)
        return watch.say(layout)

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        return tables.rows(path, layout)

    def template(self, schema: Schema) -> bytes:
        """The header, required columns marked by *, and the example of each."""
        columns = schema.columns
        header = [column.template_label for column in columns]
        return b"".join(csv_lines([header, [column.example for column in columns]]))


class CsvMaybeWithoutHeader(Csv):
    """Delimited text whose first row is data when it names no column of the data set.

    The columns then are the data set's, in its order, and rows count from 1.
    """

    columns_can_be_named = False
    about = (
        *(NAMED_HEADER, HEADER_OR_DATA, CELLS, WORKBOOKS, UNKNOWN_COLUMNS, PLAIN_NUMBERS),
        ROW_NUMBERS,
    )

    def scan(self, path: Path, schema: Schema, mode: str, known: Known = NOTHING_KNOWN) -> Layout:
        layout = tables.reader_of(path).scan(path, max_rows=schema.row_limit, needs_rows=False)
        if not schema.match(layout.header):
            layout = self._without_header(path, schema, layout)
        elif not layout.data_rows:
            raise Refused("NO_ROWS")
        layout = layout.matched(schema)
        if problem := header_problem(layout, schema, mode):
            raise problem
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

    columns_can_be_named = False
    refuses = Csv.refuses - {"MISSING_COLUMNS", "NOTHING_TO_UPDATE"}
    about_template = _("with example columns and one example row.")
    reserved: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[Words, ...]:  # type: ignore[override] # the reserved names are in it
        return (
            str(OWN_HEADER).format(names=as_choice(self.reserved)),
            CELLS,
            WORKBOOKS,
            SHORT_ROWS,
            AS_TEXT,
            ROW_NUMBERS,
        )

    def scan(self, path: Path, schema: Schema, mode: str, known: Known = NOTHING_KNOWN) -> Layout:
        layout = tables.reader_of(path).scan(path, max_rows=schema.row_limit, any_lengths=True)
        for position, name in enumerate(layout.header, 1):
            if problem := self._problem(name):
                words = gettext("Column {position} {problem}")
                raise Refused(
                    "INVALID_HEADER", problem=words.format(position=position, problem=problem)
                )
        if not layout.delimiter and (sign := self._other_divider(path, layout)):
            words = gettext(
                "The values seem to be divided by {sign}. Use commas, semicolons, tabs or pipes"
            )
            raise Refused("INVALID_HEADER", problem=words.format(sign=sign))
        doubled = sorted({name for name in layout.header if layout.header.count(name) > 1})
        if doubled:
            raise Refused("DUPLICATE_COLUMNS", columns=as_sentence(map(truncate, doubled)))
        return layout

    def _other_divider(self, path: Path, layout: Layout) -> Words:
        """What divides the header and the first rows alike, although we do not read it."""
        sample = [cells[0] for _, cells in islice(self.rows(path, layout), SAMPLE_ROWS)]
        for sign, pattern in OTHER_DIVIDERS.items():
            counts = {len(pattern.findall(text)) for text in (*layout.header, *sample)}
            if len(counts) == 1 and counts != {0}:
                return sign
        return ""

    def _problem(self, name: str) -> str:
        """Why the name cannot be an attribute's, or ""."""
        if not name:
            return gettext("has no name")
        if len(name.encode(errors="replace")) > MAX_ATTRIBUTE_BYTES:
            return gettext("has a name of more than {limit} bytes: '{name}'").format(
                limit=MAX_ATTRIBUTE_BYTES, name=truncate(name)
            )
        if UNPRINTABLE.search(name) or set(name) & set("\r\n\t"):
            return gettext("has a name with an invisible character or a line break")
        if name in self.reserved:
            return gettext("is called '{name}', and that name is reserved").format(name=name)
        return ""


LEAST_COLUMNS = 2  # of a table whose columns a person can name


def header_problem(layout: Layout, schema: Schema, mode: str) -> Refused | None:
    """That a required column is missing, or a known one appears twice and the vendor did not say
    which one is meant, or in mode `update` that there is nothing to change."""
    present = layout.present_in(schema)
    if missing := schema.missing(present, mode):
        return Refused("MISSING_COLUMNS", columns=as_sentence(c.label for c in missing))
    if not layout.is_answered and (doubled := schema.doubled(layout.header)):
        return Refused("DUPLICATE_COLUMNS", columns=as_sentence(c.label for c in doubled))
    if mode in UPDATING and present.isdisjoint(schema.changeable):
        names = as_sentence(map(truncate, schema.unknown(layout.header, layout.sources_in(schema))))
        unknown = gettext(" (not known: {columns})").format(columns=names) if names else ""
        return Refused("NOTHING_TO_UPDATE", identity=schema.label(schema.identity), unknown=unknown)
    return None
