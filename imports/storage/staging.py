"""Staged rows in DynamoDB. No other module accesses this table.

Rows are stored in packed runs: one item holds consecutive rows as compressed JSON, under 100 KB,
because DynamoDB bills per item and per started KB. The key of a run contains the token under which
it was staged; the upload's row says which token counts. Items are written once, never updated, and
deleted by TTL.
"""

import json
import logging
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from config.rounding import ceil_div
from imports.models import Upload
from imports.rules.cells import MAX_CELL_CHARACTERS, MAX_CELLS
from imports.rules.rows import StagedRow
from imports.storage import dynamodb

log = logging.getLogger(__name__)
KEPT_SECONDS = 7 * 24 * 3600
ROWS_PER_ITEM = 1_000
ITEM_BYTES = 95_000  # of compressed rows
RAW_CHARACTERS = 200_000  # of a run before compression
SHORT_CELL_CHARACTERS = 200  # in a row that does not fit into one item
JSON = json.JSONEncoder(separators=(",", ":"), check_circular=False)


class StagingIncomplete(Exception):
    """A run that was written cannot be read: the read is stale, or the item was deleted."""


@dataclass(frozen=True)
class StagedRun:
    """Consecutive rows as staged; `sequence` counts from 1."""

    sequence: int
    rows: list[StagedRow]


def write(upload_id: str, token: int, rows: Iterable[tuple[int, list[str]]]) -> Iterator[int]:
    """Stage `rows`, (row number, cells) in file order. Yields the number of items written so far.

    Raises dynamodb.Overloaded and botocore's errors.
    """
    pending: list[dict[str, Any]] = []
    sequence = 0
    expires = str(int(time.time()) + KEPT_SECONDS)
    for run, payload in pack(rows):
        sequence += 1
        pending.append(
            {
                "upload_id": {"S": upload_id},
                "record_id": {"S": record_id(token, sequence)},
                "first_row": {"N": str(run[0][0])},
                "last_row": {"N": str(run[-1][0])},
                "count": {"N": str(len(run))},
                "payload": {"B": payload},
                "expires_at": {"N": expires},
            }
        )
        if len(pending) == dynamodb.ITEMS_PER_WRITE:
            dynamodb.put_all(settings.UPLOAD_RECORDS_TABLE, pending)
            pending = []
            yield sequence
    if pending:
        dynamodb.put_all(settings.UPLOAD_RECORDS_TABLE, pending)
    yield sequence


def read(upload: Upload, most_rows: int, *, after: int | None = None) -> list[StagedRun]:
    """The runs after the upload's cursor, or after another one: at least one if there is one, up to
    about `most_rows` rows.

    Raises StagingIncomplete if a run is missing, dynamodb.Overloaded and botocore's errors.
    """
    if upload.staged_token is None:
        raise StagingIncomplete(f"{upload.upload_id} was never staged")
    runs: list[StagedRun] = []
    count = 0
    expected = (upload.cursor if after is None else after) + 1
    # How many items hold `most_rows` rows: an item holds fewer wide rows than narrow ones.
    enough = ceil_div(most_rows * upload.staged_items, max(1, upload.total_records))
    at_once = max(1, min(dynamodb.ITEMS_PER_WRITE, enough))
    while expected <= upload.staged_items and count < most_rows:
        last = min(upload.staged_items, expected + at_once - 1)
        for run in read_runs(upload.upload_id, upload.staged_token, expected, last):
            runs.append(run)
            count += len(run.rows)
            expected += 1
            if count >= most_rows:
                break
    return runs


def read_runs(upload_id: str, token: int, first: int, last: int) -> Iterator[StagedRun]:
    """The runs from `first` to `last`, by their keys. Raises StagingIncomplete if one is missing,
    dynamodb.Overloaded and botocore's errors."""
    sequences = {record_id(token, sequence): sequence for sequence in range(first, last + 1)}
    keys = [{"upload_id": {"S": upload_id}, "record_id": {"S": key}} for key in sequences]
    attributes = ("record_id", "count", "payload")
    items = dynamodb.get_all(settings.UPLOAD_RECORDS_TABLE, keys, attributes)
    found = {item["record_id"]["S"]: item for item in items}
    for key, sequence in sequences.items():
        if key not in found:
            raise StagingIncomplete(f"run {sequence} is missing")
        yield unpack(found.pop(key), sequence)


def erase(upload_id: str) -> None:
    """Delete the staged rows of all runs of an upload, instead of waiting for TTL.

    The upload's own item stays, because it holds only counts. Raises botocore's errors.
    """
    client = dynamodb.client()
    pages = client.get_paginator("query").paginate(
        TableName=settings.UPLOAD_RECORDS_TABLE,
        KeyConditionExpression="upload_id = :upload AND begins_with(record_id, :rows)",
        ExpressionAttributeValues={":upload": {"S": upload_id}, ":rows": {"S": "rows#"}},
        ProjectionExpression="upload_id, record_id",
        ConsistentRead=True,
    )
    for page in pages:
        for key in page["Items"]:
            client.delete_item(TableName=settings.UPLOAD_RECORDS_TABLE, Key=key)


def put_upload(upload: Upload) -> None:
    """Write the upload's own item, which lists it by vendor."""
    dynamodb.client().put_item(
        TableName=settings.UPLOAD_RECORDS_TABLE,
        Item={
            "upload_id": {"S": upload.upload_id},
            "record_id": {"S": "upload"},
            "vendor_id": {"S": upload.vendor_prefix or "_"},
            "upload_timestamp": {"S": upload.upload_timestamp.isoformat()},
            "dataset": {"S": upload.dataset},
            "file_name": {"S": upload.file_name},
            "run": {"N": str(upload.run)},
            "status": {"S": upload.status},
            "total_records": {"N": str(upload.total_records)},
            "valid_records": {"N": str(upload.valid_records)},
            "error_records": {"N": str(upload.error_records)},
            "expires_at": {"N": str(int(time.time()) + KEPT_SECONDS)},
        },
    )


def record_id(token: int, sequence: int) -> str:
    return f"rows#{token}#{sequence:08d}"


def pack(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[list[StagedRow], bytes]]:
    """`rows` in runs that fit into one item, each with its compressed form."""
    run: list[StagedRow] = []
    characters = 0
    for number, cells in rows:
        width = sum(map(len, cells))
        characters += width
        run.append(
            truncate_cells(number, cells, MAX_CELL_CHARACTERS)
            if width > MAX_CELL_CHARACTERS
            else (number, cells, [])
        )
        if len(run) == ROWS_PER_ITEM or characters >= RAW_CHARACTERS:
            yield from split_to_fit(run)
            run, characters = [], 0
    if run:
        yield from split_to_fit(run)


def truncate_cells(number: int, cells: list[str], longest: int) -> StagedRow:
    """The row with its cells cut at `longest` characters, and the positions of the cut cells. Of a
    row with more than 1,000 cells, which fits no header, only the first 1,000 are kept."""
    cells = cells[:MAX_CELLS]
    long = [i for i, cell in enumerate(cells) if len(cell) > longest]
    return number, [cell[:longest] for cell in cells], long


def split_to_fit(
    run: list[StagedRow], longest: int = SHORT_CELL_CHARACTERS
) -> Iterator[tuple[list[StagedRow], bytes]]:
    """The run, halved until each part fits into one item. If a single row does not fit, its cells
    are cut at `longest` characters, then at half of that, and so on."""
    payload = zlib.compress(JSON.encode(run).encode(), 1)
    if len(payload) <= ITEM_BYTES:
        yield run, payload
    elif len(run) > 1:
        middle = len(run) // 2
        yield from split_to_fit(run[:middle])
        yield from split_to_fit(run[middle:])
    else:
        number, cells, already_cut = run[0]
        _, short, now_cut = truncate_cells(number, cells, longest)
        yield from split_to_fit([(number, short, sorted({*already_cut, *now_cut}))], longest // 2)


def unpack(item: dict[str, Any], sequence: int) -> StagedRun:
    rows = list(map(tuple, json.loads(zlib.decompress(bytes(item["payload"]["B"])))))
    if len(rows) != int(item["count"]["N"]):
        raise StagingIncomplete(f"run {sequence} holds {len(rows)} rows")
    return StagedRun(sequence, rows)
