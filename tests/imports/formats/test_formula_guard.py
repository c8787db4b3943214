"""No cell of a file we write is run by a spreadsheet, whatever separator it is set to."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imports.formats.csv_writer import csv_lines
from imports.formats.formula_guard import PLAIN_NUMBER, escape_formula, unescape_formula

# A number, and then what follows our comma or our end of a line: no formula.
NUMBER_FIRST = re.compile(rf"\s*{PLAIN_NUMBER.pattern}(?:,|\r\n|\Z)")
RUN = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
evil = st.text("=+-@;|\t\n\r,\" a1'", max_size=12)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Mouse;=1+1", "Mouse;'=1+1"),
        ("Mouse\t=1+1", "Mouse\t'=1+1"),
        ("Mouse|@SUM(A1)", "Mouse|'@SUM(A1)"),
        ("Mouse\n=1+1", "Mouse\n'=1+1"),
        ('Mouse; "=1+1"', 'Mouse; "\'=1+1"'),
        ("=1;=2", "'=1;'=2"),
        ("2;3", "2;3"),
        ("-10.00", "-10.00"),
        ("'=1+1", "''=1+1"),
        ("Mouse;'=1+1", "Mouse;''=1+1"),
        ("'-10.00", "''-10.00"),
        ("' =1+1", "'' =1+1"),
        ("'tis", "'tis"),
    ],
)
def test_formulas_within_a_cell_are_escaped_and_come_back(cell: str, expected: str) -> None:
    assert escape_formula(cell) == expected
    assert unescape_formula(expected) == cell


@given(cell=st.text("=+-@;|\t\n\r,\" a1'", max_size=20))
@example(cell="\n'=1")
@example(cell="';'=1")
@example(cell="';\"'=1")
@example(cell="' =1")
def test_every_cell_comes_back(cell: str) -> None:
    assert unescape_formula(escape_formula(cell)) == cell


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@given(rows=st.lists(st.lists(evil, min_size=1, max_size=4), min_size=1, max_size=4))
@example(rows=[["a", "b;=1+1", "c"]])
@example(rows=[['x;"=1+1"']])
@example(rows=[["", "\r"], ["-1"]])
@example(rows=[["", "\r"], ["-1"], [""]])
def test_no_cell_is_a_formula_with_any_separator(separator: str, rows: list[list[str]]) -> None:
    text = b"".join(csv_lines(rows)).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        for cell in row:
            assert NUMBER_FIRST.match(cell) or not RUN.match(cell), (row, cell)
