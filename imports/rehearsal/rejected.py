"""Rejected rows that a change would accept.

Counted are rows of the last runs of imports, without those that a correction has, and without files
that were imported again later. A row is accepted if all of its errors go, and if none of its keys
is in use. Rows are judged as they are stored: of a file with very many errors, only the first are.
"""

import time
from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice

from django.db.models import F, Func, QuerySet, Sum, Value
from django.db.models.functions import Lower

from catalog.category_names import comparable
from imports.corrections.open_rows import OpenRow, Shape, open_rows
from imports.dataset import Dataset
from imports.datasets.products import DATASET
from imports.mapping.values import replacements_of
from imports.models import ErrorCounts, RowError, Upload, ValueMap
from imports.models.upload import IS_ENDED_IMPORT
from imports.rehearsal.changes import RuleChange
from imports.rehearsal.flips import EXAMPLES, Example, Flips
from imports.reports.same_file import read_again
from imports.rules.text import approved_in
from imports.validation.batch import ValidatedBatch
from imports.validation.validate import validate

MOST_JUDGED = 100_000  # rows, the newest first: as many as are stored of one file
ROWS = 2_000  # judged at once
UPLOADS = 100  # read at once
# As the index on categories that are not approved has it.
COMPARED = Lower(
    Func(F("cell"), Value("[[:space:]]+"), Value(" "), Value("g"), function="regexp_replace")
)


@dataclass(frozen=True)
class Accepted:
    """The rows. If more might be accepted than there was time to look at, `looked_at` of them were,
    the newest. `unlisted` rows of files with such errors are not stored: nothing is known of
    them."""

    flips: Flips
    looked_at: int | None = None
    unlisted: int = 0


def would_be_accepted(change: RuleChange, since: datetime, today: date, seconds: float) -> Accepted:
    """Rows of uploads since then that were rejected; as many as can be judged in so many seconds,
    and at least some of one upload."""
    cells = cells_for(change)
    if cells is not None and not cells:
        return Accepted(Flips())
    imports = Upload.objects.filter(
        IS_ENDED_IMPORT,
        dataset=DATASET.key,
        upload_timestamp__gt=since,
        error_records__gt=0,
        undone_by=None,
    ).order_by()
    places = list(candidates(change, imports, cells)[: MOST_JUDGED + 1])
    flips, looked_at = Flips(), 0
    end = time.monotonic() + seconds
    for upload, numbers in with_uploads(in_pieces(places[:MOST_JUDGED])):
        if looked_at and time.monotonic() > end:
            break
        looked_at += len(numbers)
        if upload:
            count(flips, upload, accepted_rows(upload, numbers, change, today), change.column)
    is_cut = looked_at < len(places)
    return Accepted(flips, looked_at if is_cut else None, unlisted(change, imports))


def with_uploads(
    pieces: Iterator[tuple[str, list[int]]],
) -> Iterator[tuple[Upload | None, list[int]]]:
    """The pieces with their uploads, read some at a time: often there is no time for all. None is
    an upload whose file was imported again."""
    while some := list(islice(pieces, UPLOADS)):
        uploads = Upload.objects.defer("plan").in_bulk({upload_id for upload_id, _ in some})
        again = read_again(list(uploads.values()))
        for upload_id, numbers in some:
            yield None if upload_id in again else uploads[upload_id], numbers


def in_pieces(places: list[tuple[str, int]]) -> Iterator[tuple[str, list[int]]]:
    """The numbers of each upload's rows, at most ROWS at a time."""
    for upload_id, of_upload in groupby(places, lambda place: place[0]):
        while numbers := [number for _, number in islice(of_upload, ROWS)]:
            yield upload_id, numbers


def candidates(
    change: RuleChange, imports: QuerySet[Upload], cells: set[str] | None
) -> "QuerySet[RowError, tuple[str, int]]":
    """The rows with the change's error, the newest upload first; in these cells only, if given."""
    errors = RowError.objects.errors().filter(
        column_name=change.column, error_type=change.code, upload__in=imports, run=F("upload__run")
    )
    if cells is not None:
        errors = errors.annotate(compared=COMPARED).filter(compared__in=cells)
    return errors.order_by("-upload_id", "row_number").values_list("upload_id", "row_number")


def cells_for(change: RuleChange) -> set[str] | None:
    """What cells may hold that come to be on a list: a new name, or what a vendor has said to read
    as it; in lower case. None if the column has no list."""
    before, after = (approved_in(d.by_key[change.column]) for d in (change.before, change.after))
    if before is None or after is None:
        return None
    names = {*after.names()} - {*before.names()}
    wanted = {comparable(name) for name in names}
    known = ValueMap.objects.filter(dataset=DATASET.key, column_name=change.column)
    said = {cell for cell, text in known.values_list("cell", "text") if comparable(text) in wanted}
    return {" ".join(text.lower().split()) for text in names | said}


def accepted_rows(
    upload: Upload, numbers: Collection[int], change: RuleChange, today: date
) -> list[OpenRow]:
    """Those of an upload's open rows with these numbers that have the change's error only, and
    would be accepted after the change, and not before it."""
    shape = Shape.of(upload)
    rows = [
        row
        for row in open_rows(upload, shape, numbers)
        if {(e.column_name, e.error_type) for e in row.errors} == {(change.column, change.code)}
    ]
    if not rows:
        return []
    # As if they came in another upload of the same kind.
    again = copy(upload)
    again.upload_id, again.run = "", 1
    after = validated(change.after, again, shape, rows, today)
    wrong = after.problems | DATASET.destination.clashes(again, after)
    if len(wrong) == len(rows):
        return []
    before = validated(change.before, again, shape, rows, today)
    return [row for i, row in enumerate(rows) if i not in wrong and i in before.problems]


def validated(
    dataset: Dataset, upload: Upload, shape: Shape, rows: list[OpenRow], today: date
) -> ValidatedBatch:
    return validate(
        dataset,
        shape.judging,
        [(row.number, row.cells, []) for row in rows],
        upload.base_mode,
        today,
        replacements=replacements_of(upload),
    )


def count(flips: Flips, upload: Upload, rows: list[OpenRow], column: str) -> None:
    if not rows:
        return
    flips.by_vendor[str(upload.vendor_id)] += len(rows)
    for row in rows[: EXAMPLES - len(flips.examples)]:
        first = next(error for error in row.errors if error.column_name == column)
        flips.examples.append(
            Example(
                vendor_id=str(upload.vendor_id),
                name=upload.file_name,
                value=first.cell or "",
                upload_id=upload.upload_id,
                row=row.number,
            )
        )


def unlisted(change: RuleChange, imports: QuerySet[Upload]) -> int:
    """How many rows are not stored of files with the change's error."""
    counts = ErrorCounts.objects.filter(
        upload__in=imports,
        run=F("upload__run"),
        severity=RowError.Severity.ERROR,
        rows__gt=F("stored_rows"),
        kinds__contains=[{"column": change.column, "type": change.code}],
    )
    left = counts.aggregate(left=Sum(F("rows") - F("stored_rows"), default=0))["left"]
    return int(left)
