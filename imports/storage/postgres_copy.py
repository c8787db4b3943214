"""Appends rows to a table with COPY, the fastest way into PostgreSQL."""

import io
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice
from types import NoneType
from typing import Any

from django.db import connection
from psycopg2 import sql

PIECE_CHARACTERS = 1024 * 1024
ROWS_AT_ONCE = 50
# Represents NULL in the COPY data. It is random, so that no cell of a file can contain it.
NULL = secrets.token_hex(8)
# PostgreSQL's text format, and not its CSV format: before version 18, a quoted cell with a line of
# `\\.` ends the data.
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ESCAPED = re.compile(r"[\\\t\n\r]")
# Of a type of values, the function that makes texts of them, if it is not `str`. Moments take
# longer than all others, and many rows have the same.
TEXT_OF: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: NULL,
    datetime: lru_cache(1_000)(datetime.isoformat),
}


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append `rows` to `table`; None becomes NULL.

    Values are text, numbers, or anything whose `str` PostgreSQL reads. They are sent in pieces, so
    that the memory needed does not depend on their number. Raises Django's database errors.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT text, NULL {})").format(
        sql.Identifier(table),
        sql.SQL(", ").join([sql.Identifier(name) for name in columns]),
        sql.Literal(NULL),
    )
    # Each piece is complete before its COPY begins: PostgreSQL can end a session that is idle in a
    # transaction, and not one that waits for more rows of a COPY.
    for piece in pieces(rows):
        # Django does not wrap the errors of `copy_expert`, which psycopg2 adds to a cursor.
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(statement, io.BytesIO(piece))


def pieces(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """`rows` in COPY's format, each piece to be sent before the next is made."""
    return iter(partial(next_piece, iter(rows)), b"")


def next_piece(rows: Iterator[Sequence[Any]]) -> bytes:
    # Nothing is read from the StringIO: for that it takes four bytes for each character.
    text = io.StringIO()
    while text.tell() <= PIECE_CHARACTERS and (some := list(islice(rows, ROWS_AT_ONCE))):
        columns = map(as_texts, zip(*some, strict=True))
        text.writelines(f"{line}\n" for line in map("\t".join, zip(*columns, strict=True)))
    return text.getvalue().encode()


def as_texts(column: Sequence[Any]) -> Sequence[str]:
    """The values of a column as COPY reads them: far faster than value by value."""
    types = set(map(type, column))
    if len(types) == 1:
        texts = list(map(TEXT_OF.get(types.pop(), str), column))
    else:
        texts = [TEXT_OF.get(type(value), str)(value) for value in column]
    if ESCAPED.search("".join(texts)):
        texts = [text.translate(ESCAPES) for text in texts]
    return texts
