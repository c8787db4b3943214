"""Any text is read from a table as it was written."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports.storage.postgres_copy import PIECE_CHARACTERS, ROWS_AT_ONCE, copy_rows, pieces

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
# What PostgreSQL can store: no NUL, no lone surrogates.
storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
cells = st.one_of(st.none(), storable, st.sampled_from(["\\N", "\\.", "a\n\\.\nb", "\t", "\r\n"]))


@pytest.mark.django_db
@given(st.lists(st.tuples(cells, cells), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_text_is_read_as_it_was_written(rows: list[tuple[str | None, str | None]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS copied (n int, a text, b text)")
        cursor.execute("TRUNCATE copied")
        copy_rows("copied", ["n", "a", "b"], [(n, a, b) for n, (a, b) in enumerate(rows)])
        cursor.execute("SELECT a, b FROM copied ORDER BY n")
        assert cursor.fetchall() == rows


@pytest.mark.django_db
def test_values_are_read_as_they_were_written() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    rows = [
        (1, 0.1, NOON, "a"),
        (2, 1e308, NOON.replace(microsecond=5), None),
        (3, -5.0, east, "\\"),
        (4, None, None, ""),
    ]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (n int, x float, at timestamptz, a text)")
        copy_rows("copied", ["n", "x", "at", "a"], rows)
        cursor.execute("SELECT n, x, at, a FROM copied ORDER BY n")
        assert cursor.fetchall() == rows


def test_rows_are_sent_in_pieces_while_they_are_made() -> None:
    """So that 200,000 rejected rows, each kept with its errors, take no more memory than a few."""
    made = 0
    width = PIECE_CHARACTERS // ROWS_AT_ONCE // 4

    def rows() -> Iterator[tuple[int, str]]:
        nonlocal made
        for made in range(1, 2_001):
            yield made, "x" * width

    sizes = []
    ahead = []
    for piece in pieces(rows()):
        sizes.append(len(piece))
        ahead.append(made - sum(sizes) // width)
    assert made == 2_000
    assert max(sizes) < 2 * PIECE_CHARACTERS
    assert max(ahead) <= ROWS_AT_ONCE


def test_a_piece_takes_little_more_memory_than_its_characters() -> None:
    """The worker never gives all of it back."""
    rows = ((number, "x" * 100) for number in range(PIECE_CHARACTERS * 3 // 100))
    tracemalloc.start()
    try:
        for _ in pieces(rows):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * PIECE_CHARACTERS
