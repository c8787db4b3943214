"""100 percent means all, and the last portion may be incomplete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.rounding import ceil_div, percent, shares


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, 0), (0, 7, 0), (1, 3, 33), (9_999, 10_000, 99), (7, 7, 100)],
)
def test_percent(part: int, whole: int, expected: int) -> None:
    assert percent(part, whole) == expected


@pytest.mark.parametrize(
    ("number", "by", "expected"), [(0, 60, 0), (1, 60, 1), (60, 60, 1), (61, 60, 2)]
)
def test_ceil_div(number: int, by: int, expected: int) -> None:
    assert ceil_div(number, by) == expected


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=6))
def test_shares_add_up(parts: list[int]) -> None:
    found = shares(*parts)
    assert sum(found) == (100 if sum(parts) else 0)
    assert all(share >= 0 for share in found)
    for n in range(1, len(parts) + 1):
        assert sum(found[:n]) == percent(sum(parts[:n]), sum(parts))
