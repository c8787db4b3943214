"""What an undo says of records that it did not take back, or not all of."""

import itertools

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg2 import sql

from imports.destinations.base import Undone
from imports.destinations.table import Table
from imports.models import Upload
from imports.rules.base import notice
from imports.rules.cells import Everywhere
from imports.rules.schema import Schema

NOT_UNDONE = Everywhere(
    "NOT_UNDONE",
    {
        "changed_by_file": _("Not undone: {fields}. Changed since, by '{value}' on {when}"),
        "changed_by_hand": _("Not undone: {fields}. Changed since, by a person on {when}"),
        "gone": _("Not undone, because this product was removed since"),
        "taken": _("Not added again, because another product has its ID or its SKU now"),
    },
    remedy=_("If you want other values, edit the product or upload a file with them."),
)
REMOVED = {"gone": "gone", "add": "taken"}  # what to say, by fate
# With the last change of the fields that were not undone, and the values by which a person knows
# the record: of one that is there no more, what it held last.
FOUND = """
    SELECT undoing.upload_row, fate, other, last.upload_id, last.at, file_name, {keys}
    FROM undoing LEFT JOIN {table} AS stored USING ({pk})
    LEFT JOIN LATERAL (
        SELECT before FROM product_changes AS change
        WHERE change.product_id = undoing.product_id AND kind = 'D'
        ORDER BY change_id DESC LIMIT 1
    ) AS removal ON fate IN ('gone', 'add')
    LEFT JOIN LATERAL (
        SELECT upload_id, at FROM product_changes AS change
        WHERE change.product_id = undoing.product_id AND before ?| other
        ORDER BY change_id DESC LIMIT 1
    ) AS last ON true
    LEFT JOIN upload_history ON upload_history.upload_id = last.upload_id
    WHERE fate IN ('gone', 'add')
        OR (fate IN ('restore', 'restored', 'kept') AND other IS NOT NULL)
    ORDER BY coalesce(undoing.upload_row, 0), product_id
"""


def say(undone: Undone, table: Table, upload: Upload, schema: Schema) -> None:
    """Keep the notices by row of the file. Records that no row names get numbers below 1."""
    fields = table.fields(schema)
    keys = [unique.column for unique in schema.unique]
    statement = table.statement(
        FOUND,
        keys=sql.SQL(", ").join(
            sql.SQL("coalesce({}, removal.before ->> {}, '')").format(
                sql.Identifier("stored", key), sql.Literal(key)
            )
            for key in keys
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchall()
    rowless = itertools.count(-upload.processed_records, -1)
    for file_row, fate, other, by, at, file_name, *cells in found:
        row = next(rowless) if file_row is None else file_row
        if fate in REMOVED:
            said = notice(NOT_UNDONE, schema.identity, REMOVED[fate])
        else:
            said = notice(
                NOT_UNDONE,
                schema.identity,
                "changed_by_file" if by else "changed_by_hand",
                value=file_name or by or "",
                when=f"{at:%Y-%m-%d %H:%M:%S} UTC",
                fields=", ".join(schema.label(name) for name in fields if name in other),
            )
        undone.notices.setdefault(row, []).append(said)
        undone.rows[row] = dict(zip(map(schema.label, keys), cells, strict=True))
