"""Reads and writes rows of a table in bulk, and records every change."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, models
from psycopg2 import sql
from psycopg2.errors import UniqueViolation

from catalog.content_order import FieldStamps
from catalog.models import ProductChange
from catalog.models.change import recorded, stamps_as_json
from config.database.locks import lock_rows_of
from imports.destinations.key_conflicts import Change, Key, KeyOwner
from imports.models import Upload
from imports.rules.schema import Schema
from imports.storage.postgres_copy import copy_rows

CONTENT = ("content_at", "content_upload_id", "content_times")
# How new a row is; rows of before these columns were last changed at `updated_at`.
STORED_CONTENT = "coalesce(content_at, updated_at), coalesce(content_upload_id, ''), content_times"
AS_TEXT = (models.DecimalField, models.JSONField)  # in records of changes
# See Product.deactivated_after.
SINCE = """deactivated_at = CASE WHEN {state} = 'inactive'
    THEN coalesce(products.deactivated_at, statement_timestamp()) END"""


@dataclass(frozen=True)
class Table:
    """A table whose model has a field for each column of a data set, `upload_id`, `upload_row` and,
    if its rows can be changed, `updated_at`."""

    model: type[models.Model]
    vendor_column: str = ""  # the vendor of a row; "" if rows have no vendor
    # The model has the columns CONTENT, which say how new the fields of a row are.
    keeps_newest: bool = False
    history: bool = False  # every change is recorded as a ProductChange

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def pk(self) -> str:
        return str(self.model._meta.pk.column)

    @property
    def incoming(self) -> str:
        """The session's temporary table."""
        return f"incoming_{self.name}"

    def fields(self, schema: Schema) -> tuple[str, ...]:
        """The fields of a row that an upload can set, in the order of a KeyOwner's values."""
        return (*schema.positions, schema.state) if schema.state else tuple(schema.positions)

    def beside(self, fields: Sequence[str]) -> list[str]:
        """The columns that hold neither the fields nor how new they are."""
        known = {self.pk, self.vendor_column, "updated_at", *fields, *CONTENT}
        columns = (str(each.column) for each in self.model._meta.concrete_fields)
        return [column for column in columns if column not in known]

    def lock(self, vendor_id: str) -> None:
        """Lock out other batches of the vendor, and bulk edits, until the transaction ends."""
        lock_rows_of(self.name, [vendor_id])

    def stored(
        self,
        condition: sql.Composable,
        parameters: Sequence[Any],
        *,
        keys: Sequence[str],
        values: Sequence[str],
        with_content: bool,
    ) -> Iterator[tuple[tuple[Key, ...], KeyOwner]]:
        """The rows that meet a condition, each with the values of its columns `keys`."""
        content = sql.SQL(
            STORED_CONTENT if with_content and self.keeps_newest else "NULL, NULL, NULL"
        )
        changed_at = sql.SQL("updated_at" if with_content else "NULL")
        columns = identifiers([*keys, self.pk, "upload_id", "upload_row"])
        every = map(sql.Identifier, values)
        statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            sql.SQL(", ").join([columns, content, changed_at, *every]),
            sql.Identifier(self.name),
            condition,
        )
        width = len(keys)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            for row in cursor.fetchall():
                pk, upload_id, number, at, by, times, updated_at, *stored = row[width:]
                stamps = FieldStamps.read(at, by, times) if at else FieldStamps()
                yield (
                    row[:width],
                    KeyOwner(upload_id, number, pk, stamps, updated_at, tuple(stored)),
                )

    def update(
        self, upload: Upload, schema: Schema, changes: Sequence[tuple[int | None, Change]]
    ) -> int:
        """Change stored rows, each by a row of the file, unless they have changed since they were
        looked up. Returns how many were changed."""
        if not changes:
            return 0
        differ = {key for _, change in changes for key in change.after}
        fields = self.fields(schema)
        positions = [(key, at) for at, key in enumerate(fields) if key in differ]
        content = CONTENT if self.keeps_newest else ()

        def row(change: Change) -> Iterator[Any]:
            stored, after = change.stored, change.after
            yield stored.pk
            yield stored.updated_at
            for key, at in positions:
                yield after[key] if key in after else stored.values[at]
            if self.keeps_newest:
                yield from stored.content.after(change.stamps, schema.changeable).columns()

        columns = [key for key, _ in positions]
        self.copy(
            [self.pk, "updated_at", *columns, *content], (tuple(row(each)) for _, each in changes)
        )
        new = {name: sql.Identifier(self.incoming, name) for name in (*columns, *content)}
        statement = self.statement(
            "UPDATE {table} SET {changes} FROM {incoming} "
            "WHERE {table}.{pk} = {incoming}.{pk} AND {table}.updated_at = {incoming}.updated_at",
            changes=self.changes(new, schema),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)
            updated = int(cursor.rowcount)
        if self.history:
            replaced = (
                (change.stored.pk, row, change.before, replaced_stamps(change))
                for row, change in changes
            )
            self.record(upload, ProductChange.Kind.UPDATED, replaced)
        return updated

    def changes(self, new: Mapping[str, sql.Composable], schema: Schema) -> sql.Composed:
        """What an UPDATE sets, given the new values of columns."""
        pairs = (
            sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in new.items()
        )
        since = [sql.SQL(SINCE).format(state=new[schema.state])] if schema.state in new else []
        return sql.SQL(", ").join([*pairs, *since, sql.SQL("updated_at = statement_timestamp()")])

    def type_of(self, column: str) -> sql.SQL:
        """The column's type in PostgreSQL, such as "character varying(100)"."""
        return sql.SQL(str(self.model._meta.get_field(column).db_type(connection)))

    def statement(self, text: str, **parts: sql.Composable) -> sql.Composed:
        """The statement with the names `table`, `incoming` and `pk` of this table, and `parts`."""
        return sql.SQL(text).format(
            table=sql.Identifier(self.name),
            incoming=sql.Identifier(self.incoming),
            pk=sql.Identifier(self.pk),
            **parts,
        )

    def recorded(self, columns: Sequence[str], *, of: str) -> sql.Composed:
        """The values of a row's columns as `ProductChange.before` has them (recorded); `of` is the
        row's name in the statement."""
        pairs = [
            part
            for name in columns
            for part in (sql.Literal(name), self._recorded(name, sql.Identifier(of, name)))
        ]
        return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))

    def _recorded(self, name: str, value: sql.Identifier) -> sql.Composable:
        as_text = isinstance(self.model._meta.get_field(name), AS_TEXT)
        return sql.SQL("{}::text").format(value) if as_text else value

    def record(
        self,
        upload: Upload,
        kind: ProductChange.Kind,
        changes: Iterable[tuple[int | None, int | None, Mapping[str, Any], Mapping[str, str]]],
    ) -> None:
        """Record changes: (primary key, row of the file, replaced values, their stamps)."""
        of_all = (upload.vendor_id, upload.upload_id, upload.run, kind.value)
        copy_rows(
            ProductChange._meta.db_table,
            [
                *("vendor_id", "upload_id", "run", "kind"),
                *(self.pk, "upload_row", "before", "content"),
            ],
            (
                (
                    *of_all,
                    pk,
                    row,
                    json.dumps(recorded(before), ensure_ascii=False) if before else None,
                    json.dumps(stamps_as_json(stamps)) if stamps else None,
                )
                for pk, row, before, stamps in changes
            ),
        )

    def copy(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Fill the session's temporary table with `rows` of the columns `names`."""
        with connection.cursor() as cursor:
            # AS SELECT copies the types without NOT NULL, because an update may omit columns.
            cursor.execute(
                sql.SQL(
                    "CREATE TEMP TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS "
                    "AS SELECT * FROM {table} WITH NO DATA"
                ).format(incoming=sql.Identifier(self.incoming), table=sql.Identifier(self.name))
            )
            cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(self.incoming)))
        copy_rows(self.incoming, names, rows)


def replaced_stamps(change: Change) -> dict[str, str]:
    """How new the values were that a change replaces."""
    return {key: change.stored.content.of(key) for key in change.before}


@contextmanager
def unless_key_taken() -> Iterator[None]:
    """Leave a savepoint that was rolled back because a key of its rows exists already."""
    try:
        yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise


def identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(name) for name in names])
