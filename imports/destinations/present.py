"""What the vendor's records hold before an import changes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg2 import sql

from imports.destinations.table import Table, identifiers
from imports.models import Upload
from imports.rules.schema import IN_USE, Schema


def values_of(
    table: Table, upload: Upload, schema: Schema, identities: Sequence[str], columns: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The values of columns in the records that the vendor has, by identity."""
    statement = sql.SQL("SELECT {} FROM {} WHERE {} = ANY(%s) AND {} = %s").format(
        identifiers([schema.identity, *columns]),
        sql.Identifier(table.name),
        sql.Identifier(schema.identity),
        sql.Identifier(table.vendor_column),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(identities), upload.vendor_id])
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in cursor.fetchall()}


def count_in_use(table: Table, upload: Upload, schema: Schema, *, filled: str = "") -> int:
    """How many records of the vendor are in use, and have more than 0 in the column `filled`."""
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s AND {} = %s").format(
        sql.Identifier(table.name),
        sql.Identifier(table.vendor_column),
        sql.Identifier(schema.state),
    )
    if filled:
        statement += sql.SQL(" AND {} > 0").format(sql.Identifier(filled))
    with connection.cursor() as cursor:
        cursor.execute(statement, [upload.vendor_id, IN_USE])
        return int(cursor.fetchone()[0])
