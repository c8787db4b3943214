"""What corrections have done to the rejected rows of uploads."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import ngettext

from imports.dataset import Dataset
from imports.models import Upload

# Each rejected row is open in one place: in the upload that rejected it, or in the correction that
# has it. A correction has no rows if it has ended without judging any (it was refused, or canceled
# early), was undone, or only checked what was not imported.
HAS_ROWS = """
NOT (correction.completed_at IS NOT NULL
     AND correction.valid_records + correction.error_records + correction.skipped_records = 0)
AND NOT EXISTS (SELECT 1 FROM upload_history WHERE undoes_id = correction.upload_id)
AND (NOT correction.only_check OR correction.held_reason IS NOT NULL OR EXISTS (
    SELECT 1 FROM upload_history
    WHERE upload_id = correction.corrects_id AND (only_check OR mode = 'check')
))
"""
# `chain` holds every upload with all corrections of its rows, and of their rows.
OPEN = f"""
WITH RECURSIVE chain AS (
    SELECT upload_id AS first, upload_id FROM upload_history WHERE upload_id = ANY(%s)
    UNION
    SELECT chain.first, correction.upload_id
    FROM chain JOIN upload_history AS correction ON correction.corrects_id = chain.upload_id
    WHERE {HAS_ROWS}
)
SELECT chain.first, sum(
    CASE WHEN upload_id = first THEN error_records
         WHEN completed_at IS NULL OR status = 'held' THEN 0
         ELSE total_records - valid_records - skipped_records - corrected_records END
)
FROM chain JOIN upload_history USING (upload_id) GROUP BY chain.first
"""  # noqa: S608 - the part is a constant of ours
# How many rows of uploads corrections have, and which.
TAKEN = f"""
SELECT corrects_id, sum(corrected_records) FROM upload_history AS correction
WHERE corrects_id = ANY(%s) AND {HAS_ROWS}
GROUP BY corrects_id
"""  # noqa: S608 - the part is a constant of ours
RANGES = f"""
SELECT (rows ->> 0)::int, (rows ->> 1)::int
FROM upload_history AS correction, jsonb_array_elements(corrected_rows) AS rows
WHERE corrects_id = %s AND {HAS_ROWS}
"""  # noqa: S608 - the part is a constant of ours


Ranges = list[list[int]]


@dataclass(frozen=True)
class Corrected:
    """How many rejected rows of an upload were imported by corrections, and how many are still to
    be fixed."""

    fixed: int
    open: int


def corrected(uploads: Iterable[Upload]) -> dict[str, Corrected]:
    """By the IDs of the uploads."""
    errors = {each.upload_id: each.error_records for each in uploads if each.error_records}
    found = open_of(errors) if errors else {}
    return {
        upload_id: Corrected(rejected - (left := min(rejected, max(0, found[upload_id]))), left)
        for upload_id, rejected in errors.items()
    }


def open_of(upload_ids: Iterable[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [list(upload_ids)])
        return {upload_id: int(rows) for upload_id, rows in cursor.fetchall()}


def left_in(uploads: Iterable[Upload]) -> dict[str, int]:
    """How many rejected rows no correction has, by the IDs of the uploads."""
    errors = {each.upload_id: each.error_records for each in uploads}
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [list(errors)])
        taken = {upload_id: int(rows) for upload_id, rows in cursor.fetchall()}
    return {upload_id: max(0, rows - taken.get(upload_id, 0)) for upload_id, rows in errors.items()}


def taken_ranges(upload: Upload) -> Ranges:
    """The rows that corrections have: those that were read, or still may be."""
    with connection.cursor() as cursor:
        cursor.execute(RANGES, [upload.upload_id])
        return [[first, last] for first, last in cursor.fetchall()]


def numbers_in(ranges: Iterable[list[int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def as_ranges(numbers: Iterable[int]) -> Ranges:
    """Numbers in rising order as ranges, [first, last]."""
    ranges: Ranges = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def first_of(upload: Upload) -> Upload:
    """The upload whose rows a correction has, also if it corrects a correction."""
    while upload.corrects:
        upload = upload.corrects
    return upload


def of_first_file(upload: Upload, dataset: Dataset) -> str:
    """What has become of the whole file, once some of its rows were corrected: "500 of 500 products
    of “stock.csv” are imported."; "" of other uploads."""
    if not upload.corrects_id or upload.is_check or upload.is_held:
        return ""
    first = first_of(upload)
    found = corrected([first]).get(first.upload_id)
    done = first.valid_records + first.skipped_records + (found.fixed if found else 0)
    text = ngettext(
        "%(done)s of %(total)s %(noun)s of “%(name)s” is imported.",
        "%(done)s of %(total)s %(nouns)s of “%(name)s” are imported.",
        first.total_records,
    )
    return text % {
        "done": f"{done:,}",
        "total": f"{first.total_records:,}",
        "noun": dataset.noun,
        "nouns": dataset.nouns,
        "name": first.file_name,
    }
