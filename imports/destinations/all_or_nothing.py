"""Writes the rows of a file to a PostgreSQL table if all of them are valid; otherwise none.

The rows wait in an unlogged table, batch by batch, until the last one is validated. Then one
statement moves them. PostgreSQL empties that table after a crash, so the rows are counted first.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models, transaction
from psycopg2 import sql

from imports.destinations.base import BatchOutcome, Destination
from imports.destinations.key_conflicts import clean_positions
from imports.destinations.table import identifiers, unless_key_taken
from imports.models import Upload
from imports.storage.postgres_copy import copy_rows
from imports.validation.batch import ValidatedBatch

PROVENANCE = ("upload_id", "upload_row")


@dataclass(frozen=True)
class AllOrNothing(Destination):
    """A table whose model has a field for each column key, `upload_id` and `upload_row`.

    `incoming` has the same fields and is unlogged. A row whose key already exists, also from an
    earlier row of the file, is skipped.
    """

    model: type[models.Model]
    incoming: type[models.Model]

    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        if upload.cursor == 0:
            self._empty(upload)  # rows left by an earlier run or worker
        clean = clean_positions(batch)
        if upload.error_records or batch.problems:
            # Nothing will be imported. The rest is validated only to report its errors.
            undone = upload.valid_records + len(clean) if last else 0
            return BatchOutcome(created=len(clean) - undone)
        columns = [column.key for column in batch.schema.columns]
        copy_rows(
            self.incoming._meta.db_table,
            [*columns, *PROVENANCE],
            ((*batch.values[i], upload.upload_id, batch.numbers[i]) for i in clean),
        )
        if not last:
            return BatchOutcome(created=len(clean))
        waiting = self.incoming._default_manager.filter(upload_id=upload.upload_id).count()
        if waiting != upload.valid_records + len(clean):
            return BatchOutcome(lost=True)
        before = self._imported_before(upload)
        moved = self._move(upload, columns)
        valid = before + moved
        return BatchOutcome(
            created=valid - upload.valid_records, skipped=waiting - valid, inserted=moved
        )

    def run_ends(self, upload: Upload) -> None:
        self._empty(upload)
        if upload.cursor < upload.staged_items:  # canceled or broken off before the last batch
            upload.valid_records = upload.created_records = 0

    def _empty(self, upload: Upload) -> None:
        self.incoming._default_manager.filter(upload_id=upload.upload_id).delete()

    def _imported_before(self, upload: Upload) -> int:
        """Rows that an earlier run imported: it may have been canceled after its move."""
        if upload.run == 1:
            return 0
        return self.model._default_manager.filter(upload_id=upload.upload_id).count()

    def _move(self, upload: Upload, columns: list[str]) -> int:
        """Move all waiting rows. Returns how many of them the table did not have.

        They are moved in key order, so that two uploads with the same keys do not deadlock. That
        the table has none of the keys is usual, and costs PostgreSQL half as much.
        """
        with connection.cursor() as cursor:
            # The step's own time limit cannot interrupt a statement.
            cursor.execute("SET LOCAL statement_timeout = %s", [f"{settings.STEP_SECONDS}s"])
            with unless_key_taken(), transaction.atomic():
                cursor.execute(self._insertion(columns), [upload.upload_id])
                return int(cursor.rowcount)
            unless_known = self._insertion(columns) + sql.SQL(" ON CONFLICT DO NOTHING")
            cursor.execute(unless_known, [upload.upload_id])
            return int(cursor.rowcount)

    def _insertion(self, columns: list[str]) -> sql.Composed:
        """Of the waiting rows with the same key, the first one."""
        unique = next(
            c for c in self.model._meta.constraints if isinstance(c, models.UniqueConstraint)
        )
        return sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT DISTINCT ON ({key}) {columns} FROM {incoming} "
            "WHERE upload_id = %s ORDER BY {key}, upload_row"
        ).format(
            table=sql.Identifier(self.model._meta.db_table),
            incoming=sql.Identifier(self.incoming._meta.db_table),
            columns=identifiers([*columns, *PROVENANCE]),
            key=identifiers(unique.fields),
        )
