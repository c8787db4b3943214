"""Writes valid rows to a PostgreSQL table, in bulk statements."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg2 import sql

from catalog.content_order import NEVER, parts
from catalog.models import ContentConfirmation, ProductChange
from imports.destinations import absent, claimed_keys, plans, present, undo
from imports.destinations.base import (
    BatchOutcome,
    Deactivated,
    Destination,
    KeysTakenMeanwhile,
    Missing,
    Undone,
)
from imports.destinations.key_conflicts import (
    Change,
    Key,
    KeyConflicts,
    KeyOwner,
    clean_positions,
    key_of,
)
from imports.destinations.not_undone import NOT_UNDONE
from imports.destinations.table import Table, identifiers, unless_key_taken
from imports.models import Upload
from imports.rules.base import RowProblem, notice, warning
from imports.rules.cells import Everywhere
from imports.rules.columns import Column
from imports.rules.damage import LEADING_ZERO
from imports.rules.keys import Unique
from imports.rules.schema import UPDATING, Schema
from imports.storage.postgres_arrays import array_of
from imports.validation.batch import ValidatedBatch

WHOLE_ROW = ""  # claimed like a key: equal rows of a file are not a mistake where rows are skipped
# An index of the products' table has this expression and this condition.
PADDED = "{column} LIKE '0%%' AND ltrim({column}, '0') = ANY(%s::text[])"
AS_IT_IS = "{column} = ANY(%s::text[])"
MAX_ROUNDS = 10  # of one batch, while other uploads commit its keys


@dataclass(frozen=True)
class PostgresTable(Table, Destination):
    """A table whose model has a field for each column key, and `upload_id` and `upload_row`, which
    identify rows that are already imported.

    Rows are inserted with COPY into a temporary table and one INSERT … SELECT in key order, so
    that two batches with the same keys in opposite order do not deadlock.
    """

    skip_known: bool = False  # rows whose identity is already stored are skipped
    moves_of: str = ""  # the column of prices, whose largest moves a check shows

    @property
    def notices(self) -> tuple[Everywhere, ...]:
        own = (plans.CHANGED_SINCE_CHECK, NOT_UNDONE)
        return (*own, absent.STILL_INACTIVE, absent.NOTHING_DEACTIVATED) if self.history else ()

    @property
    def can_undo(self) -> bool:
        return self.history

    def compare(
        self, upload: Upload, schema: Schema, identities: Sequence[tuple[Key, int]], *, last: bool
    ) -> Missing | None:
        absent.claim(upload, identities)
        return absent.missing(self, upload, schema) if last else None

    def values_of(
        self, upload: Upload, schema: Schema, identities: Sequence[str], columns: Sequence[str]
    ) -> dict[str, Mapping[str, Any]]:
        return present.values_of(self, upload, schema, identities, columns)

    def count_in_use(self, upload: Upload, schema: Schema, *, filled: str = "") -> int:
        return present.count_in_use(self, upload, schema, filled=filled)

    def deactivate(self, upload: Upload, schema: Schema, *, most: int) -> Deactivated:
        return absent.deactivate(self, upload, schema, most=most)

    def take_back(self, upload: Upload, schema: Schema, *, most: int) -> Undone:
        return undo.take_back(self, upload, schema, most=most)

    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        if upload.is_check:
            return self._check(upload, batch)
        self.lock(str(upload.vendor_id or ""))
        for _ in range(MAX_ROUNDS):
            # After the lookup, another upload may commit one of these keys, or staff edit one of
            # these rows. Then roll back and repeat.
            with unless_key_taken(), transaction.atomic():
                conflicts = self._conflicts(upload, batch, self._held(upload, batch))
                self._insert(upload, batch, conflicts.new)
                changes = ((batch.numbers[i], c) for i, c in conflicts.changed.items())
                if self.update(upload, batch.schema, [*changes]) == len(conflicts.changed):
                    self._confirm(upload, conflicts)
                    self._claim(upload, batch, [*conflicts.changed, *conflicts.same])
                    outcome = outcome_of(conflicts)
                    outcome.add_notices(absent.still_inactive(conflicts))
                    if self.history:
                        outcome.add_notices(plans.differences(upload, conflicts))
                    return outcome
                transaction.set_rollback(True)
        raise KeysTakenMeanwhile(f"other uploads committed keys of this batch {MAX_ROUNDS} times")

    def clashes(self, upload: Upload, batch: ValidatedBatch) -> dict[int, list[RowProblem]]:
        return self._conflicts(upload, batch, self._held(upload, batch)).problems

    def doubts(self, upload: Upload, batch: ValidatedBatch) -> Iterator[tuple[int, RowProblem]]:
        """Identifiers that the vendor has no rows of, and would with zeros before them."""
        for column in batch.schema.columns:
            if column.identifies:
                yield from self._lost_zeros(upload, batch, column)

    def _lost_zeros(
        self, upload: Upload, batch: ValidatedBatch, column: Column
    ) -> Iterator[tuple[int, RowProblem]]:
        position = batch.position(column.key)
        texts = [values[position] or "" for values in batch.values]
        numbers = {text for text in texts if text.isdecimal() and text[0] != "0"}
        if not numbers:
            return
        padded = self._column_values(upload, column.key, PADDED, numbers)
        known = {text.lstrip("0"): text for text in padded - {*texts}}
        as_they_are = self._column_values(upload, column.key, AS_IT_IS, known)
        for i, text in enumerate(texts):
            if text in known and text not in as_they_are:
                words = {"field": column.label, "value": text, "known": known[text]}
                yield i, warning(LEADING_ZERO, column.key, "lost", **words)

    def _column_values(
        self, upload: Upload, key: str, condition: str, texts: Collection[str]
    ) -> set[str]:
        """The values of a column in the vendor's rows that meet a condition on `texts`, without
        the rows of this upload: of a file in several batches, the first would be known."""
        if not texts:
            return set()
        column = sql.Identifier(key)
        statement = sql.SQL(
            "SELECT {column} FROM {table} WHERE {vendor} = %s AND {condition} "
            "AND upload_id IS DISTINCT FROM %s"
        ).format(
            column=column,
            table=sql.Identifier(self.name),
            vendor=sql.Identifier(self.vendor_column),
            condition=sql.SQL(condition).format(column=column),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [upload.vendor_id, array_of(texts), upload.upload_id])
            return {value for (value,) in cursor.fetchall()}

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
        self._claim(upload, batch, [*conflicts.changed, *conflicts.same])
        if self.history:
            plans.keep(upload, conflicts, moves_of=self.moves_of)
        outcome = outcome_of(conflicts)
        outcome.add_notices(absent.still_inactive(conflicts))
        return outcome

    def run_ends(self, upload: Upload) -> None:
        if self.history:
            plans.forget(upload)

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

    def _held(self, upload: Upload, batch: ValidatedBatch) -> dict[str, dict[Key, KeyOwner]]:
        """For each unique key, by its first column: the owners of the batch's keys."""
        clean = clean_positions(batch)
        held = {}
        for unique in batch.schema.unique:
            key = key_of(batch, unique)
            keys = [found for i in clean if (found := key(i)) is not None]
            held[unique.column] = self._holders(upload, batch.schema, unique, keys)
        if self.keeps_newest and upload.base_mode in UPDATING:
            self._raise_confirmed(upload, held[batch.schema.identity])
        return held

    def _raise_confirmed(self, upload: Upload, stored: dict[Key, KeyOwner]) -> None:
        """Let fields be as new as the newest content that said their value."""
        keys = {owner.pk: key for key, owner in stored.items() if owner.pk is not None}
        newer = ContentConfirmation.objects.of(
            str(upload.vendor_id), keys, newer=upload.content_order
        )
        for pk, stamps in newer.items():
            owner = stored[keys[pk]]
            stored[keys[pk]] = owner._replace(content=owner.content.raised(stamps))

    def _holders(
        self, upload: Upload, schema: Schema, unique: Unique, keys: list[Key]
    ) -> dict[Key, KeyOwner]:
        """The stored rows that own any of `keys`, as far as is needed to compare them."""
        if not keys:
            return {}
        of_columns = zip(*keys, strict=True) if unique.also else [keys]
        arrays = [array_of(values) for values in of_columns]
        updates = upload.base_mode in UPDATING and unique.column == schema.identity
        is_compared = self.skip_known or updates
        if unique.also:
            condition = sql.SQL("({}) IN (SELECT * FROM unnest({}))").format(
                identifiers(unique.columns),
                sql.SQL(", ").join(
                    [sql.SQL("%s::{}[]").format(self.type_of(c)) for c in unique.columns]
                ),
            )
        else:
            condition = sql.SQL("{} = ANY(%s::{}[])").format(
                sql.Identifier(unique.column), self.type_of(unique.column)
            )
        parameters: list[Any] = arrays
        if unique.scope == "vendor":
            condition += sql.SQL(" AND {} = %s").format(sql.Identifier(self.vendor_column))
            parameters = [*arrays, upload.vendor_id]
        found = self.stored(
            condition,
            parameters,
            keys=unique.columns,
            values=self.fields(schema) if is_compared else (),
            with_content=updates,
        )
        return {key[0] if len(key) == 1 else key: owner for key, owner in found}

    def _rows_in(self, upload: Upload, batch: ValidatedBatch) -> frozenset[int]:
        """Rows of the batch that an earlier run of the upload imported."""
        if upload.run == 1 or not batch.numbers:
            return frozenset()
        rows = self.model._default_manager.filter(
            upload_id=upload.upload_id, upload_row__range=(batch.numbers[0], batch.numbers[-1])
        )
        return frozenset(rows.values_list("upload_row", flat=True))

    def _claims(self, upload: Upload, batch: ValidatedBatch) -> dict[Key, int]:
        """For identities of this batch: the rows of earlier batches that changed them."""
        if upload.base_mode not in UPDATING:
            return {}
        position = batch.position(batch.schema.identity)
        identities = [str(values[position]) for values in batch.values]
        return claimed_keys.of(upload, batch.schema.identity, identities)

    def _insert(self, upload: Upload, batch: ValidatedBatch, positions: Sequence[int]) -> None:
        """Insert the rows at `positions`. Raises IntegrityError if another upload has just
        committed a key of one."""
        if not positions:
            return
        keys = [column.key for column in batch.schema.columns]
        of_all: dict[str, Any] = {"upload_id": upload.upload_id}
        if self.vendor_column:
            of_all[self.vendor_column] = upload.vendor_id
        if self.keeps_newest:
            of_all |= {"content_at": upload.content_at, "content_upload_id": upload.upload_id}
        names = [*keys, "upload_row", *of_all]
        rows = ((*batch.values[i], batch.numbers[i], *of_all.values()) for i in positions)
        if self.keeps_newest and upload.base_mode in UPDATING:
            names.append("content_times")
            times = content_times_of_new(batch)
            every = range(len(keys))
            rows = (
                (
                    *(batch.stored(i, at) for at in every),
                    batch.numbers[i],
                    *of_all.values(),
                    times(i),
                )
                for i in positions
            )
        self.copy(names, rows)
        # In the order of the key that vendors share, so that two batches do not deadlock. With ON
        # CONFLICT DO NOTHING, PostgreSQL would take half as long again.
        shared = [unique.column for unique in batch.schema.unique if unique.scope == "platform"]
        order = [*shared, *keys][0]
        insertion = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ORDER BY {order}"
        ).format(
            table=sql.Identifier(self.name),
            incoming=sql.Identifier(self.incoming),
            columns=identifiers(names),
            order=sql.Identifier(order),
        )
        parameters: list[Any] = []
        if self.history:
            insertion = sql.SQL(
                "WITH added AS ({insertion} RETURNING {pk}, upload_row) INSERT INTO {changes} "
                "({pk}, vendor_id, upload_id, run, upload_row, kind) "
                "SELECT {pk}, %s, %s, %s, upload_row, %s FROM added"
            ).format(
                insertion=insertion,
                pk=sql.Identifier(self.pk),
                changes=sql.Identifier(ProductChange._meta.db_table),
            )
            inserted = ProductChange.Kind.INSERTED
            parameters = [upload.vendor_id, upload.upload_id, upload.run, inserted]
        with connection.cursor() as cursor:
            cursor.execute(insertion, parameters)

    def _confirm(self, upload: Upload, conflicts: KeyConflicts) -> None:
        """Remember what rows said that changed nothing, so that no older file changes it either."""
        if not self.keeps_newest:
            return
        confirmed = {
            change.stored.pk: fields
            for change in conflicts.same.values()
            if change.stored.pk is not None and (fields := change.confirms)
        }
        ContentConfirmation.objects.keep(str(upload.vendor_id), upload.content_order, confirmed)

    def _claim(self, upload: Upload, batch: ValidatedBatch, positions: Sequence[int]) -> None:
        """Claim the identities of the rows at `positions`, which belong to stored rows."""
        position = batch.position(batch.schema.identity)
        claimed_keys.keep(
            upload,
            batch.schema.identity,
            ((key_text(batch.values[i][position]), batch.numbers[i]) for i in positions),
        )


def content_times_of_new(batch: ValidatedBatch) -> Callable[[int], str | None]:
    """A function from a position to the stamps of a new row in mode `update`: older content may
    fill what the row leaves empty."""
    positions = [(key, batch.position(key)) for key in batch.schema.changeable]

    def times(i: int) -> str | None:
        empty = {key: NEVER for key, at in positions if batch.values[i][at] is None}
        return json.dumps(empty) if empty else None

    return times


def outcome_of(conflicts: KeyConflicts) -> BatchOutcome:
    return BatchOutcome(
        created=len(conflicts.new) + conflicts.already_in,
        updated=len(conflicts.changed) + conflicts.applied,
        unchanged=len(conflicts.same) - conflicts.applied,
        skipped=conflicts.skipped,
        inserted=len(conflicts.new),
        changed=len(conflicts.changed),
        problems=conflicts.problems,
        notices=notices_of_kept(conflicts.schema, conflicts.changed | conflicts.same),
    )


def notices_of_kept(schema: Schema, changes: Mapping[int, Change]) -> dict[int, list[RowProblem]]:
    """What to say of rows some or all of whose fields newer content has set: since when, and from
    which file; of several, the newest."""
    kept = {i: change for i, change in changes.items() if change.kept}
    if not kept or schema.newest is None:
        return {}
    newest = {
        i: parts(max(change.stored.content.of(key) for key in change.kept))
        for i, change in kept.items()
    }
    uploads = Upload.objects.filter(pk__in={by for _, by in newest.values()})
    names = dict(uploads.values_list("pk", "file_name"))
    return {
        i: [
            notice(
                schema.newest,
                schema.newest.column,
                ("some_" if change.stamps else "") + ("by_file" if by in names else "by_hand"),
                value=names.get(by, ""),
                when=f"{at:%Y-%m-%d %H:%M:%S} UTC",
                fields=", ".join(schema.label(key) for key in change.kept),
            )
        ]
        for i, change in kept.items()
        for at, by in [newest[i]]
    }


def row_text(batch: ValidatedBatch, i: int) -> str:
    """A digest of the row's values."""
    return hashlib.sha256(key_text(tuple(batch.values[i])).encode()).hexdigest()


def key_text(key: Key) -> str:
    """A key as it is claimed: its text, or several ones as JSON."""
    return json.dumps(key, default=str) if isinstance(key, tuple) else str(key)
