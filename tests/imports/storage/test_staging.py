"""Staged rows are read completely and in order, and a missing item is detected."""

from typing import Any

import pytest
from django.conf import settings

from imports.models import Upload
from imports.storage import dynamodb, staging

ROWS = [(number, [f"id-{number}", "x" * 50, "é"]) for number in range(2, 5_002)]


def stage(upload_id: str, token: int, rows: Any) -> Upload:
    *_, written = staging.write(upload_id, token, rows)
    return Upload(upload_id=upload_id, staged_token=token, staged_items=written)


def read_all(upload: Upload, most_rows: int) -> list[tuple[int, list[str], list[int]]]:
    rows = []
    while upload.cursor < upload.staged_items:
        runs = staging.read(upload, most_rows)
        rows += [row for run in runs for row in run.rows]
        upload.cursor = runs[-1].sequence
    return rows


@pytest.mark.parametrize("most_rows", [1, 2_000, 2**31])
def test_rows_are_read_in_file_order(most_rows: int) -> None:
    upload = stage(f"UPLOAD_ORDER_{most_rows}", 7, ROWS)
    assert read_all(upload, most_rows) == [(number, cells, []) for number, cells in ROWS]


def test_rows_are_stored_in_packed_items() -> None:
    upload = stage("UPLOAD_PACKED", 1, ROWS)
    assert upload.staged_items <= 6


def test_each_staging_is_read_by_its_own_token() -> None:
    stage("UPLOAD_TWICE", 1, [(2, ["old"])])
    upload = stage("UPLOAD_TWICE", 2, [(2, ["new"])])
    assert read_all(upload, 10) == [(2, ["new"], [])]


@pytest.mark.parametrize("missing", [1, 3, 5])
def test_a_missing_item_is_detected(missing: int) -> None:
    upload = stage(f"UPLOAD_GAP_{missing}", 1, ROWS)
    dynamodb.client().delete_item(
        TableName=settings.UPLOAD_RECORDS_TABLE,
        Key={
            "upload_id": {"S": upload.upload_id},
            "record_id": {"S": staging.record_id(1, missing)},
        },
    )
    with pytest.raises(staging.StagingIncomplete):
        read_all(upload, 2**31)


def test_a_cell_is_cut_at_ten_thousand_characters_and_flagged() -> None:
    upload = stage("UPLOAD_LONG", 1, [(2, ["a" * 10_000, "b" * 10_001])])
    ((_, cells, cut),) = read_all(upload, 10)
    assert ([len(cell) for cell in cells], cut) == ([10_000, 10_000], [1])


def test_a_row_that_fits_no_item_has_its_cells_cut() -> None:
    # Every character once, so that nothing can be compressed.
    incompressible = "".join(map(chr, range(0x4E00, 0x4E00 + 9_000)))
    upload = stage("UPLOAD_WIDE", 1, [(2, [incompressible] * 20), (3, ["next"])])
    assert upload.staged_items in {1, 2}
    rows = read_all(upload, 10)
    assert [row[0] for row in rows] == [2, 3]


def test_a_row_with_too_many_cells_is_cut() -> None:
    upload = stage("UPLOAD_CELLS", 1, [(2, [chr(0x4E00 + n % 20_000) * 20 for n in range(50_000)])])
    ((number, cells, _),) = read_all(upload, 10)
    assert (number, len(cells)) == (2, 1_000)
