"""Takes back what an upload did: a field that still holds what the upload wrote holds again what it
held before, and a record that the upload added is removed if nothing of it has changed since.

The values stay in the database, which decides on each record (undoing.py). Computed here is only
how new they are then, once for all records that are alike.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection
from psycopg2 import sql

from catalog.content_order import FieldStamps, stamp
from catalog.models import ProductChange
from catalog.models.change import stamps_as_json, stamps_of
from imports.destinations import not_undone, undoing
from imports.destinations.base import Undone
from imports.destinations.table import CONTENT, Table, identifiers
from imports.models import Upload
from imports.rules.schema import Schema

INSERTED, UPDATED, DELETED = ProductChange.Kind

# The records to restore, by what decides how new their fields are, before and after.
ALIKE = """
    SELECT content_at, content_upload_id, content_times, at, stamps, fields, array_agg(product_id)
    FROM undoing, LATERAL (
        SELECT array_agg(field) AS fields FROM jsonb_object_keys(before) AS field
    ) AS names
    WHERE fate = 'restore'
    GROUP BY content_at, content_upload_id, content_times, at, stamps, fields
"""
# `others` are fields that only other records get back.
RESTORED = """
    (
        SELECT unnest(keys) AS {pk}, others, replaced,
            content_at, content_upload_id, content_times::jsonb
        FROM jsonb_to_recordset(%(alike)s) AS alike (
            keys int[], others text[], replaced jsonb,
            content_at timestamptz, content_upload_id text, content_times text
        )
    ) AS alike JOIN undoing USING ({pk})
"""
RESTORE = """
    UPDATE {table} SET {changes} FROM {restored}, jsonb_to_record(before) AS back ({types})
    WHERE {table}.{pk} = undoing.{pk}
"""
GOES_BACK = "CASE WHEN before ? {name} THEN back.{column} ELSE {table}.{column} END"
REMOVED = "undoing JOIN {table} AS stored USING ({pk}) WHERE fate = 'remove'"
REMOVE = "DELETE FROM {table} USING undoing WHERE {table}.{pk} = undoing.{pk} AND fate = 'remove'"
# As FieldStamps are stored: of rows of before these columns, too, it says how new they are.
WITH_CONTENT = (
    "{} || jsonb_build_object('content_at', coalesce(stored.content_at, stored.updated_at))"
)
RECORD = """
    INSERT INTO product_changes
        (vendor_id, upload_id, run, kind, product_id, upload_row, before, content)
    SELECT %(vendor)s, %(undo)s, %(run)s, %(kind)s, undoing.product_id, undoing.upload_row,
        {before}, {replaced} FROM {records}
"""
TO_ADD = "SELECT product_id, upload_row, before FROM undoing WHERE fate = 'add'"
ADDED = "UPDATE undoing SET fate = 'added' WHERE product_id = ANY(%s)"


def extent(upload_id: str) -> tuple[int, int]:
    """How many products an upload changed, and the highest of their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT product_id), coalesce(max(product_id), 0) "
            "FROM product_changes WHERE upload_id = %s",
            [upload_id],
        )
        count, last = cursor.fetchone()
        return count, last


def take_back(table: Table, upload: Upload, schema: Schema, *, most: int) -> Undone:
    """Take back what the upload's `undoes` did to the next records, `most` of them at a time.

    Called inside the transaction that locks the upload's row. Raises database errors.
    """
    table.lock(str(upload.vendor_id or ""))
    last = undoing.last_of_part(upload, most)
    if last is None:
        return Undone(last=upload.staged_items)
    undoing.decide(table, upload, schema, last)
    add_again(table, upload, schema)
    restore(table, upload, schema)
    remove(table, upload, schema)
    counts = undoing.counts()
    undone = Undone(
        last=last,
        restored=counts["restore"] + counts["restored"],
        removed=counts["remove"] + counts["removed"],
        added=counts["added"],
        kept=counts["kept"] + counts["add"],
        gone=counts["gone"],
    )
    not_undone.say(undone, table, upload, schema)
    return undone


def restore(table: Table, upload: Upload, schema: Schema) -> None:
    """Let fields go back that hold what the upload wrote."""
    alike = [*groups(schema)]
    if not alike:
        return
    every = {field for _, fields, _ in alike for field in fields}
    columns = [field for field in table.fields(schema) if field in every]
    described = [
        {"keys": keys, "others": [*every.difference(fields)], **content}
        for keys, fields, content in alike
    ]
    parameters = {"alike": json.dumps(described)}
    restored = table.statement(RESTORED)
    records = table.statement("{restored} JOIN {table} AS stored USING ({pk})", restored=restored)
    before = sql.SQL("{} - others").format(table.recorded(columns, of="stored"))
    record(upload, UPDATED, records, before=before, replaced="replaced", **parameters)
    new = {
        name: table.statement(GOES_BACK, name=sql.Literal(name), column=sql.Identifier(name))
        for name in columns
    }
    content = {name: sql.SQL(f"alike.{name}") for name in CONTENT}
    types = [sql.SQL("{} {}").format(sql.Identifier(n), table.type_of(n)) for n in columns]
    statement = table.statement(
        RESTORE,
        restored=restored,
        types=sql.SQL(", ").join(types),
        changes=table.changes({**new, **content}, schema),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def groups(schema: Schema) -> Iterator[tuple[list[int], list[str], dict[str, Any]]]:
    """Of records that are alike: their keys, the fields that go back, and how new these were
    (`replaced`) and all are then. Of changes that do not say it, as new as the change."""
    with connection.cursor() as cursor:
        cursor.execute(ALIKE)
        found = cursor.fetchall()
    for content_at, by, times, at, stamps, fields, keys in found:
        present = FieldStamps.read(content_at, by, times)
        known = stamps_of(json.loads(stamps) if stamps else None, fields)
        after = present.after(dict.fromkeys(fields, stamp(at)) | known, schema.changeable)
        new_at, new_by, new_times = after.columns()
        yield (
            keys,
            fields,
            {
                "replaced": stamps_as_json({field: present.of(field) for field in fields}),
                "content_at": new_at.isoformat(),
                "content_upload_id": new_by,
                "content_times": new_times,
            },
        )


def remove(table: Table, upload: Upload, schema: Schema) -> None:
    """Remove the records that the upload added and that are as they were then."""
    fields = table.fields(schema)
    columns = [*fields, *table.beside(fields), *CONTENT]
    before = sql.SQL(WITH_CONTENT).format(table.recorded(columns, of="stored"))
    record(upload, DELETED, table.statement(REMOVED), before=before)
    with connection.cursor() as cursor:
        cursor.execute(table.statement(REMOVE))


def record(
    upload: Upload,
    kind: ProductChange.Kind,
    records: sql.Composable,
    *,
    before: sql.Composable,
    replaced: str = "NULL",
    **parameters: Any,
) -> None:
    """Record changes of `records` before they are made: what they hold, and how new that is."""
    statement = sql.SQL(RECORD).format(before=before, replaced=sql.SQL(replaced), records=records)
    of_all = {
        "vendor": upload.vendor_id,
        "undo": upload.upload_id,
        "run": upload.run,
        "kind": kind.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, of_all | parameters)


def add_again(table: Table, upload: Upload, schema: Schema) -> None:
    """Add the records again that the undone upload removed, unless others have their keys."""
    with connection.cursor() as cursor:
        cursor.execute(TO_ADD)
        removed = [(pk, row, json.loads(before)) for pk, row, before in cursor.fetchall()]
    if not removed:
        return
    added: set[int] = set()
    # Records that different versions removed may have different columns.
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    shared = next(unique.column for unique in schema.unique if unique.scope == "platform")
    for pk, _, before in removed:
        row = (pk, upload.vendor_id, *before.values())
        by_columns.setdefault(tuple(before), []).append(row)
    for columns, rows in by_columns.items():
        names = [table.pk, table.vendor_column, *columns]
        added |= add_rows(table, names, rows, order=shared)
    table.record(upload, INSERTED, ((pk, row, {}, {}) for pk, row, _ in removed if pk in added))
    with connection.cursor() as cursor:
        cursor.execute(ADDED, [[*added]])


def add_rows(
    table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]], *, order: str
) -> set[int]:
    """Insert rows, in the order of a column that vendors share, so that two batches do not
    deadlock. Returns the keys of those that were inserted."""
    table.copy(names, rows)
    statement = table.statement(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ORDER BY {order} "
        "ON CONFLICT DO NOTHING RETURNING {pk}",
        columns=identifiers(names),
        order=sql.Identifier(order),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {pk for (pk,) in cursor.fetchall()}
