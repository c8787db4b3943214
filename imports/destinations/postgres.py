"""Writes valid rows to a PostgreSQL table, in bulk statements."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import connection, models, transaction
from psycopg2 import sql

from imports.destinations import claimed_keys
from imports.destinations.base import BatchOutcome, Destination, KeysTakenMeanwhile
from imports.destinations.key_conflicts import Key, KeyConflicts, KeyOwner, clean_positions, key_of
from imports.models import Upload
from imports.rules.base import RowProblem, notice
from imports.rules.keys import Unique
from imports.rules.schema import Schema
from imports.storage.postgres_copy import copy_rows
from imports.validation.batch import ValidatedBatch

WHOLE_ROW = ""  # claimed like a key: equal rows of a file are not a mistake where rows are skipped
MAX_ROUNDS = 10  # of one batch, while other uploads commit its keys
# How new a row is; rows of before these columns were last changed at `updated_at`.
CONTENT = "coalesce(content_at, updated_at), coalesce(content_upload_id, '')"


@dataclass(frozen=True)
class PostgresTable(Destination):
    """A table whose model has a field for each column key, and `upload_id` and `upload_row`, which
    identify rows that are already imported.

    Rows are inserted with COPY into a temporary table and one INSERT … SELECT in key order, so
    that two batches with the same keys in opposite order do not deadlock.
    """

    model: type[models.Model]
    vendor_column: str = ""  # the vendor of a row; "" if rows have no vendor
    skip_known: bool = False  # rows whose identity is already stored are skipped
    # Mode `update`: the model has `content_at` and `content_upload_id`, which say how new a row is.
    keeps_newest: bool = False

    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        if upload.is_check:
            return self._check(upload, batch)
        self._lock(upload)
        for _ in range(MAX_ROUNDS):
            with transaction.atomic():
                conflicts = self._conflicts(upload, batch, self._held(upload, batch))
                inserted = self._insert(upload, batch, conflicts.new)
                if inserted == len(conflicts.new):
                    self._update(upload, batch, conflicts.changed)
                    self._claim(upload, batch, [*conflicts.changed, *conflicts.older])
                    return outcome_of(conflicts)
                # Another upload committed one of these keys after the lookup. Roll back and repeat.
                transaction.set_rollback(True)
        raise KeysTakenMeanwhile(f"other uploads committed keys of this batch {MAX_ROUNDS} times")

    def _check(self, upload: Upload, batch: ValidatedBatch) -> BatchOutcome:
        """What an import would do: keys of rows that it would insert are claimed instead."""
        conflicts = self._conflicts(upload, batch, self._held_or_claimed(upload, batch))
        for unique in batch.schema.unique:
            key = key_of(batch, unique)
            claims = ((key(i), batch.numbers[i]) for i in conflicts.new)
            claimed_keys.keep(
                upload,
                unique.column,
                ((key_text(k), row) for k, row in claims if k is not None),
            )
        if self.skip_known:
            rows = ((row_text(batch, i), batch.numbers[i]) for i in conflicts.new)
            claimed_keys.keep(upload, WHOLE_ROW, rows)
        self._claim(upload, batch, [*conflicts.changed, *conflicts.older])
        return outcome_of(conflicts)

    def _held_or_claimed(
        self, upload: Upload, batch: ValidatedBatch
    ) -> dict[str, dict[Key, KeyOwner]]:
        """As `_held`, with the owners among the rows of a check's earlier batches."""
        held = self._held(upload, batch)
        clean = clean_positions(batch)
        texts = [row_text(batch, i) for i in clean] if self.skip_known else []
        equal = claimed_keys.of(upload, WHOLE_ROW, texts)
        for unique in batch.schema.unique:
            owners = held[unique.column]
            key = key_of(batch, unique)
            free = [i for i in clean if key(i) is not None and key(i) not in owners]
            claimed = claimed_keys.of(upload, unique.column, [key_text(key(i)) for i in free])
            for i in free:
                row = claimed.get(key_text(key(i)))
                if row is None:
                    continue
                is_equal = bool(equal) and equal.get(row_text(batch, i)) == row
                if is_equal or key(i) not in owners:
                    values = tuple(batch.values[i]) if is_equal else ()
                    owners[key(i)] = KeyOwner(upload.upload_id, row, values=values)
        return held

    def _conflicts(
        self, upload: Upload, batch: ValidatedBatch, held: dict[str, dict[Key, KeyOwner]]
    ) -> KeyConflicts:
        conflicts = KeyConflicts(
            upload=upload,
            batch=batch,
            held=held,
            rows_in=self._rows_in(upload, batch),
            claims=self._claims(upload, batch),
            skip_known=self.skip_known,
        )
        conflicts.resolve()
        return conflicts

    def _lock(self, upload: Upload) -> None:
        """Lock out other batches of the vendor until the end of the transaction."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"{self._name}:{upload.vendor_id or ''}"],
            )

    def _held(self, upload: Upload, batch: ValidatedBatch) -> dict[str, dict[Key, KeyOwner]]:
        """For each unique key, by its first column: the owners of the batch's keys."""
        clean = clean_positions(batch)
        held = {}
        for unique in batch.schema.unique:
            key = key_of(batch, unique)
            keys = [found for i in clean if (found := key(i)) is not None]
            held[unique.column] = self._holders(upload, batch.schema, unique, keys)
        return held

    def _holders(
        self, upload: Upload, schema: Schema, unique: Unique, keys: list[Key]
    ) -> dict[Key, KeyOwner]:
        """The stored rows that own any of `keys`, as far as is needed to compare them."""
        if not keys:
            return {}
        # Arrays, because 2,000 separate parameters cost more than the lookup itself.
        arrays = (
            [[key[n] for key in keys] for n in range(len(unique.columns))]
            if unique.also
            else [keys]
        )
        columns = identifiers([*unique.columns, "upload_id", "upload_row"])
        content = sql.SQL(CONTENT if self.keeps_newest else "NULL, NULL")
        fixed = [sql.Identifier(fixed.column) for fixed in schema.fixed]
        every = [sql.Identifier(column.key) for column in schema.columns if self.skip_known]
        if unique.also:
            condition = sql.SQL("({}) IN (SELECT * FROM unnest({}))").format(
                identifiers(unique.columns),
                sql.SQL(", ").join(
                    [sql.SQL("%s::{}[]").format(sql.SQL(self._type(c))) for c in unique.columns]
                ),
            )
        else:
            condition = sql.SQL("{} = ANY(%s)").format(sql.Identifier(unique.column))
        statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            sql.SQL(", ").join([columns, content, *fixed, *every]),
            sql.Identifier(self._name),
            condition,
        )
        parameters: list[Any] = arrays
        if unique.scope == "vendor":
            statement += sql.SQL(" AND {} = %s").format(sql.Identifier(self.vendor_column))
            parameters = [*arrays, upload.vendor_id]
        width = len(unique.columns)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return {
                (row[0] if width == 1 else row[:width]): KeyOwner(
                    upload_id,
                    number,
                    tuple(stored[: len(fixed)]),
                    (at, by) if at else None,
                    tuple(stored[len(fixed) :]),
                )
                for row in cursor.fetchall()
                for upload_id, number, at, by, *stored in [row[width:]]
            }

    def _rows_in(self, upload: Upload, batch: ValidatedBatch) -> frozenset[int]:
        """Rows of the batch that an earlier run of the upload imported."""
        if upload.run == 1 or not batch.numbers:
            return frozenset()
        rows = self.model._default_manager.filter(
            upload_id=upload.upload_id, upload_row__range=(batch.numbers[0], batch.numbers[-1])
        )
        return frozenset(rows.values_list("upload_row", flat=True))

    def _type(self, column: str) -> str:
        """The column's type in PostgreSQL, such as "character varying(100)"."""
        return str(self.model._meta.get_field(column).db_type(connection))

    def _claims(self, upload: Upload, batch: ValidatedBatch) -> dict[Key, int]:
        """For identities of this batch: the rows of earlier batches that changed them."""
        if upload.base_mode != Upload.Mode.UPDATE:
            return {}
        position = batch.position(batch.schema.identity)
        identities = [str(values[position]) for values in batch.values]
        return claimed_keys.of(upload, batch.schema.identity, identities)

    def _insert(self, upload: Upload, batch: ValidatedBatch, positions: Sequence[int]) -> int:
        """Insert the rows at `positions`. Returns how many were inserted."""
        if not positions:
            return 0
        keys = [column.key for column in batch.schema.columns]
        of_all: dict[str, Any] = {"upload_id": upload.upload_id, **self._content(upload)}
        if self.vendor_column:
            of_all[self.vendor_column] = upload.vendor_id
        names = [*keys, "upload_row", *of_all]
        self._copy(
            names,
            ((*batch.values[i], batch.numbers[i], *of_all.values()) for i in positions),
        )
        # In the order of the key that vendors share, so that two batches do not deadlock.
        shared = [unique.column for unique in batch.schema.unique if unique.scope == "platform"]
        order = [*shared, *keys][0]
        statement = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ORDER BY {order} "
            "ON CONFLICT DO NOTHING"
        ).format(
            table=sql.Identifier(self._name),
            incoming=sql.Identifier(self._incoming),
            columns=identifiers(names),
            order=sql.Identifier(order),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.rowcount)

    def _update(self, upload: Upload, batch: ValidatedBatch, positions: Sequence[int]) -> None:
        """Update the stored rows from the rows at `positions`. An empty cell keeps the stored
        value."""
        if not positions:
            return
        schema = batch.schema
        keys = [column.key for column in schema.columns]
        changing = [key for key in keys if key in batch.present and key != schema.identity]
        content = self._content(upload)
        self._copy(keys, (batch.values[i] for i in positions))
        statement = sql.SQL(
            "UPDATE {table} SET {changes} FROM {incoming} WHERE {table}.{vendor} = %s "
            "AND {table}.{identity} = {incoming}.{identity}"
        ).format(
            table=sql.Identifier(self._name),
            incoming=sql.Identifier(self._incoming),
            vendor=sql.Identifier(self.vendor_column),
            identity=sql.Identifier(schema.identity),
            changes=sql.SQL(", ").join(
                [
                    sql.SQL("{column} = COALESCE({incoming}.{column}, {table}.{column})").format(
                        column=sql.Identifier(key),
                        incoming=sql.Identifier(self._incoming),
                        table=sql.Identifier(self._name),
                    )
                    for key in changing
                ]
                + [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in content]
                + [sql.SQL("updated_at = statement_timestamp()")]
            ),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [*content.values(), upload.vendor_id])

    def _claim(self, upload: Upload, batch: ValidatedBatch, positions: Sequence[int]) -> None:
        """Claim the identities of the rows at `positions`, which belong to stored rows."""
        position = batch.position(batch.schema.identity)
        claimed_keys.keep(
            upload,
            batch.schema.identity,
            ((key_text(batch.values[i][position]), batch.numbers[i]) for i in positions),
        )

    def _content(self, upload: Upload) -> dict[str, Any]:
        """What a row that holds the upload's content says about it."""
        if not self.keeps_newest:
            return {}
        return {"content_at": upload.content_at, "content_upload_id": upload.upload_id}

    @property
    def _name(self) -> str:
        return self.model._meta.db_table

    @property
    def _incoming(self) -> str:
        return f"incoming_{self._name}"

    def _copy(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Fill the session's temporary table with `rows` of the columns `names`."""
        with connection.cursor() as cursor:
            # AS SELECT copies the types without NOT NULL, because an update may omit columns.
            cursor.execute(
                sql.SQL(
                    "CREATE TEMP TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS "
                    "AS SELECT * FROM {table} WITH NO DATA"
                ).format(
                    incoming=sql.Identifier(self._incoming),
                    table=sql.Identifier(self._name),
                )
            )
            cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(self._incoming)))
        copy_rows(self._incoming, names, rows)


def outcome_of(conflicts: KeyConflicts) -> BatchOutcome:
    return BatchOutcome(
        valid=len(conflicts.new)
        + len(conflicts.changed)
        + len(conflicts.older)
        + conflicts.already_in,
        skipped=conflicts.skipped,
        unchanged=len(conflicts.older),
        imported=len(conflicts.new) + len(conflicts.changed) - conflicts.again,
        problems=conflicts.problems,
        notices=notices_of_older(conflicts.schema, conflicts.older),
    )


def notices_of_older(schema: Schema, older: Mapping[int, KeyOwner]) -> dict[int, list[RowProblem]]:
    """What to say of rows whose records hold newer content: since when, and from which file."""
    if not older or schema.newest is None:
        return {}
    newer = [owner.content for owner in older.values() if owner.content]
    names = dict(
        Upload.objects.filter(pk__in={by for _, by in newer}).values_list("pk", "file_name")
    )
    return {
        i: [
            notice(
                schema.newest,
                schema.newest.column,
                "by_file" if by in names else "by_hand",
                value=names.get(by, ""),
                when=f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            )
        ]
        for i, (at, by) in zip(older, newer, strict=True)
    }


def row_text(batch: ValidatedBatch, i: int) -> str:
    """A digest of the row's values."""
    return hashlib.sha256(key_text(tuple(batch.values[i])).encode()).hexdigest()


def key_text(key: Key) -> str:
    """A key as it is claimed: its text, or several ones as JSON."""
    return json.dumps(key, default=str) if isinstance(key, tuple) else str(key)


def identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(name) for name in names])
