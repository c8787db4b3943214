"""Mode `replace`: the file has the whole catalog, so records that it lacks are deactivated.

The identities of all rows are claimed before the first one is written, also those of rows that are
rejected for another reason: a product with a wrong price is in the file.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg2 import sql

from catalog.content_order import stamp
from catalog.models import ContentConfirmation
from imports.destinations import claimed_keys, plans
from imports.destinations.base import Deactivated, Missing
from imports.destinations.key_conflicts import Change, Key, KeyConflicts, KeyOwner
from imports.destinations.table import Table
from imports.models import Upload
from imports.rules.base import RowProblem, notice
from imports.rules.cells import Everywhere
from imports.rules.schema import IN_USE, NOT_IN_USE, Schema

NAMED = "named by a row"  # claimed like a key: identities of the file's rows
UNKNOWN = ""  # claimed by the first row that has no usable identity
STILL_INACTIVE = Everywhere(
    "STILL_INACTIVE",
    {"by_hand": _("This product stays inactive, because a person has deactivated it")},
    remedy=_("To offer it again, reactivate it on its page."),
    of_row=True,
)
NOTHING_DEACTIVATED = Everywhere(
    "NOTHING_DEACTIVATED",
    {"unknown": _("No product was deactivated, because this row does not say which product it is")},
    remedy=_("Fix the ID in this row and upload the whole file again."),
    of_row=True,
)
# The active records of the vendor that no row names.
ABSENT = sql.SQL(
    "{vendor} = %s AND {state} = %s AND NOT EXISTS ("
    "SELECT FROM claimed_keys WHERE upload_id = %s AND column_name = %s AND key = {identity})"
)


def claim(upload: Upload, identities: Sequence[tuple[Key, int]]) -> None:
    """Claim what rows name: (identity or None, row)."""
    named: dict[str, int] = {}
    for identity, row in identities:
        named.setdefault(UNKNOWN if identity is None else str(identity), row)
    known = claimed_keys.of(upload, NAMED, [*named])
    new = ((key, row) for key, row in named.items() if key not in known)
    claimed_keys.keep(upload, NAMED, new)


def missing(table: Table, upload: Upload, schema: Schema) -> Missing:
    statement = sql.SQL(
        "SELECT count(*) FILTER (WHERE {absent}), count(*) FROM {table} "
        "WHERE {vendor} = %s AND {state} = %s"
    ).format(
        absent=of_table(table, schema),
        table=sql.Identifier(table.name),
        vendor=sql.Identifier(table.vendor_column),
        state=sql.Identifier(schema.state),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters(upload), upload.vendor_id, IN_USE])
        return Missing(*cursor.fetchone())


def of_table(table: Table, schema: Schema) -> sql.Composed:
    return ABSENT.format(
        vendor=sql.Identifier(table.vendor_column),
        state=sql.Identifier(schema.state),
        identity=sql.Identifier(schema.identity),
    )


def parameters(upload: Upload) -> list[Any]:
    return [upload.vendor_id, IN_USE, upload.upload_id, NAMED]


def deactivate(table: Table, upload: Upload, schema: Schema, *, most: int) -> Deactivated:
    """Deactivate the next records that no row names, in the order of their keys. One whose content
    is newer than the file stays as it is. A check only keeps what an import would do.

    Called inside the transaction that locks the upload's row. Raises database errors.
    """
    if row := claimed_keys.of(upload, NAMED, [UNKNOWN]).get(UNKNOWN):
        said = {row: [notice(NOTHING_DEACTIVATED, "", "unknown")]}
        return Deactivated(0, upload.cursor, done=True, notices=said)
    if not upload.is_check:
        table.lock(str(upload.vendor_id))
    condition = sql.SQL("{absent} AND {pk} > %s ORDER BY {pk} LIMIT %s {lock}").format(
        absent=of_table(table, schema),
        pk=sql.Identifier(table.pk),
        lock=sql.SQL("" if upload.is_check else "FOR UPDATE"),
    )
    found = table.stored(
        condition,
        [*parameters(upload), upload.cursor, most],
        keys=[schema.identity],
        values=table.fields(schema),
        with_content=True,
    )
    owners = {owner.pk: (key[0], owner) for key, owner in found if owner.pk is not None}
    old = {pk: owner for pk, owner in owners.items() if is_older(owner[1], upload, schema)}
    newer = ContentConfirmation.objects.of(str(upload.vendor_id), old, newer=upload.content_order)
    gone = [owner for pk, owner in old.items() if pk not in newer]
    if upload.is_check:
        first = -upload.deactivated_records  # numbers below 1: no row names them
        would = plans.Planned({schema.state: IN_USE}, {schema.state: NOT_IN_USE})
        plans.store(upload, [(first - n, identity, would) for n, (identity, _) in enumerate(gone)])
    else:
        by = stamp(*upload.content_order)
        changes = [
            Change(
                owner,
                before={schema.state: IN_USE},
                after={schema.state: NOT_IN_USE},
                stamps={schema.state: by},
                kept=[],
            )
            for _, owner in gone
        ]
        table.update(upload, schema, [(None, change) for change in changes])
    last = max(owners, default=upload.cursor)
    return Deactivated(len(gone), last, done=len(owners) < most, notices={})


def is_older(owner: KeyOwner, upload: Upload, schema: Schema) -> bool:
    """Whether no field of a record is newer than the upload's content."""
    fields = (*schema.changeable, schema.state)
    return not owner.content.newer(fields, stamp(*upload.content_order))


def still_inactive(conflicts: KeyConflicts) -> dict[int, list[RowProblem]]:
    """What to say of rows of inactive records that stay so, by position."""
    if not conflicts.upload.replaces:
        return {}
    return {
        i: [notice(STILL_INACTIVE, "", "by_hand")]
        for i, change in (conflicts.changed | conflicts.same).items()
        if change.stored.values[-1] == NOT_IN_USE and conflicts.schema.state not in change.after
    }
