"""100 percent means all, and the last portion may be incomplete."""

import pytest

from config.rounding import ceil_div, percent


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
