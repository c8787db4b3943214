"""Rejected rows that a change would accept.

Counted are rows of the last runs of imports, without those that a correction has, and without files
that were imported again later. A row is accepted if all of its errors go, and if none of its keys
is in use. Rows are judged as they are stored: of a file with very many errors, only the first are.
"""

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

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
from imports.validation.validate import validate

MOST_JUDGED = 10_000  # rows, the newest first
# As the index on categories that are not approved has it.
COMPARED = Lower(
    Func(F("cell"), Value("[[:space:]]+"), Value(" "), Value("g"), function="regexp_replace")
)


@dataclass(frozen=True)
class Accepted:
    """The rows. `is_cut`: only the newest MOST_JUDGED were judged, of more that may be accepted.
    `unlisted` rows of files with such errors are not stored, and nothing is known of them."""

    flips: Flips
    is_cut: bool
    unlisted: int


def would_be_accepted(change: RuleChange, since: datetime, today: date) -> Accepted:
    """Rows of uploads since then that were rejected."""
    imports = Upload.objects.filter(
        IS_ENDED_IMPORT,
        dataset=DATASET.key,
        upload_timestamp__gt=since,
        error_records__gt=0,
        undone_by=None,
    ).order_by()
    places = list(candidates(change, imports)[: MOST_JUDGED + 1])
    uploads = Upload.objects.defer("plan").in_bulk({upload_id for upload_id, _ in places})
    again = read_again(list(uploads.values()))
    flips = Flips()
    for upload_id, of_upload in groupby(places[:MOST_JUDGED], lambda place: place[0]):
        if upload_id not in again:
            upload, numbers = uploads[upload_id], [number for _, number in of_upload]
            count(flips, upload, accepted_rows(upload, numbers, change, today), change.column)
    return Accepted(flips, len(places) > MOST_JUDGED, unlisted(change, imports))


def candidates(
    change: RuleChange, imports: QuerySet[Upload]
) -> "QuerySet[RowError, tuple[str, int]]":
    """The rows with the change's error, the newest upload first; of a list, those whose names may
    come to be on it."""
    errors = RowError.objects.errors().filter(
        column_name=change.column, error_type=change.code, upload__in=imports, run=F("upload__run")
    )
    if (after := approved_in(change.after.by_key[change.column])) and (
        before := approved_in(change.before.by_key[change.column])
    ):
        new = {*after.names()} - {*before.names()}
        errors = errors.annotate(compared=COMPARED).filter(compared__in=cells_for(change, new))
    return errors.order_by("-upload_id", "row_number").values_list("upload_id", "row_number")


def cells_for(change: RuleChange, names: set[str]) -> set[str]:
    """What cells may hold for one of the names: that itself, or what a vendor has said to read as
    it; in lower case."""
    known = ValueMap.objects.filter(dataset=DATASET.key, column_name=change.column)
    wanted = {comparable(name) for name in names}
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
    after = accepted_by(change.after, upload, shape, rows, today)
    before = {row.number for row in accepted_by(change.before, upload, shape, after, today)}
    return [row for row in after if row.number not in before]


def accepted_by(
    dataset: Dataset, upload: Upload, shape: Shape, rows: list[OpenRow], today: date
) -> list[OpenRow]:
    """The rows without errors by the rules of the data set, and without clashes of keys, if they
    came in another upload of the same kind."""
    if not rows:
        return []
    again = copy(upload)
    again.upload_id, again.run = "", 1
    batch = validate(
        dataset,
        shape.judging,
        [(row.number, row.cells, []) for row in rows],
        again.base_mode,
        today,
        replacements=replacements_of(again),
    )
    wrong = batch.problems | dataset.destination.clashes(again, batch)
    return [row for i, row in enumerate(rows) if i not in wrong]


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
