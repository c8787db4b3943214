"""Numbers with their units: plurals agree, long numbers have separators."""

from collections.abc import Callable

import pytest

from imports.rules import quantities


@pytest.mark.parametrize(
    ("quantity", "count", "text"),
    [
        (quantities.rows, 0, "0 rows"),
        (quantities.rows, 1, "1 row"),
        (quantities.rows, 10_001, "10,001 rows"),
        (quantities.errors, 1, "1 error"),
        (quantities.days, 90, "90 days"),
        (quantities.hours, 1, "1 hour"),
        (quantities.minutes, 60, "1 minute"),
        (quantities.minutes, 61, "2 minutes"),
        (quantities.file_size, None, "Unknown"),
        (quantities.file_size, 1, "1 byte"),
        (quantities.file_size, 1023, "1,023 bytes"),
        (quantities.file_size, 1024, "1 KB"),
        (quantities.file_size, 10 * 1024 * 1024 + 512 * 1024, "10.5 MB"),
    ],
)
def test_a_quantity_in_words(quantity: Callable[..., str], count: int | None, text: str) -> None:
    assert quantity(count) == text
