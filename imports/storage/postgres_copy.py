"""Appends rows to a table with COPY, the fastest way into PostgreSQL."""

import csv
import io
import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db import connection
from psycopg2 import sql

PIECE_CHARACTERS = 1024 * 1024
# Represents NULL in the COPY data. It is random, so that no cell of a file can contain it.
NULL = secrets.token_hex(8)


class _CopyText(csv.Dialect):
    """PostgreSQL's text format: every tab, line break and backslash is escaped.

    Not its CSV format: before version 18, a quoted cell with a line of `\\.` ends the data.
    """

    delimiter = "\t"
    quoting = csv.QUOTE_NONE
    escapechar = "\\"
    lineterminator = "\r\n"  # csv escapes both characters in cells because both are listed here


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
    writer = csv.writer(text, _CopyText)
    for row in rows:
        writer.writerow([NULL if value is None else value for value in row])
        if text.tell() > PIECE_CHARACTERS:
            break
    return text.getvalue().encode()
