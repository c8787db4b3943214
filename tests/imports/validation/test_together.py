"""Rows are judged together, column by column and each text once, as if each were alone."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.datasets import get
from imports.formats.layout import Layout
from imports.rules.rows import StagedRow
from imports.validation.batch import ValidatedBatch
from imports.validation.validate import validate

TODAY = date(2026, 6, 30)
ODD = st.sampled_from(
    [
        *("", " ", "NULL", "(clear)", "#REF!", "a\0b", "\u200b", "a\u200db", "e\u0301", "x" * 201),
        *("a" + "\u0301" * 250, "one\ntwo", "a,b\nc,d,e,f,g,h", "1,234", "12.5", "-0", "1e400"),
        *("\u0663", "Dr. No", "Anne-Marie", "\u041c\u0430\u0440\u0438\u044f", "--", "A@B.example"),
        *("a@b", "555123456", "1990-02-30", "1899-01-01", "2027-01-01", "Narnia", "deu", '"1"'),
        *("2026-01-01T00:00:00+05:30", "2026-01-01T00:00:00", "9999-12-31T23:59:59-01:00"),
    ]
)
GOOD = {
    "customers": ("7", "Zo\xeb O'Neill", "z@x.example", "36", "1990-04-30", "5551234567", "DE"),
    "metrics": ("cpu.load", "0.75", "2026-01-31T12:00:00Z"),
}


def rows_of(key: str) -> st.SearchStrategy[list[list[str]]]:
    cells = [st.one_of(st.just(good), st.just(good), ODD) for good in GOOD[key]]
    width = st.integers(len(cells) - 1, len(cells))
    row = st.tuples(st.tuples(*cells), width).map(lambda drawn: [*drawn[0][: drawn[1]]])
    return st.lists(row, min_size=1, max_size=12)


def judged(key: str, rows: list[StagedRow], mode: str = "create") -> ValidatedBatch:
    dataset = get(key)
    header = tuple(column.key for column in dataset.columns)
    layout = Layout("utf-8", ",", header, 0, len(rows))
    return validate(dataset, layout, rows, mode, TODAY)


def said_of(batch: ValidatedBatch, i: int) -> tuple[Any, ...]:
    of_rows = (batch.problems, batch.warnings, batch.notices)
    return (batch.values[i], *(found.get(i) for found in of_rows))


@pytest.mark.parametrize("key", GOOD)
@given(data=st.data())
def test_a_row_is_judged_as_if_it_were_alone(key: str, data: st.DataObject) -> None:
    cells = data.draw(rows_of(key))
    cut = data.draw(st.lists(st.sampled_from([[], [], [0]]), min_size=12, max_size=12))
    rows = [(number, row, cut[number]) for number, row in enumerate(cells)]
    together = judged(key, rows)
    for i, row in enumerate(rows):
        assert said_of(together, i) == said_of(judged(key, [row]), 0)
