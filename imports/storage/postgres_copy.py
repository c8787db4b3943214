"""Appends rows to a table with COPY, the fastest way into PostgreSQL."""

import csv
import io
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg2 import sql

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

    Values are text, numbers, or anything whose `str` PostgreSQL reads. Raises database errors.
    """
    text = io.StringIO()
    csv.writer(text, _CopyText).writerows(
        [NULL if value is None else value for value in row] for row in rows
    )
    if not text.tell():
        return
    text.seek(0)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT text, NULL {})").format(
        sql.Identifier(table),
        sql.SQL(", ").join([sql.Identifier(name) for name in columns]),
        sql.Literal(NULL),
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, text)
