"""Cells that would cost much more than others cost a worker no more time."""

import time
import unicodedata
from datetime import date

from imports.datasets import all_datasets
from imports.formats.layout import Layout
from imports.rules.rows import StagedRow
from imports.validation.validate import validate

MARKS = "a" + "\u0301\u0323" * 5_000


def test_ten_thousand_combining_marks_are_reported_and_not_sorted() -> None:
    """260 such cells took more than 30 s: sorting them is quadratic. Measured at 0.5 s."""
    products = all_datasets()["products"]
    header = ("vendor_product_id", "description")
    layout = Layout("utf-8", ",", header, 1, 260)
    rows: list[StagedRow] = [(number, [f"VP-{number}", MARKS], []) for number in range(2, 262)]
    started = time.process_time()
    batch = validate(products, layout, rows, "update", date(2026, 1, 1))
    assert time.process_time() - started < 10
    assert {p.code for found in batch.problems.values() for p in found} == {"INVALID_VALUE"}
    assert "accents" in batch.problems[0][0].message


def test_texts_of_every_language_are_normalized() -> None:
    text = unicodedata.normalize("NFD", "Tiếng Việt, ελληνικά, हिन्दी ") * 30
    products = all_datasets()["products"]
    layout = Layout("utf-8", ",", ("vendor_product_id", "description"), 1, 1)
    batch = validate(products, layout, [(2, ["1", text], [])], "update", date(2026, 1, 1))
    assert batch.problems == {}
    assert unicodedata.normalize("NFC", text.strip()) in batch.values[0]
