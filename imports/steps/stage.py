"""Stage: read the file, and either reject it or stage its rows in DynamoDB."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.timezone import now

from imports import datasets
from imports.dataset import Dataset
from imports.execution.failpoints import failpoint
from imports.execution.lease import Work
from imports.formats import csv_reader, encoding
from imports.formats.layout import Layout
from imports.formats.readings import Ambiguous
from imports.formats.sample import Unmatched
from imports.mapping.memory import known_of
from imports.models import Action, FileSample, RowError, Upload
from imports.reports.correctable_file import number_said
from imports.reports.corrections import as_ranges, numbers_in, taken_ranges
from imports.rules.columns import corrected_upload, is_corrections
from imports.rules.refusals import REFUSALS, Refused
from imports.storage import s3, staging

log = logging.getLogger(__name__)


def stage(work: Work) -> None:
    """Stage the whole file in one slice. After a kill or a failure it starts over with a new token.

    Raises botocore's errors, OSError, dynamodb.Overloaded and Fenced.
    """
    upload = work.upload
    dataset = datasets.get(upload.dataset)
    mode, only_check = upload.base_mode, upload.is_check
    try:
        refuse_unread(upload, dataset)
        with s3.local_copy(upload.s3_bucket, upload.s3_key, str(upload.s3_version)) as source:
            failpoint("stage.after_download")
            staging.put_upload(upload)
            asked = upload.actions.filter(kind__in=Action.ASK_FOR_MODE)
            if upload.run == 1 or not asked.exists():
                mode, only_check = stated(source.metadata, dataset) or (mode, only_check)
            layout = dataset.inspect(source.path, source.size, mode, known_of(upload))
            refuse_a_part(mode, layout)
            readings = other_readings(source.path, layout)
            rows = CountedRows(
                dataset.format.rows(source.path, layout),
                dataset.row_limit,
                said_at=position_of_corrections(layout),
            )
            items = write_rows(work, rows)
    except Refused as refused:
        with work.batch() as upload:
            upload.ask(mode, only_check=only_check)
            upload.refuse(refused.code, refused.message)
            sample: dict[str, Any] = {}
            if isinstance(refused, Unmatched):
                upload.layout = refused.layout.to_json()
                sample = refused.sample.to_json()
            elif isinstance(refused, Ambiguous):
                sample = {"readings": [reading.to_json() for reading in refused.readings]}
            if sample:
                FileSample.objects.update_or_create(upload=upload, defaults={"content": sample})
        log.info("refused: %s", refused.code, extra={"event": "refused", "code": refused.code})
        return
    except s3.Gone:
        with work.batch() as upload:
            upload.source_deleted_at = now()
            upload.refuse("FILE_DELETED", REFUSALS["FILE_DELETED"].filled_in())
        log.info("refused: FILE_DELETED", extra={"event": "refused", "code": "FILE_DELETED"})
        return
    schema = dataset.for_header(layout.header)
    with work.batch() as upload:
        if readings:
            FileSample.objects.update_or_create(
                upload=upload, defaults={"content": {"readings": readings}}
            )
        upload.ask(mode, only_check=only_check)
        recognize_correction(upload, layout, rows.said)
        upload.staged(
            layout=layout.to_json(),
            ignored_columns=schema.unknown(layout.header, layout.sources_in(schema)),
            sha256=source.sha256,
            size=source.size,
            rows=rows.count,
            items=items,
        )
    log.info(
        "staged: %s rows, %s bytes",
        rows.count,
        source.size,
        extra={"event": "staged", "rows": rows.count, "bytes": source.size},
    )


def other_readings(path: Path, layout: Layout) -> list[dict[str, Any]]:
    """How else a file may be read whose encoding we assumed."""
    if layout.encoding != encoding.WESTERN:
        return []
    return [reading.to_json() for reading in csv_reader.other_readings(path, layout)]


def stated(metadata: Mapping[str, str], dataset: Dataset) -> tuple[str, bool] | None:
    """The mode that an object states, and whether only to check; None if the data set has no such
    mode. It counts until a person asks for another."""
    mode = metadata.get(s3.MODE)
    if mode == Upload.Mode.CHECK and dataset.can_check:
        of = metadata.get(s3.CHECK_OF)
        return of if of in dataset.base_modes else Upload.Mode.CREATE.value, True
    return (mode, False) if mode in dataset.base_modes else None


class CountedRows:
    """Counts rows as they are read, and keeps which rows of another upload they say that they are,
    in our column of messages, if there is one. Raises Refused after `limit` rows, if the scan did
    not."""

    def __init__(
        self, rows: Iterator[tuple[int, list[str]]], limit: int, *, said_at: int | None = None
    ) -> None:
        self.count = 0
        self.limit = limit
        self.said: set[int] = set()
        self._said_at = said_at
        self._rows = rows

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for row in self._rows:
            self.count += 1
            if self.count > self.limit:
                raise Refused("TOO_MANY_ROWS", limit=self.limit)
            at, cells = self._said_at, row[1]
            if at is not None and at < len(cells) and (number := number_said(cells[at])):
                self.said.add(number)
            yield row


def position_of_corrections(layout: Layout) -> int | None:
    """Where our column of messages is, if it names an upload."""
    found = (i for i, name in enumerate(layout.header) if corrected_upload(name))
    return next(found, None)


def recognize_correction(upload: Upload, layout: Layout, said: set[int]) -> None:
    """Record that the file has rejected rows of an earlier upload of the vendor, if it says so and
    these are still open: rows to fix that a person has downloaded and corrected."""
    at = position_of_corrections(layout)
    if at is None or upload.corrects_id or upload.vendor_id is None:
        return
    first = Upload.objects.filter(
        pk=corrected_upload(layout.header[at]), vendor=upload.vendor_id, dataset=upload.dataset
    ).first()
    if first is None or first.pk == upload.pk or (upload.is_check and not first.is_check):
        return
    rejected = RowError.objects.of_run(first).errors().filter(row_number__in=said)
    numbers = set(rejected.values_list("row_number", flat=True))
    ranges = as_ranges(sorted(numbers - numbers_in(taken_ranges(first))))
    if ranges:
        upload.correct(first, ranges)


def write_rows(work: Work, rows: Iterable[tuple[int, list[str]]]) -> int:
    """Stage all rows. Returns the number of items written."""
    written = 0
    for count in staging.write(work.upload_id, work.token, rows):
        written = count
        failpoint("stage.after_items")
    return written


def refuse_a_part(mode: str, layout: Layout) -> None:
    """Raise Refused if the file is to replace the catalog and has our rows to fix only."""
    if mode == Upload.Mode.REPLACE and any(map(is_corrections, layout.header)):
        raise Refused("ROWS_TO_FIX")


def refuse_unread(upload: Upload, dataset: Dataset) -> None:
    """Raise Refused if the file can be rejected without reading it."""
    if dataset.by_vendor:
        if upload.vendor is None:
            raise Refused("UNKNOWN_VENDOR", vendor=upload.vendor_prefix)
        if not upload.vendor.is_active:
            raise Refused("INACTIVE_VENDOR", vendor=upload.vendor.vendor_id)
    dataset.refuse_by_size(upload.file_size or 0)
