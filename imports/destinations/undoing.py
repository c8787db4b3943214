"""Decides what becomes of each record that an undo takes back, in the session's temporary table
`undoing`."""

from collections import Counter

from django.db import connection
from psycopg2 import sql

from imports.destinations.table import STORED_CONTENT, Table
from imports.models import Upload
from imports.rules.schema import Schema

LAST_OF_PART = """
    SELECT max(product_id) FROM (
        SELECT DISTINCT product_id FROM product_changes
        WHERE upload_id = %s AND product_id > %s ORDER BY product_id LIMIT %s
    ) AS part
"""
OF_PART = "product_id > %(after)s AND product_id <= %(last)s"
# In the order of their keys, as everyone does who changes several.
LOCK = """
    SELECT FROM {table} WHERE {pk} IN (
        SELECT product_id FROM product_changes WHERE upload_id = %(undone)s AND {of_part}
    ) ORDER BY {pk} FOR UPDATE
"""
# `fate`: the record is to be restored (`restore`), removed (`remove`) or added again (`add`), an
# earlier run of the undo has done that (`restored`, `removed`, `added`), or it is `kept` or `gone`.
# `before` is what it gets back, by field, and `stamps` how new that is, as `content` of a change.
# `other` are the fields that hold something else than the upload wrote; NULL if none does. The rest
# says how new the record's fields are.
UNDOING = """
    CREATE TEMP TABLE IF NOT EXISTS undoing (
        product_id int, upload_row int, at timestamptz, fate text,
        before jsonb, stamps jsonb, other text[],
        content_at timestamptz, content_upload_id text, content_times jsonb
    ) ON COMMIT DELETE ROWS
"""
# An upload that changed a record several times replaced, in each field, what its first change of
# that field did. It wrote what the first later change of a field replaced, or if there is none,
# what the record holds.
DECIDE = """
    WITH change AS (
        SELECT DISTINCT ON (product_id) product_id, kind, upload_row, at, before, content,
            max(change_id) OVER same AS last, count(*) OVER same > 1 AS is_one_of_several
        FROM product_changes WHERE upload_id = %(undone)s AND {of_part}
        WINDOW same AS (PARTITION BY product_id) ORDER BY product_id, change_id
    ), effect AS (
        SELECT product_id, kind, upload_row, at, last,
            CASE WHEN is_one_of_several
                THEN (SELECT jsonb_object_agg(field, value ORDER BY change_id DESC) {of_several})
                ELSE before END AS before,
            CASE WHEN is_one_of_several
                THEN (SELECT jsonb_object_agg(field, stamp ORDER BY change_id DESC)
                      FILTER (WHERE stamp IS NOT NULL) {of_several})
                ELSE content END AS stamps
        FROM change
    )
    INSERT INTO undoing
    SELECT product_id, effect.upload_row, at,
        CASE WHEN done.kind = 'D' THEN 'removed'
             WHEN done.kind = 'I' THEN 'added'
             WHEN effect.kind = 'D' THEN 'add'
             WHEN stored.{pk} IS NULL THEN 'gone'
             WHEN effect.kind = 'I' AND other IS NULL THEN 'remove'
             WHEN effect.kind = 'U' AND back <> '{{}}' THEN 'restore'
             WHEN done.kind = 'U' THEN 'restored'
             ELSE 'kept' END,
        back, stamps, other, {content}
    FROM effect LEFT JOIN {table} AS stored USING ({pk}),
        LATERAL (
            SELECT (array_agg(kind ORDER BY change_id))[1] AS kind,
                coalesce(array_agg(field) FILTER (WHERE field IS NOT NULL), '{{}}') AS fields
            FROM product_changes AS earlier
            LEFT JOIN jsonb_object_keys(earlier.before) AS field ON true
            WHERE %(run)s > 1 AND upload_id = %(undo)s
                AND earlier.product_id = effect.product_id
        ) AS done,
        LATERAL (SELECT effect.before - done.fields AS wanted) AS not_done,
        LATERAL (
            SELECT jsonb_object_agg(field, value ORDER BY change_id DESC) AS replaced
            FROM product_changes AS later, jsonb_each(later.before) AS each (field, value)
            WHERE later.product_id = effect.product_id AND change_id > last
        ) AS since,
        LATERAL (
            SELECT array_agg(field) AS other FROM jsonb_each(replaced) AS each (field, value)
            WHERE value <> {values} -> field AND (effect.kind = 'I' OR wanted ? field)
        ) AS changed,
        LATERAL (SELECT wanted - coalesce(other, '{{}}') AS back) AS going_back
"""
OF_SEVERAL = """
    FROM product_changes AS one, jsonb_each(one.before) AS each (field, value), LATERAL (
        SELECT CASE jsonb_typeof(one.content)
            WHEN 'string' THEN one.content ELSE one.content -> field END AS stamp
    ) AS its
    WHERE upload_id = %(undone)s AND one.product_id = change.product_id
"""


def last_of_part(upload: Upload, most: int) -> int | None:
    """The key of the last of the next records, `most` of them; None if there are no more."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_OF_PART, [upload.undoes_id, upload.cursor, most])
        (last,) = cursor.fetchone()
    found: int | None = last
    return found


def decide(table: Table, upload: Upload, schema: Schema, last: int) -> None:
    """Lock the next records, up to that key, and decide on each. Raises database errors."""
    of_part = sql.SQL(OF_PART)
    decision = table.statement(
        DECIDE,
        of_part=of_part,
        of_several=sql.SQL(OF_SEVERAL),
        content=sql.SQL(STORED_CONTENT),
        values=table.recorded(table.fields(schema), of="stored"),
    )
    parameters = {
        "undone": upload.undoes_id,
        "undo": upload.upload_id,
        "run": upload.run,
        "after": upload.cursor,
        "last": last,
    }
    with connection.cursor() as cursor:
        cursor.execute(table.statement(LOCK, of_part=of_part), parameters)
        cursor.execute(UNDOING)
        cursor.execute("TRUNCATE undoing")
        cursor.execute(decision, parameters)


def counts() -> Counter[str]:
    """How many records have each fate."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fate, count(*) FROM undoing GROUP BY fate")
        return Counter(dict(cursor.fetchall()))
