"""Workbooks for vendors: templates that keep a spreadsheet program from changing what is typed,
and rows to fix. All texts are written as texts, so that none is run as a formula."""

import io
from collections.abc import Iterable, Sequence
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext

from imports.rules.columns import Column
from imports.rules.schema import Schema
from imports.rules.text import Approved, OneOf

FONT = {"font_name": "Calibri", "font_size": 11}
HEADER = {**FONT, "bold": True, "bottom": 1, "bg_color": "#E8EEF4"}
WRONG = {**FONT, "num_format": "@", "bg_color": "#F8C9C4"}
SAID = {**FONT, "font_color": "#9C1C12"}
TEXT = {**FONT, "num_format": "@"}
DAY = {**FONT, "num_format": "yyyy-mm-dd"}
NARROW, WIDE, VERY_WIDE = 12, 40, 80  # characters
LISTS = "Lists"  # the hidden sheet of names to choose from
MAX_CELL = 32_767  # characters that Excel allows


def new_workbook(file: IO[bytes]) -> Any:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return xlsxwriter.Workbook(file, options)


def template(schema: Schema, sheet_name: str) -> bytes:
    """A table without rows. There is no example row."""
    file = io.BytesIO()
    write_table(file, schema, sheet_name, ())
    return file.getvalue()


def write_table(
    file: IO[bytes], schema: Schema, sheet_name: str, rows: Iterable[Sequence[Any]]
) -> None:
    """The header, and below it cells of each column's kind: text where Excel would change what is
    typed, names to choose from. A note at each name says its rules. `rows` have a value or None for
    each column; numbers are numbers in columns of numbers."""
    with new_workbook(file) as book:
        sheet = book.add_worksheet(sheet_name)
        header, text, day, number = (book.add_format(each) for each in (HEADER, TEXT, DAY, FONT))
        kinds = []
        names_to_choose = []
        for position, column in enumerate(schema.columns):
            width = min(WIDE, max(NARROW, len(column.template_label) + 4, len(column.example)))
            kinds.append(number if column.is_number else day if column.is_date else text)
            sheet.set_column(position, position, width, kinds[-1])
            sheet.write_string(0, position, column.template_label, header)
            said = note(column, can_be_cleared=bool(schema.newest) and not column.required)
            sheet.write_comment(0, position, said, {"x_scale": 2, "font_size": 10})
            if names := choices(column):
                names_to_choose.append(names)
                add_choice(sheet, position, schema.row_limit, len(names_to_choose), len(names))
        for row_number, row in enumerate(rows, 1):
            for position, value in enumerate(row):
                if schema.columns[position].is_number and value is not None:
                    sheet.write_number(row_number, position, value, kinds[position])
                elif value is not None:
                    sheet.write_string(row_number, position, value[:MAX_CELL], kinds[position])
        sheet.freeze_panes(1, 0)
        if names_to_choose:
            write_lists(book, names_to_choose)


def note(column: Column, *, can_be_cleared: bool = False) -> str:
    lines = [str(column.about)] if column.about else []
    lines += [str(rule.in_words) for rule in (column.required, *column.rules) if rule]
    if column.example:
        lines.append(gettext("Example: %(example)s") % {"example": column.example})
    if can_be_cleared:
        lines.append(gettext("With “Update”, (clear) empties the value."))
    return "\n".join(lines)


def choices(column: Column) -> list[str]:
    """The names that the column takes, if it takes no others."""
    for rule in column.rules:
        if isinstance(rule, Approved):
            return sorted(rule.names())
        if isinstance(rule, OneOf):
            return list(rule.names)
    return []


def add_choice(sheet: Any, position: int, rows: int, number: int, names: int) -> None:
    column = xlsxwriter.utility.xl_col_to_name(number - 1, col_abs=True)
    rule = {
        "validate": "list",
        "source": f"={LISTS}!{column}$1:{column}${names}",
        # Typed names differ in case, and the list may have grown since.
        "error_type": "warning",
        "error_title": gettext("Not in the list"),
        "error_message": gettext("Choose one of the names in the list."),
    }
    sheet.data_validation(1, position, rows, position, rule)


def write_lists(book: Any, lists: list[list[str]]) -> None:
    sheet = book.add_worksheet(LISTS)
    sheet.hide()
    for row in range(max(map(len, lists))):
        for position, names in enumerate(lists):
            if row < len(names):
                sheet.write_string(row, position, names[row])


def write_rows_to_fix(
    file: IO[bytes], header: list[str], rows: Iterable[tuple[list[str], str, Iterable[int]]]
) -> None:
    """A header whose last name is that of the messages; and rows: their cells, their messages, and
    the positions of the wrong cells, which become red."""
    with new_workbook(file) as book:
        sheet = book.add_worksheet(gettext("Rows to fix"))
        bold, wrong, text, said = (book.add_format(each) for each in (HEADER, WRONG, TEXT, SAID))
        last = len(header) - 1
        sheet.set_column(0, last, 18, text)
        sheet.set_column(last, last, VERY_WIDE, said)
        sheet.freeze_panes(1, 0)
        for position, name in enumerate(header):
            sheet.write_string(0, position, name, bold)
        for number, (cells, messages, positions) in enumerate(rows, 1):
            red = {*positions}
            for position, cell in enumerate(cells):
                if cell:
                    form = wrong if position in red else text
                    sheet.write_string(number, position, cell[:MAX_CELL], form)
                elif position in red:
                    sheet.write_blank(number, position, None, wrong)
            sheet.write_string(number, last, messages[:MAX_CELL], said)
