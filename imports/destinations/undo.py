"""Takes back what an upload did: a field that still holds what the upload wrote holds again what it
held before, and a record that the upload added is removed if nothing of it has changed since."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg2 import sql

from catalog.content_order import stamp
from catalog.models import ProductChange
from catalog.models.change import as_json, stamps_of
from imports.destinations.base import Undone
from imports.destinations.key_conflicts import Change, KeyOwner
from imports.destinations.table import CONTENT, Table, identifiers
from imports.models import Upload
from imports.rules.base import RowProblem, notice
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
INSERTED, DELETED = ProductChange.Kind.INSERTED, ProductChange.Kind.DELETED

NEXT = """
    SELECT DISTINCT product_id FROM product_changes
    WHERE upload_id = %s AND product_id > %s ORDER BY product_id LIMIT %s
"""
EFFECTS = """
    SELECT product_id, change_id, kind, upload_row, before, content, at FROM product_changes
    WHERE upload_id = %s AND product_id = ANY(%s) ORDER BY product_id, change_id
"""
# For each record and field: what the first change after the upload's last one replaced.
REPLACED_SINCE = """
    SELECT DISTINCT ON (product_id, field) product_id, field, value
    FROM unnest(%s::int[], %s::bigint[]) AS done (product_id, last)
    JOIN product_changes USING (product_id), jsonb_each(before) AS replaced (field, value)
    WHERE change_id > last ORDER BY product_id, field, change_id
"""
# For each record and field: the last change of it.
CHANGED_LAST = """
    SELECT DISTINCT ON (product_id) product_id, upload_id, at
    FROM unnest(%s::int[], %s::text[]) AS kept (product_id, field)
    JOIN product_changes USING (product_id)
    WHERE before ? field ORDER BY product_id, change_id DESC
"""
# What records held that are there no more.
HELD_LAST = """
    SELECT DISTINCT ON (product_id) product_id, before FROM product_changes
    WHERE product_id = ANY(%s) AND kind = 'D' ORDER BY product_id, change_id DESC
"""


@dataclass
class Effect:
    """What an upload did to a record: `before` holds what it replaced, `stamps` how new that was,
    both by field; `last` is its last change of the record."""

    pk: int
    kind: str
    row: int | None
    at: datetime
    last: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)


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
    pks = next_of(upload, most)
    effects = effects_of(str(upload.undoes_id), pks)
    part = Part(
        table,
        upload,
        schema,
        stored=locked(table, schema, pks),
        since=replaced_since([*effects.values()]),
        done=effects_of(upload.upload_id, pks) if upload.run > 1 else {},
    )
    for effect in effects.values():
        part.decide(effect)
    undone = part.write()
    undone.last = pks[-1] if pks else upload.staged_items
    return undone


class Columns(NamedTuple):
    """The columns of a record: its fields, and those beside them."""

    fields: tuple[str, ...]
    beside: tuple[str, ...]


class Stored(NamedTuple):
    """A record: its owner with the values of its fields, and those of the columns beside them."""

    columns: Columns
    owner: KeyOwner
    others: tuple[Any, ...]

    def value(self, name: str) -> Any:
        return self.owner.values[self.columns.fields.index(name)]

    @property
    def values(self) -> dict[str, Any]:
        return dict(zip(self.columns.fields, self.owner.values, strict=True))

    @property
    def beside(self) -> dict[str, Any]:
        return dict(zip(self.columns.beside, self.others, strict=True))


@dataclass
class Part:
    """Some records of an undo: what they hold, what later changes have replaced of what the upload
    wrote, and what earlier runs of this undo did to them; and what is to be done to them."""

    table: Table
    upload: Upload
    schema: Schema
    stored: dict[int, Stored]
    since: dict[int, dict[str, Any]]
    done: dict[int, Effect]
    undone: Undone = field(default_factory=Undone)
    changes: list[tuple[int | None, Change]] = field(default_factory=list)
    removals: list[tuple[Effect, dict[str, Any]]] = field(default_factory=list)
    additions: list[Effect] = field(default_factory=list)
    kept: list[tuple[Effect, list[str]]] = field(default_factory=list)  # with changed fields
    gone: list[Effect] = field(default_factory=list)

    def decide(self, effect: Effect) -> None:
        done = self.done.get(effect.pk)
        stored = self.stored.get(effect.pk)
        if done and done.kind == DELETED:
            self.undone.removed += 1
        elif done and done.kind == INSERTED:
            self.undone.added += 1
        elif effect.kind == DELETED:
            self.additions.append(effect)
        elif stored is None:
            self.gone.append(effect)
        elif effect.kind == INSERTED:
            self._remove(effect, stored)
        else:
            self._restore(effect, stored, done)

    def _remove(self, effect: Effect, stored: Stored) -> None:
        """Remove a record that the upload added, if it is as it was then."""
        if other := self._changed_since(effect, stored, stored.columns.fields):
            self.kept.append((effect, other))
            self.undone.kept += 1
        else:
            content = dict(zip(CONTENT, stored.owner.content.columns(), strict=True))
            self.removals.append((effect, stored.values | stored.beside | content))
            self.undone.removed += 1

    def _restore(self, effect: Effect, stored: Stored, done: Effect | None) -> None:
        """Let fields go back that hold what the upload wrote."""
        names = [name for name in effect.before if not done or name not in done.before]
        if other := self._changed_since(effect, stored, names):
            self.kept.append((effect, other))
        if back := [name for name in names if name not in other]:
            self.changes.append((effect.row, going_back(stored, effect, back)))
        if back or done:
            self.undone.restored += 1
        else:
            self.undone.kept += 1

    def _changed_since(self, effect: Effect, stored: Stored, names: Iterable[str]) -> list[str]:
        """The fields that hold something else than what the upload wrote."""
        since = self.since.get(effect.pk)
        if not since:
            return []
        return [
            name for name in names if name in since and since[name] != as_json(stored.value(name))
        ]

    def write(self) -> Undone:
        """Do what was decided."""
        added = add_again(self.table, self.upload, self.schema, self.additions)
        self.table.update(self.upload, self.schema, self.changes)
        remove(self.table, self.upload, self.removals)
        taken = [effect for effect in self.additions if effect.pk not in added]
        self.undone.added += len(added)
        self.undone.kept += len(taken)
        self.undone.gone += len(self.gone)
        missing = held_last([effect.pk for effect in (*self.gone, *taken)])
        said = [
            *of_kept(self.schema, self.kept),
            *((effect, notice(NOT_UNDONE, self.schema.identity, "gone")) for effect in self.gone),
            *((effect, notice(NOT_UNDONE, self.schema.identity, "taken")) for effect in taken),
        ]
        known = {e.pk: self.stored[e.pk].values for e, _ in said if e.pk in self.stored} | missing
        say(self.undone, self.upload, self.schema, known, said)
        return self.undone


def locked(table: Table, schema: Schema, pks: list[int]) -> dict[int, Stored]:
    """The records of these keys, locked in their order, as everyone does who changes several."""
    condition = sql.SQL("{pk} = ANY(%s) ORDER BY {pk} FOR UPDATE").format(
        pk=sql.Identifier(table.pk)
    )
    columns = Columns(table.fields(schema), tuple(table.beside(table.fields(schema))))
    keys = (table.pk, *columns.beside)
    found = table.stored(condition, [pks], keys=keys, values=columns.fields, with_content=True)
    return {key[0]: Stored(columns, owner, key[1:]) for key, owner in found}


def next_of(upload: Upload, most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [upload.undoes_id, upload.cursor, most])
        return [pk for (pk,) in cursor.fetchall()]


def effects_of(upload_id: str, pks: list[int]) -> dict[int, Effect]:
    """What an upload did to these records, by their keys and in that order."""
    found: dict[int, Effect] = {}
    with connection.cursor() as cursor:
        cursor.execute(EFFECTS, [upload_id, pks])
        for pk, change_id, kind, row, before, content, at in cursor.fetchall():
            effect = found.setdefault(pk, Effect(pk, kind, row, at))
            effect.last = change_id
            values = json.loads(before) if before else {}
            stamps = stamps_of(parsed(content) if content else None, values)
            effect.before = values | effect.before
            effect.stamps = stamps | effect.stamps
    return found


# The changes of one file have few different ones.
parsed = lru_cache(maxsize=1_000)(json.loads)


def replaced_since(effects: Collection[Effect]) -> dict[int, dict[str, Any]]:
    """What the upload wrote and a later change replaced, by record and field."""
    found: dict[int, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        done = [[effect.pk for effect in effects], [effect.last for effect in effects]]
        cursor.execute(REPLACED_SINCE, done)
        for pk, name, value in cursor.fetchall():
            found.setdefault(pk, {})[name] = json.loads(value)
    return found


def going_back(stored: Stored, effect: Effect, names: Collection[str]) -> Change:
    """These fields get back their values, and how new those are: of changes that do not say it, as
    new as the change."""
    unknown = stamp(effect.at)
    return Change(
        stored.owner,
        before={name: stored.value(name) for name in names},
        after={name: effect.before[name] for name in names},
        stamps={name: effect.stamps.get(name, unknown) for name in names},
        kept=[],
    )


def remove(
    table: Table, upload: Upload, removals: Sequence[tuple[Effect, Mapping[str, Any]]]
) -> None:
    if not removals:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
                sql.Identifier(table.name), sql.Identifier(table.pk)
            ),
            [[effect.pk for effect, _ in removals]],
        )
    table.record(
        upload,
        DELETED,
        ((effect.pk, effect.row, before, {}) for effect, before in removals),
    )


def add_again(table: Table, upload: Upload, schema: Schema, effects: Sequence[Effect]) -> set[int]:
    """Add the records again that the undone upload removed, unless others have their keys. Returns
    the keys of those that were added."""
    added: set[int] = set()
    # Records that different versions removed may have different columns.
    by_columns: dict[tuple[str, ...], list[Effect]] = {}
    shared = next(unique.column for unique in schema.unique if unique.scope == "platform")
    for effect in effects:
        by_columns.setdefault(tuple(effect.before), []).append(effect)
    for columns, alike in by_columns.items():
        added |= add_rows(
            table,
            [table.pk, table.vendor_column, *columns],
            ([effect.pk, upload.vendor_id, *effect.before.values()] for effect in alike),
            order=shared,
        )
    back = (effect for effect in effects if effect.pk in added)
    table.record(upload, INSERTED, ((effect.pk, effect.row, {}, {}) for effect in back))
    return added


def add_rows(
    table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]], *, order: str
) -> set[int]:
    """Insert rows, in the order of a column that vendors share, so that two batches do not
    deadlock. Returns the keys of those that were inserted."""
    table.copy(names, rows)
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ORDER BY {order} "
        "ON CONFLICT DO NOTHING RETURNING {pk}"
    ).format(
        table=sql.Identifier(table.name),
        columns=identifiers(names),
        incoming=sql.Identifier(table.incoming),
        pk=sql.Identifier(table.pk),
        order=sql.Identifier(order),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {pk for (pk,) in cursor.fetchall()}


def held_last(pks: list[int]) -> dict[int, dict[str, Any]]:
    """What records held that are there no more, as far as it was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(HELD_LAST, [pks])
        return {pk: json.loads(before) for pk, before in cursor.fetchall() if before}


def of_kept(
    schema: Schema, kept: Sequence[tuple[Effect, list[str]]]
) -> Iterator[tuple[Effect, RowProblem]]:
    """Since when, and by whom, fields hold something else; of several, the last change."""
    pairs = [(effect.pk, name) for effect, names in kept for name in names]
    with connection.cursor() as cursor:
        cursor.execute(CHANGED_LAST, [[pk for pk, _ in pairs], [name for _, name in pairs]])
        changed = {pk: (upload_id, at) for pk, upload_id, at in cursor.fetchall()}
    ids = {upload_id for upload_id, _ in changed.values() if upload_id}
    files = dict(Upload.objects.filter(pk__in=ids).values_list("pk", "file_name"))
    for effect, fields in kept:
        upload_id, at = changed[effect.pk]
        yield (
            effect,
            notice(
                NOT_UNDONE,
                schema.identity,
                "changed_by_file" if upload_id else "changed_by_hand",
                value=files.get(upload_id, upload_id or ""),
                when=f"{at:%Y-%m-%d %H:%M:%S} UTC",
                fields=", ".join(schema.label(name) for name in fields),
            ),
        )


def say(
    undone: Undone,
    upload: Upload,
    schema: Schema,
    known: Mapping[int, Mapping[str, Any]],
    said: Sequence[tuple[Effect, RowProblem]],
) -> None:
    """Keep the notices by row of the file. Records that no row names get numbers below 1."""
    keys = [unique.column for unique in schema.unique]
    rowless = -upload.processed_records
    for effect, each in sorted(said, key=lambda pair: (pair[0].row or 0, pair[0].pk)):
        row = effect.row
        if row is None:
            row, rowless = rowless, rowless - 1
        cells = known.get(effect.pk, {})
        undone.notices.setdefault(row, []).append(each)
        undone.rows[row] = {schema.label(key): str(cells.get(key) or "") for key in keys}
