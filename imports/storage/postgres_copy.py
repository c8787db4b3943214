"""Rows into a table with COPY, the fastest way into PostgreSQL."""

import csv
import io
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg2 import sql

# What stands for NULL on the way; nobody can put it into a cell because nobody knows it.
NULL = secrets.token_hex(8)


class _CopyText(csv.Dialect):
    """PostgreSQL's text format: every tab, line break and backslash escaped.

    Not its CSV format: before version 18 a quoted cell with a line of `\\.` ends the data there.
    """

    delimiter = "\t"
    quoting = csv.QUOTE_NONE
    escapechar = "\\"
    lineterminator = "\r\n"  # both characters are escaped in cells because they stand here


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
