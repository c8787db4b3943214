"""The minimum for PostgreSQL to import a file's rows, without checking any rules.

`COPY` the unchanged file into a temporary table, then `INSERT … SELECT … ON CONFLICT DO NOTHING`
into a table with the same structure, indexes and foreign key, and commit. No Python code handles
single rows.
"""

import io
import time

from django.db import connection, transaction
from psycopg2 import sql

from bench.files import File

TABLE = "products_by_copy"


def copy_and_insert(file: File, vendor_id: str) -> float:
    """Import a file without errors; return the duration in seconds."""
    body = io.BytesIO(file.csv())
    names = sql.SQL(", ").join([sql.Identifier(column) for column in file.columns])
    table = sql.Identifier(TABLE)
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE incoming_by_copy AS SELECT {names} FROM {table} WITH NO DATA"
            ).format(names=names, table=table)
        )
        cursor.copy_expert(
            sql.SQL("COPY incoming_by_copy ({}) FROM STDIN (FORMAT csv, HEADER)").format(names),
            body,
        )
        cursor.execute(
            sql.SQL(
                "INSERT INTO {table} ({names}, vendor_id, upload_id, upload_row) "
                "SELECT {names}, %s, 'BY_COPY', row_number() OVER () + 1 FROM incoming_by_copy "
                "ON CONFLICT DO NOTHING"
            ).format(names=names, table=table),
            [vendor_id],
        )
        inserted = cursor.rowcount
        cursor.execute("DROP TABLE incoming_by_copy")
    seconds = time.perf_counter() - began
    if inserted != len(file.rows):
        raise AssertionError(f"{inserted} of {len(file.rows)} rows were inserted")
    return seconds
