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
    names = sql.SQL(", ").join([sql.Identifier(column) for column in file.columns])
    insertion = sql.SQL(
        "INSERT INTO {table} ({names}, vendor_id, upload_id, upload_row) "
        "SELECT {names}, %s, 'BY_COPY', row_number() OVER () + 1 FROM incoming_by_copy "
        "ON CONFLICT DO NOTHING"
    )
    return copied(file, insertion.format(table=sql.Identifier(TABLE), names=names), vendor_id)


def copy_and_update(file: File, vendor_id: str) -> float:
    """Write all rows of a file to those that were imported; return the duration in seconds."""
    changes = [
        sql.SQL("{0} = incoming_by_copy.{0}").format(sql.Identifier(column))
        for column in file.columns
    ]
    update = sql.SQL(
        "UPDATE {table} SET {changes}, updated_at = now() FROM incoming_by_copy "
        "WHERE {table}.vendor_id = %s "
        "AND {table}.vendor_product_id = incoming_by_copy.vendor_product_id"
    )
    changed = sql.SQL(", ").join(changes)
    return copied(file, update.format(table=sql.Identifier(TABLE), changes=changed), vendor_id)


def copied(file: File, statement: sql.Composed, vendor_id: str) -> float:
    """COPY a file into a temporary table, and write all of its rows from there by the statement.
    Returns the duration in seconds."""
    body = io.BytesIO(file.csv())
    names = sql.SQL(", ").join([sql.Identifier(column) for column in file.columns])
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE incoming_by_copy AS SELECT {names} FROM {table} WITH NO DATA"
            ).format(names=names, table=sql.Identifier(TABLE))
        )
        cursor.copy_expert(
            sql.SQL("COPY incoming_by_copy ({}) FROM STDIN (FORMAT csv, HEADER)").format(names),
            body,
        )
        cursor.execute(statement, [vendor_id])
        written = cursor.rowcount
        cursor.execute("DROP TABLE incoming_by_copy")
    seconds = time.perf_counter() - began
    if written != len(file.rows):
        raise AssertionError(f"{written} of {len(file.rows)} rows were written")
    return seconds
