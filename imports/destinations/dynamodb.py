"""Writes valid rows to a DynamoDB table, in bulk requests.

DynamoDB is not part of our transaction: items stay written if the transaction is rolled back. So a
repeated batch writes the same items again, and the transaction that counts them commits afterward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from config.rounding import ceil_div
from imports.destinations import claimed_keys
from imports.destinations.base import BatchOutcome, Destination
from imports.destinations.key_conflicts import KeyConflicts, KeyOwner, clean_positions
from imports.execution.failpoints import failpoint
from imports.models import Upload
from imports.rules.base import RowProblem, problem
from imports.rules.cells import Everywhere
from imports.storage import dynamodb
from imports.storage.dynamodb import Item
from imports.validation.batch import ValidatedBatch

MAX_ITEM_BYTES = 400 * 1024  # bytes of names and values, DynamoDB's limit
ITEM_OVERHEAD_BYTES = 1024  # at most, of our own attributes
ITEM_SIZE = Everywhere(
    "FIELD_TOO_LONG",
    {"too_large": _("This row has {size:,} KB of text; {rule.limit:,} KB or less can be stored")},
    remedy=_("Shorten the texts of this row."),
    limit=MAX_ITEM_BYTES // 1024,
    of_row=True,
)


@dataclass(frozen=True)
class DynamoTable(Destination):
    """A table with one item per identity of the data set, with the values of the newest file.

    Attributes are named after the columns; an empty cell has no attribute. In addition, an item
    holds the upload and row that wrote it (`upload_id`, `upload_row`) and when S3 stored that file
    (`uploaded_at`), so that an older file that is imported later changes nothing. Items of before
    hold when the upload was created, some seconds later at most.
    """

    setting: str  # that holds the table's name

    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        table: str = getattr(settings, self.setting)
        (unique,) = batch.schema.unique
        at = batch.position(unique.column)
        keys = [batch.values[i][at] for i in clean_positions(batch)]
        claimed = claimed_keys.of(upload, unique.column, keys)
        conflicts = KeyConflicts(
            upload=upload,
            batch=batch,
            held={
                unique.column: {k: KeyOwner(upload.upload_id, row) for k, row in claimed.items()}
            },
            rows_in=frozenset(),
            claims={},
        )
        conflicts.resolve()
        winners = [(batch.values[i][at], i) for i in conflicts.new]

        lock(table)
        stored = content_of(table, unique.column, [key for key, _ in winners])
        ours = (uploaded_at(upload), upload.upload_id)
        written = [i for key, i in winners if stored.get(key, NO_CONTENT) <= ours]
        again = sum(stored.get(key) == ours for key, _ in winners) if upload.run > 1 else 0
        if not upload.is_check:
            items = [self._item(upload, batch, i) for i in written]
            dynamodb.put_all(table, items, verify_lock=verify_lock)
            failpoint("load.after_items")
        claimed_keys.keep(upload, unique.column, ((key, batch.numbers[i]) for key, i in winners))
        return BatchOutcome(
            created=len(written),
            skipped=len(winners) - len(written),
            inserted=len(written) - again,
            problems=conflicts.problems,
        )

    @staticmethod
    def _item(upload: Upload, batch: ValidatedBatch, i: int) -> Item:
        cells = zip(batch.schema.columns, batch.values[i], strict=True)
        item = {column.key: attribute(value) for column, value in cells if value is not None}
        return item | {
            "upload_id": {"S": upload.upload_id},
            "upload_row": {"N": str(batch.numbers[i])},
            "uploaded_at": {"S": uploaded_at(upload)},
        }


@dataclass(frozen=True)
class DynamoRows(Destination):
    """A table with one item per row of each upload: partition key `upload_id`, sort key
    `row_number`. Attributes are named after the file's columns; an empty cell is null."""

    setting: str  # that holds the table's name
    rules = (ITEM_SIZE,)

    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        names = [column.key for column in batch.schema.columns]
        of_names = sum(len(name.encode()) for name in names) + ITEM_OVERHEAD_BYTES
        good: list[int] = []
        problems: dict[int, list[RowProblem]] = {}
        for i in clean_positions(batch):
            size = of_names + sum(len(str(value).encode()) for value in batch.values[i] if value)
            if size > MAX_ITEM_BYTES:
                problems[i] = [problem(ITEM_SIZE, "", "too_large", size=ceil_div(size, 1024))]
            else:
                good.append(i)
        again = 0
        if not upload.is_check:
            table: str = getattr(settings, self.setting)
            items = [self._item(upload, batch, names, i) for i in good]
            if upload.run > 1:
                keys = [{name: item[name] for name in OWN_ATTRIBUTES} for item in items]
                again = len(dynamodb.get_all(table, keys, OWN_ATTRIBUTES))
            # No lock: no other upload writes items with this ID.
            dynamodb.put_all(table, items, verify_lock=verify_lock)
            failpoint("load.after_items")
        return BatchOutcome(created=len(good), inserted=len(good) - again, problems=problems)

    @staticmethod
    def _item(upload: Upload, batch: ValidatedBatch, names: Sequence[str], i: int) -> Item:
        return {
            **dict(zip(names, map(attribute, batch.values[i]), strict=True)),
            "upload_id": {"S": upload.upload_id},
            "row_number": {"N": str(batch.numbers[i])},
        }


NO_CONTENT = ("", "")  # older than any
# Attributes of every item of DynamoRows; no column of a file may have these names.
OWN_ATTRIBUTES = ("upload_id", "row_number")


def attribute(value: Any) -> Item:
    """A value in DynamoDB's notation: null, a number, or text."""
    if value is None:
        return {"NULL": True}
    return {"N" if isinstance(value, int | Decimal) else "S": str(value)}


def lock(table: str) -> None:
    """Lock the table for other batches until the end of the transaction: lookup and write are two
    requests, and no other upload may write between them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"item:{table}"])


def verify_lock() -> None:
    """Raise a database error if the connection was lost, and with it the lock on the table: another
    worker may be writing by now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def uploaded_at(upload: Upload) -> str:
    """When the upload's content was stored, as text that sorts by time."""
    return upload.content_at.astimezone(UTC).isoformat(timespec="microseconds")


def content_of(table: str, key: str, values: Sequence[str]) -> dict[str, tuple[str, str]]:
    """How new the items with these keys are: time and ID of the uploads that wrote them."""
    found = dynamodb.get_all(
        table, [{key: {"S": value}} for value in values], [key, "uploaded_at", "upload_id"]
    )
    return {
        item[key]["S"]: (text_of(item, "uploaded_at"), text_of(item, "upload_id")) for item in found
    }


def text_of(item: Item, attribute: str) -> str:
    """An attribute's text; "" if it has none, as in items that other programs wrote."""
    return str(item.get(attribute, {}).get("S", ""))
