"""What is certain about how a file writes numbers, and that nothing else is taken for granted."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.rules.number_format import (
    COMMA,
    CURRENCIES,
    POINT,
    WITH_SIGN,
    Evidence,
    NumberFormat,
    certain_mark,
    decimal_mark,
)

DIVIDERS = {
    POINT: ["", ",", " ", "'", "\u2019", "\u00a0", "\u202f"],
    COMMA: ["", ".", " ", "\u202f"],
}


def written(value: Decimal, mark: str, divider: str) -> str:
    return f"{value:,}".replace(",", "§").replace(".", mark).replace("§", divider)


def seen(*cells: str) -> Evidence:
    evidence = Evidence()
    for cell in cells:
        evidence.see(cell)
    return evidence


@given(
    value=st.decimals(-(10**9), 10**9, allow_nan=False, places=2),
    mark=st.sampled_from([POINT, COMMA]),
    sign=st.sampled_from(["", "€", "kg"]),
    data=st.data(),
)
def test_a_number_is_read_as_it_was_written(
    value: Decimal, mark: str, sign: str, data: st.DataObject
) -> None:
    text = written(value, mark, data.draw(st.sampled_from(DIVIDERS[mark])))
    cell = data.draw(st.sampled_from([f"{text} {sign}", f"{text}{sign}"])) if sign else text
    assert decimal_mark([seen(cell)]) == mark  # two places leave no doubt
    assert Decimal(NumberFormat(mark, sign).plain(cell.strip())) == value


@pytest.mark.parametrize(
    ("number", "mark"),
    [
        ("1,234", ""),
        ("1.234", ""),
        ("1234", ""),
        ("1 234", ""),
        ("0,350", COMMA),
        ("0.350", POINT),
        ("12,5", COMMA),
        ("1.234.567", COMMA),
        ("1,234,567", POINT),
        ("1.234,56", COMMA),
        ("1,23,456.00", ""),
        ("1.2.3", ""),
        ("31.12.2026", ""),
    ],
)
def test_what_a_number_says_for_certain(number: str, mark: str) -> None:
    assert certain_mark(number) == mark


def test_nothing_is_certain_where_cells_contradict_each_other() -> None:
    assert decimal_mark([seen("12,50"), seen("12.50")]) == ""
    assert decimal_mark([seen("1,234"), seen("1.234")]) == ""


@pytest.mark.parametrize("text", ["1,234", "1 234", "1.234,50", "12,5"])
def test_without_a_certain_cell_nothing_is_changed(text: str) -> None:
    assert NumberFormat().plain(text) == text


@pytest.mark.parametrize(
    ("decimal", "text"),
    [
        (COMMA, "12.50"),
        (COMMA, "1,2,3"),
        (COMMA, "12,50 $"),
        (COMMA, "€ 12,50 €"),
        (COMMA, "12,5\u0661"),
        (POINT, "1,23"),
        (POINT, "01,234"),
        (POINT, "1'234,567"),
        (POINT, "1e5"),
        (POINT, "--5"),
        (POINT, "twelve"),
    ],
)
def test_what_does_not_fit_stays_as_it_is(decimal: str, text: str) -> None:
    assert NumberFormat(decimal, "€").plain(text) == text


def test_a_column_with_two_currencies_has_none() -> None:
    assert seen("12,50 €", "13,00 €", "14,00").sign == "€"
    assert seen("12,50 €", "13,00 $").sign == ""
    assert {"€", "EUR", "zł"} <= CURRENCIES
    assert not {"g", "kg", "%"} & CURRENCIES


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_number_says_what_any_number_says(seed: int) -> None:
    """Most cells take a short way, which must come to the same end."""
    chance = random.Random(seed)
    for _ in range(2_000):
        text = "".join(chance.choices("0123456789.,", k=chance.randint(1, 9)))
        evidence = Evidence()
        evidence.see(text)
        found = WITH_SIGN.fullmatch(text)
        mark = certain_mark(found["number"]) if found else ""
        assert evidence.marks == ({mark} if mark else set()), text


@pytest.mark.parametrize(
    ("text", "plain"),
    [("12.0000", "12"), ("89.9500", "89.95"), ("0.0700", "0.07"), ("12.34560", "12.3456")]
    + [(text, text) for text in ("1.000", "12.500", "0.640", "12.00", "1000", "100.0")],
)
def test_zeros_at_the_end_of_more_than_three_decimals_say_nothing(text: str, plain: str) -> None:
    """Three may be a thousand, also in a file whose prices have a decimal point."""
    assert NumberFormat(POINT).plain(text) == plain
