"""Writes a table to the bucket as one CSV file, in as many requests as it takes.

A request works for some seconds. What it leaves to the next one is a value that the browser
carries, so nothing has to be stored, and a request that is killed can be repeated: a part is
written from the same record on, and replaces what the killed one wrote.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings

from imports.exports.table import Table
from imports.formats.csv_writer import csv_lines
from imports.storage import s3, s3_parts

CSV = "text/csv; charset=utf-8"
# S3 wants at least 5 MB. A file of 1 GB has 64 tags, which fit into an address.
PART_BYTES = 16 * 1024 * 1024
SECONDS = 8.0  # of a request; API Gateway waits for 30


@dataclass(frozen=True)
class Begun:
    """A file that is not complete. `after` is the last record in its parts, `upload` is empty
    before the first part."""

    key: str
    upload: str = ""
    after: int | None = None
    rows: int = 0
    tags: tuple[str, ...] = ()

    def as_list(self) -> list[Any]:
        return [*asdict(self).values()]

    @classmethod
    def from_list(cls, values: list[Any]) -> "Begun":
        key, upload, after, rows, tags = values
        return cls(key, upload, after, rows, tuple(tags))


@dataclass(frozen=True)
class Written:
    """A complete file in the bucket."""

    key: str
    version: str


def go_on(begun: Begun, table: Table) -> Begun | Written:
    """Write more of the file: to its end, or to the end of a part after `SECONDS`.

    Raises s3_parts.Lost if another request went on from the same place, and botocore's errors.
    """
    until = time.monotonic() + SECONDS
    with TemporaryFile() as part:
        for after, rows, piece in _pieces(begun, table):
            part.write(piece)
            if part.tell() >= PART_BYTES:
                begun = _with_part(replace(begun, after=after, rows=rows), part)
                if time.monotonic() > until:
                    return begun
        if not begun.upload:
            part.seek(0)
            return Written(begun.key, s3.put(settings.S3_BUCKET, begun.key, part, CSV))
        if part.tell():
            begun = _with_part(begun, part)
    version = s3_parts.finish(settings.S3_BUCKET, begun.key, begun.upload, begun.tags)
    return Written(begun.key, version)


def _pieces(begun: Begun, table: Table) -> Iterator[tuple[int | None, int, bytes]]:
    """The rest of the file in pieces, each with the last record in it and the number of records
    until there."""
    after, rows = begun.after, begun.rows

    def lines() -> Iterator[list[str]]:
        nonlocal after, rows
        if not begun.upload:
            yield [*table.header]
        for after, cells in table.lines(begun.after):  # noqa: B007 (it is yielded below)
            rows += 1
            yield cells

    pieces = csv_lines(lines())
    if begun.upload:
        next(pieces)  # the mark of the encoding, which only the beginning of a file has
    for piece in pieces:
        yield after, rows, piece


def _with_part(begun: Begun, part: IO[bytes]) -> Begun:
    """Write the part, and empty it."""
    bucket = settings.S3_BUCKET
    upload = begun.upload or s3_parts.begin(bucket, begun.key, CSV)
    part.seek(0)
    tag = s3_parts.put(bucket, begun.key, upload, len(begun.tags) + 1, part)
    part.seek(0)
    part.truncate()
    return replace(begun, upload=upload, tags=(*begun.tags, tag))
