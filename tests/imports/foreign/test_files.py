"""Sample files of other programs and languages agree with what is said of each.

Beside each file of `files/`, `<name>.expected.json` says

- how it is to be read: `encoding`, `delimiter`, `header_row` (as a spreadsheet counts, from 1),
  `decimal_mark` and `thousands_mark` of its numbers, whether they have `trailing_zeros` beyond the
  decimals that our columns take, and the `preset` that fits it;
- `columns`: for each cell of its header, the key of our column that is matched by itself, null for
  none of ours, or ? for what only the vendor knows;
- `answers`: what the vendor answers, by the key of our column: from which cell (one that feeds
  another column, too, where ID and SKU are the same), with a text to `strip` or a `factor`; or one
  `value` for all rows;
- `products`: what is then imported, and `rejected_rows`, as a spreadsheet counts.
"""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from imports.datasets.products import DATASET
from imports.rules.numbers import Number, Whole
from imports.rules.text import Approved

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in FILES.glob("*.json"))
NUMBERS = {c.key for c in DATASET.columns if any(isinstance(r, Number | Whole) for r in c.rules)}


def expected(name: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((FILES / f"{name}.expected.json").read_text(encoding="utf-8"))
    return said


def rows_of(said: dict[str, Any]) -> list[list[str]]:
    with (FILES / said["file"]).open(encoding=said["encoding"], newline="") as file:
        rows = list(csv.reader(file, delimiter=said["delimiter"], strict=True))
    rows[0][0] = rows[0][0].removeprefix("\ufeff")
    return rows


def mapping(said: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By the key of our column: where it comes from, whether by itself or by an answer."""
    known = {"", None, "?"}
    itself = {key: {"from": cell} for cell, key in said["columns"].items() if key not in known}
    return {**itself, **said["answers"]}


def value(said: dict[str, Any], cells: dict[str, str], key: str, source: dict[str, str]) -> str:
    if "value" in source:
        return source["value"]
    text = cells[source["from"]].replace(source.get("strip", ""), "").strip()
    if key not in NUMBERS or not text:
        return text
    text = text.replace(said["thousands_mark"], "") if said["thousands_mark"] else text
    text = text.replace(said["decimal_mark"], ".")
    if "factor" in source or said["trailing_zeros"]:
        text = f"{(Decimal(text) * Decimal(source.get('factor', 1))).normalize():f}"
    return text


def product(said: dict[str, Any], cells: dict[str, str]) -> dict[str, str]:
    values = {key: value(said, cells, key, source) for key, source in mapping(said).items()}
    return {key: text for key, text in values.items() if text}


def is_complete(found: dict[str, str]) -> bool:
    return all(column.key in found for column in DATASET.columns if column.required)


@pytest.mark.parametrize("name", NAMES)
def test_the_header_is_matched_as_said(name: str) -> None:
    said = expected(name)
    header = rows_of(said)[said["header_row"] - 1]
    assert header == [*said["columns"]]
    preset = DATASET.preset_of(header)
    assert (preset.title if preset else "") == said["preset"]
    found = {header[source.position]: key for key, source in DATASET.match(header).items()}
    assert found == {cell: key for cell, key in said["columns"].items() if key not in {None, "?"}}


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_become_the_products(name: str) -> None:
    said = expected(name)
    header, *rows = rows_of(said)[said["header_row"] - 1 :]
    assert {len(row) for row in rows} == {len(header)}
    found = [product(said, dict(zip(header, row, strict=True))) for row in rows]
    incomplete = [
        number
        for number, values in enumerate(found, start=said["header_row"] + 1)
        if not is_complete(values)
    ]
    assert incomplete == said["rejected_rows"]
    assert [values for values in found if is_complete(values)] == said["products"]


@pytest.mark.parametrize("name", NAMES)
def test_the_products_are_valid(name: str) -> None:
    for values in expected(name)["products"]:
        for key, text in values.items():
            column = DATASET.by_key[key]
            for rule in column.rules:
                if not isinstance(rule, Approved):  # categories are in the database
                    rule.checker(column.label)(text)


def test_every_answer_is_to_a_question() -> None:
    for name in NAMES:
        said = expected(name)
        by_itself = {key for key in said["columns"].values() if key}
        assert not by_itself & said["answers"].keys(), name
        assert is_complete(said["products"][0]), name
