"""Where good rows go. A destination decides, inside the batch's transaction, which rows get in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import connection, models, transaction
from psycopg2 import sql

from imports.copying import copy_rows
from imports.dataset import Dataset, Unique
from imports.judging import Judged
from imports.models import ClaimedKey, Upload
from imports.rules import Problem, shown

MOST_WALKS = 10  # of one batch, while other vendors take its keys


@dataclass
class Taken:
    """What became of a batch's otherwise clean rows."""

    valid: int = 0
    skipped: int = 0
    problems: dict[int, list[Problem]] = field(default_factory=dict)  # by position in the batch


class Destination(Protocol):
    """Where the good rows of a data set go."""

    def take(self, upload: Upload, batch: Judged) -> Taken:
        """Bring in the clean rows of `batch`, each exactly once however often it is asked.

        Called inside the transaction that holds the upload's row. Raises database errors.
        """
        ...


class KeysTakenMeanwhile(Exception):
    """Other uploads kept committing this batch's keys between look-up and insert."""


@dataclass(frozen=True)
class Holder:
    """The row that holds a key: which upload brought it in, from where, and its fixed columns."""

    upload_id: str | None
    row: int | None
    stored: tuple[Any, ...] = ()


@dataclass(frozen=True)
class PostgresTable:
    """A table of ours. Its model has `upload_id` and `upload_row`, and an owner's column.

    Rows are inserted with COPY into a temporary table and one INSERT … SELECT in key order, so
    that two batches with the same keys in opposite order do not deadlock.
    """

    model: type[models.Model]
    vendor_column: str

    def take(self, upload: Upload, batch: Judged) -> Taken:
        self._lock_vendor(upload)
        for _ in range(MOST_WALKS):
            with transaction.atomic():
                walk = Walk(self, upload, batch)
                walk.run()
                inserted = self._insert(upload, batch, walk.new)
                if inserted == len(walk.new):
                    self._update(upload, batch, walk.changed)
                    walk.keep_claims()
                    return Taken(
                        valid=len(walk.new) + len(walk.changed) + walk.already_in,
                        problems=walk.problems,
                    )
                # Another vendor committed one of these keys after the look-up. Undo, look again.
                transaction.set_rollback(True)
        raise KeysTakenMeanwhile(f"{MOST_WALKS} walks of one batch")

    def _lock_vendor(self, upload: Upload) -> None:
        """Let one batch of a vendor in at a time, until its transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"{self.model._meta.db_table}:{upload.vendor_id}"],
            )

    def holders(
        self, upload: Upload, unique: Unique, keys: list[str], fixed: Sequence[str]
    ) -> dict[str, Holder]:
        """The stored rows that hold any of `keys`, by key, with their values of columns `fixed`."""
        if not keys:
            return {}
        # One array of keys: as 2,000 separate parameters they cost more than the look-up itself.
        statement = sql.SQL("SELECT {columns} FROM {table} WHERE {key} = ANY(%s)").format(
            columns=identifiers([unique.column, "upload_id", "upload_row", *fixed]),
            table=sql.Identifier(self.model._meta.db_table),
            key=sql.Identifier(unique.column),
        )
        parameters: list[Any] = [keys]
        if unique.scope == "vendor":
            statement += sql.SQL(" AND {} = %s").format(sql.Identifier(self.vendor_column))
            parameters.append(upload.vendor_id)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return {
                key: Holder(upload_id, row, tuple(stored))
                for key, upload_id, row, *stored in cursor.fetchall()
            }

    def _insert(self, upload: Upload, batch: Judged, positions: Sequence[int]) -> int:
        """Insert the rows at `positions`; returns how many went in."""
        if not positions:
            return 0
        keys = [column.key for column in batch.dataset.columns]
        names = [*keys, self.vendor_column, "upload_id", "upload_row"]
        self._copy(
            names,
            (
                (*batch.values[i], upload.vendor_id, upload.upload_id, batch.numbers[i])
                for i in positions
            ),
        )
        order = batch.dataset.unique[-1].column if batch.dataset.unique else keys[0]
        statement = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ORDER BY {order} "
            "ON CONFLICT DO NOTHING"
        ).format(
            table=sql.Identifier(self.model._meta.db_table),
            incoming=sql.Identifier(self._incoming),
            columns=identifiers(names),
            order=sql.Identifier(order),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.rowcount)

    def _update(self, upload: Upload, batch: Judged, positions: Sequence[int]) -> None:
        """Change the stored rows that the rows at `positions` name; an empty cell keeps what is
        stored."""
        if not positions:
            return
        dataset = batch.dataset
        keys = [column.key for column in dataset.columns]
        changing = [key for key in keys if key in batch.present and key != dataset.identity]
        self._copy(keys, (batch.values[i] for i in positions))
        statement = sql.SQL(
            "UPDATE {table} SET {changes} FROM {incoming} WHERE {table}.{vendor} = %s "
            "AND {table}.{identity} = {incoming}.{identity}"
        ).format(
            table=sql.Identifier(self.model._meta.db_table),
            incoming=sql.Identifier(self._incoming),
            vendor=sql.Identifier(self.vendor_column),
            identity=sql.Identifier(dataset.identity),
            changes=sql.SQL(", ").join(
                [
                    sql.SQL("{column} = COALESCE({incoming}.{column}, {table}.{column})").format(
                        column=sql.Identifier(key),
                        incoming=sql.Identifier(self._incoming),
                        table=sql.Identifier(self.model._meta.db_table),
                    )
                    for key in changing
                ]
                + [sql.SQL("updated_at = statement_timestamp()")]
            ),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [upload.vendor_id])

    @property
    def _incoming(self) -> str:
        return f"incoming_{self.model._meta.db_table}"

    def _copy(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Fill the session's temporary table with `rows` of the columns `names` only."""
        with connection.cursor() as cursor:
            # AS SELECT copies the types without the NOT NULLs: an update may leave columns out.
            cursor.execute(
                sql.SQL(
                    "CREATE TEMP TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS "
                    "AS SELECT * FROM {table} WITH NO DATA"
                ).format(
                    incoming=sql.Identifier(self._incoming),
                    table=sql.Identifier(self.model._meta.db_table),
                )
            )
            cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(self._incoming)))
        copy_rows(self._incoming, names, rows)


class Walk:
    """One pass over a batch's clean rows in file order, deciding which of them get in.

    Only an otherwise clean row claims its keys; the first in file order wins. After `run`, `new`
    and `changed` hold positions of rows to insert and to update, `problems` the clashes.
    """

    def __init__(self, table: PostgresTable, upload: Upload, batch: Judged) -> None:
        self.table = table
        self.upload = upload
        self.batch = batch
        self.dataset: Dataset = batch.dataset
        self.new: list[int] = []
        self.changed: list[int] = []
        self.already_in = 0
        self.problems: dict[int, list[Problem]] = {}
        self.claims: dict[str, int] = {}  # identity → row, of stored rows this upload has changed

    def run(self) -> None:
        clean = [i for i in range(len(self.batch.values)) if i not in self.batch.problems]
        held: dict[str, dict[str, Holder]] = {}
        fixed = [column.column for column in self.dataset.fixed]
        for unique in self.dataset.unique:
            position = self.batch.position(unique.column)
            keys = [key for i in clean if (key := self.batch.values[i][position]) is not None]
            held[unique.column] = self.table.holders(self.upload, unique, keys, fixed)
        if self.upload.mode == Upload.Mode.UPDATE:
            self._earlier_claims(held[self.dataset.identity])
        for i in clean:
            self._decide(i, held)

    def _decide(self, i: int, held: dict[str, dict[str, Holder]]) -> None:
        row = self.batch.numbers[i]
        values = self.batch.values[i]
        if self.upload.mode == Upload.Mode.UPDATE:
            identity = values[self.batch.position(self.dataset.identity)]
            stored = held[self.dataset.identity].get(identity)
            if stored is not None and stored.upload_id != self.upload.upload_id:
                self._decide_change(i, identity, stored)
                return
            if stored is None and (lacking := self._lacking(i)):
                self.problems[i] = lacking
                return
        clashes: list[Problem] = []
        already_in = True
        for unique in self.dataset.unique:
            key = values[self.batch.position(unique.column)]
            holder = held[unique.column].get(key)
            if holder is None:
                already_in = False
            elif (holder.upload_id, holder.row) != (self.upload.upload_id, row):
                already_in = False
                clashes.append(self._clash(unique, key, holder))
        if clashes:
            self.problems[i] = clashes
        elif already_in and self.dataset.unique:
            self.already_in += 1
        else:
            self.new.append(i)
            for unique in self.dataset.unique:
                key = values[self.batch.position(unique.column)]
                held[unique.column][key] = Holder(self.upload.upload_id, row)

    def _decide_change(self, i: int, identity: str, stored: Holder) -> None:
        """A row of mode `update` that names a stored row of another upload."""
        row = self.batch.numbers[i]
        if self.claims.get(identity, row) != row:
            unique = next(u for u in self.dataset.unique if u.column == self.dataset.identity)
            message = unique.repeated.format(value=shown(identity), row=self.claims[identity])
            self.problems[i] = [Problem(unique.column, unique.code, message)]
        elif changed := self._changes_of_fixed(i, stored):
            self.problems[i] = changed
        else:
            self.claims[identity] = row
            self.changed.append(i)

    def _changes_of_fixed(self, i: int, stored: Holder) -> list[Problem]:
        """Cells that would change a column which cannot change."""
        return [
            Problem(
                fixed.column,
                fixed.code,
                fixed.message.format(stored=shown(kept), value=shown(value)),
            )
            for fixed, kept in zip(self.dataset.fixed, stored.stored, strict=True)
            if (value := self.batch.values[i][self.batch.position(fixed.column)]) is not None
            and value != kept
        ]

    def _lacking(self, i: int) -> list[Problem]:
        """Required cells that a product which is not stored yet leaves empty."""
        return [
            Problem(column.key, column.required.code, column.required.message(column.label))
            for position, column in enumerate(self.dataset.columns)
            if column.required and self.batch.values[i][position] is None
        ]

    def _clash(self, unique: Unique, key: str, holder: Holder) -> Problem:
        template = unique.repeated if holder.upload_id == self.upload.upload_id else unique.taken
        message = template.format(value=shown(key), row=holder.row)
        return Problem(unique.column, unique.code, message)

    def _earlier_claims(self, held: dict[str, Holder]) -> None:
        claimed = ClaimedKey.objects.filter(
            upload=self.upload, column_name=self.dataset.identity, key__in=list(held)
        )
        self.claims = dict(claimed.values_list("key", "row_number"))

    def keep_claims(self) -> None:
        """Remember which stored rows this upload has changed, for its later batches."""
        position = self.batch.position(self.dataset.identity)
        copy_rows(
            ClaimedKey._meta.db_table,
            ["upload_id", "column_name", "key", "row_number"],
            (
                (
                    self.upload.upload_id,
                    self.dataset.identity,
                    self.batch.values[i][position],
                    self.batch.numbers[i],
                )
                for i in self.changed
            ),
        )


def identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(name) for name in names])
