"""A sample file of another program, saved as a workbook by each of several writers, is read as its
CSV file is.

The files `*.libreoffice.xlsx` were saved by LibreOffice 7.4. Excel and Google Sheets cannot be run
here: `workbook_writers.py` writes what their files look like.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imports.datasets.products import DATASET
from imports.formats.layout import Layout
from imports.formats.sample import Unmatched
from imports.rules.number_format import OWN
from imports.rules.spreadsheet import shown
from tests.imports.foreign.test_files import FILES, NAMES, expected, rows_of
from tests.imports.foreign.workbook_writers import WRITERS, Table
from tests.product_files import csv_bytes, good_row

# Their letters cannot be read as CSV with certainty; a workbook leaves no doubt about them.
UNREADABLE = {"polish"}


def read(path: Path) -> tuple[Layout, list[Any], list[Any]]:
    """The layout of a file, what a person would be shown of it, and its rows without marks."""
    sample = []
    try:
        layout = DATASET.inspect(path, 1, "create")
    except Unmatched as asked:
        layout = asked.layout
        seen = asked.sample
        sample = [(column.filled, column.values) for column in seen.columns]
        sample += [(len(row), row) for row in seen.rows]
    width = len(layout.header)
    rows = [
        (number, [shown(cell).strip() for cell in cells][:width])
        for number, cells in DATASET.format.rows(path, layout)
    ]
    return layout, sample, rows


def alike(layout: Layout) -> Layout:
    """What is said of a file whichever way it is written."""
    return replace(layout, encoding="", delimiter="", sheet="", raw_width=0, separator_line=False)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNREADABLE])
def test_a_workbook_is_read_like_its_csv_twin(tmp_path: Path, name: str, writer: str) -> None:
    said = expected(name)
    path = tmp_path / "file"
    path.write_bytes(WRITERS[writer](rows_of(said)))
    layout, sample, rows = read(path)
    of_csv, sample_of_csv, rows_of_csv = read(FILES / said["file"])
    assert alike(layout) == alike(of_csv)
    assert sample == sample_of_csv
    assert rows == rows_of_csv
    assert layout.sheet


@pytest.mark.parametrize("name", ["german", "shopify"])
def test_a_workbook_that_libreoffice_saved_is_read_like_its_csv_twin(name: str) -> None:
    layout, sample, rows = read(FILES / f"{name}.libreoffice.xlsx")
    of_csv, sample_of_csv, rows_of_csv = read(FILES / expected(name)["file"])
    assert alike(layout) == alike(of_csv)
    assert sample == sample_of_csv
    assert rows == rows_of_csv


def test_numbers_that_libreoffice_saved_are_those_that_it_shows() -> None:
    _, _, rows = read(FILES / "numbers.libreoffice.xlsx")
    assert rows[1][1][-2:] == ["20", "1.234"]


@pytest.mark.parametrize("writer", WRITERS)
def test_numbers_of_a_workbook_are_those_of_its_csv_twin(tmp_path: Path, writer: str) -> None:
    data = [good_row(n, price=f"{n}.99", stock_quantity=str(n), weight_kg="1.234") for n in (1, 20)]
    table: Table = [
        [*data[0]],
        *([float(text) if OWN.fullmatch(text) else text for text in row.values()] for row in data),
    ]
    (tmp_path / "csv").write_bytes(csv_bytes(data))
    (tmp_path / "xlsx").write_bytes(WRITERS[writer](table))
    _, _, rows = read(tmp_path / "xlsx")
    assert rows == read(tmp_path / "csv")[2]
    assert rows[1][1][-2:] == ["20", "1.234"]


def test_a_workbook_has_no_doubt_about_letters(tmp_path: Path) -> None:
    (tmp_path / "polish").write_bytes(WRITERS["openpyxl"](rows_of(expected("polish"))))
    _, _, rows = read(tmp_path / "polish")
    assert any("ł" in cell or "ó" in cell for _, cells in rows for cell in cells)
