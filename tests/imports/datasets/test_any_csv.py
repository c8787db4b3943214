"""Any CSV: one item per row, with attributes named after the file's columns."""

import gc
import tracemalloc
from typing import Any

import pytest
from django.conf import settings

from imports import actions
from imports.datasets import get
from imports.destinations.dynamodb import ITEM_OVERHEAD_BYTES, MAX_ITEM_BYTES, OWN_ATTRIBUTES
from imports.models import RowError, Upload
from imports.reports.correctable_file import correctable_file
from imports.rules.refusals import Refused
from imports.storage import dynamodb
from tests.conftest import drive, report_text
from tests.imports.conftest import Killed, Kills, expire_leases
from tests.imports.dropping import dropped, imported

pytestmark = pytest.mark.django_db


def send(text: str | bytes) -> Upload:
    return imported("csv/readings.csv", text)


def counts(upload: Upload) -> tuple[str, int, int]:
    return (upload.status, upload.valid_records, upload.error_records)


def stored(upload: Upload) -> dict[int, dict[str, Any]]:
    """The upload's items by row number, without our own attributes."""
    pages = (
        dynamodb.client()
        .get_paginator("query")
        .paginate(
            TableName=settings.CSV_DATA_TABLE,
            ConsistentRead=True,
            KeyConditionExpression="upload_id = :upload",
            ExpressionAttributeValues={":upload": {"S": upload.upload_id}},
        )
    )
    return {
        int(item["row_number"]["N"]): {
            name: value for name, value in item.items() if name not in OWN_ATTRIBUTES
        }
        for page in pages
        for item in page["Items"]
    }


def test_every_row_is_an_item_and_empty_cells_are_null() -> None:
    upload = send("Ort,Größe (m²),status\nBremen,12.5,\n\n  Köln ,,=1+1\nUlm\n")
    assert counts(upload) == ("completed", 3, 0)
    assert stored(upload) == {
        2: {"Ort": {"S": "Bremen"}, "Größe (m²)": {"S": "12.5"}, "status": {"NULL": True}},
        4: {"Ort": {"S": "Köln"}, "Größe (m²)": {"NULL": True}, "status": {"S": "=1+1"}},
        5: {"Ort": {"S": "Ulm"}, "Größe (m²)": {"NULL": True}, "status": {"NULL": True}},
    }
    assert upload.ignored_columns == []


def test_an_empty_cell_too_many_is_reported_as_any_other() -> None:
    """It may have come from a comma inside a value."""
    upload = send("a,b\n1,2\nMouse, wireless,\n")
    assert counts(upload) == ("partial", 1, 1)


def test_empty_cells_that_the_header_has_too_are_dropped() -> None:
    assert counts(send("a,b,,\n1,2,,\n1,2\n")) == ("completed", 2, 0)


def test_cells_may_hold_line_breaks() -> None:
    upload = send('id,comment\n1,"Hello,\nworld"\n2,"12 High Street,\nYork, ""UK"""\n3\n')
    assert counts(upload) == ("completed", 3, 0)
    assert stored(upload)[2]["comment"] == {"S": "Hello,\nworld"}


def test_a_short_row_may_hold_line_breaks() -> None:
    assert counts(send('a,b,c\n1,"Hello, you\nthere"\n')) == ("completed", 1, 0)


def test_a_last_column_errors_is_theirs() -> None:
    upload = send("host,errors\nweb,3\n")
    assert stored(upload)[2]["errors"] == {"S": "3"}


def test_our_last_column_is_ignored_and_named() -> None:
    upload = send("host,Errors\nweb,3\n")
    assert list(stored(upload)[2]) == ["host"]
    assert upload.ignored_columns == ["Errors"]


@pytest.mark.parametrize("above", ["Sensors in May", "#TYPE Selected.System.Service"])
def test_a_line_above_the_table_is_no_header(above: str) -> None:
    upload = send(f"{above}\nhost,load\nweb,3\ndb,5\n")
    assert upload.failure_code == "INVALID_HEADER"
    assert "the column names seem to be in row 2" in upload.failure_message


@pytest.mark.parametrize("sign", ["^", ":", "~"])
def test_values_divided_by_another_sign_are_not_one_column(sign: str) -> None:
    upload = send(f"a{sign}b\n1{sign}2\n3{sign}4\n")
    assert upload.failure_code == "INVALID_HEADER"
    assert f"divided by '{sign}'" in upload.failure_message


def test_columns_aligned_with_spaces_are_not_one_column() -> None:
    upload = send("name     role\nweb 1    db\nweb 2    cache\n")
    assert upload.failure_code == "INVALID_HEADER"
    assert "divided by several spaces" in upload.failure_message


def test_words_in_one_column_are_no_columns() -> None:
    assert send("full name\nAnna Smith\nJo Miller\n").status == "completed"


def test_a_row_wider_than_the_header_is_rejected_and_can_be_fixed() -> None:
    upload = send("a,b\n1,2\n1,2,3\n1\n")
    assert counts(upload) == ("partial", 2, 1)
    assert list(stored(upload)) == [2, 4]
    assert RowError.objects.get().error_message == "This row has 3 values; the header has 2"
    assert report_text(upload).splitlines()[0] == (
        "Row Number,Error Type,Error Message,Column,Value,How To Fix,Severity"
    )
    fixed = b"".join(correctable_file(upload)).decode("utf-8-sig")
    assert fixed.startswith("a,b,Errors\r\n1,2,")
    again = send(fixed)
    assert stored(again) == {2: {"a": {"S": "1"}, "b": {"S": "2"}}}


def test_a_column_called_errors_is_ours_only_at_the_end() -> None:
    upload = send("Errors,b\n7,2\n")
    assert stored(upload) == {2: {"Errors": {"S": "7"}, "b": {"S": "2"}}}


@pytest.mark.parametrize(
    ("header", "code", "said"),
    [
        ("a,,c", "INVALID_HEADER", "Column 2 has no name."),
        ("a,a", "DUPLICATE_COLUMNS", "The header has a more than once"),
        ("a, a ", "DUPLICATE_COLUMNS", "The header has a more than once"),
        ("a," + "b" * 256, "INVALID_HEADER", "Column 2 has a name of more than 255 bytes"),
        ("a," + "ü" * 128, "INVALID_HEADER", "Column 2 has a name of more than 255 bytes"),
        ("a,row_number", "INVALID_HEADER", "Column 2 is called 'row_number'"),
        ("upload_id,a", "INVALID_HEADER", "Column 1 is called 'upload_id'"),
        ("a,b\x07", "NOT_CSV", "binary"),
        ('a,"b\nc"', "INVALID_HEADER", "Column 2 has a name with an invisible character"),
        (",".join(f"c{n}" for n in range(501)), "MALFORMED_CSV", "more than 500 columns"),
        ('a,"b', "MALFORMED_CSV", "never closed"),
        ("a," + "b" * 1_001, "MALFORMED_CSV", "name is longer than 1,000"),
        ('{"a": 1}', "NOT_CSV", "JSON"),
    ],
)
def test_a_header_without_valid_attribute_names_is_refused(
    header: str, code: str, said: str
) -> None:
    upload = send(f"{header}\n1,2\n")
    assert (upload.status, upload.failure_code) == ("failed", code)
    assert said in upload.failure_message
    assert stored(upload) == {}


@pytest.mark.parametrize(
    "name",
    ["x" * 255, "ü" * 127, "#:weird name!", "size", "Upload_ID", "__proto__", "{0}", "%s", "a.b"],
)
def test_an_unusual_name_is_accepted(name: str) -> None:
    upload = send(f"{name},b\nbell\x07,2\n1,2\n")
    assert counts(upload) == ("partial", 1, 1)
    assert RowError.objects.get().column_name == name
    assert stored(upload) == {3: {name: {"S": "1"}, "b": {"S": "2"}}}
    assert f"{name} contains an invisible character" in report_text(upload)


def test_a_row_too_large_for_an_item_is_rejected() -> None:
    # It compresses well, so it can be staged, but it exceeds the size of a DynamoDB item.
    header = ",".join(f"c{n}" for n in range(50))
    upload = send(f"{header}\n" + ",".join(["x" * 9_000] * 50) + "\n1,2\n")
    assert counts(upload) == ("partial", 1, 1)
    assert list(stored(upload)) == [3]
    assert RowError.objects.get().error_message == (
        "This row has 441 KB of text; 400 KB or less can be stored"
    )


def test_the_largest_accepted_row_fits() -> None:
    size = (MAX_ITEM_BYTES - ITEM_OVERHEAD_BYTES) // 41 - 3
    header = ",".join(f"c{n:02}" for n in range(41))
    upload = send(f"{header}\n" + ",".join(["y" * size] * 41) + "\n")
    assert counts(upload) == ("completed", 1, 0)


def test_a_cell_that_is_too_long_is_rejected() -> None:
    upload = send("a,b\n" + "x" * 10_001 + ",1\n")
    assert counts(upload) == ("failed", 0, 1)
    assert RowError.objects.get().error_type == "FIELD_TOO_LONG"


@pytest.mark.usefixtures("row_by_row")
def test_a_batch_that_was_written_and_not_counted_is_repeated(kill_after_writing: Kills) -> None:
    upload = dropped("csv/readings.csv", "a\n1\n2\n3\n")
    kill_after_writing(1, lambda: len(stored(upload)) == 2)
    with pytest.raises(Killed):
        drive()
    expire_leases()
    drive()
    upload.refresh_from_db()
    assert counts(upload) == ("completed", 3, 0)
    assert stored(upload) == {2: {"a": {"S": "1"}}, 3: {"a": {"S": "2"}}, 4: {"a": {"S": "3"}}}


def test_a_retry_and_a_second_upload_do_not_overwrite_each_other() -> None:
    text = "a,b\n1,2\n2,3,4\n"
    first, second = send(text), send(text)
    actions.retry(first.upload_id, by=None)
    drive()
    first.refresh_from_db()
    assert (counts(first), first.run) == (("partial", 1, 1), 2)
    assert stored(first) == stored(second) == {2: {"a": {"S": "1"}, "b": {"S": "2"}}}


def test_a_file_of_more_rows_than_other_data_sets_take(settings: Any) -> None:
    rows = settings.UPLOAD_MAX_ROWS + 2_000
    upload = send("a,b\n" + "".join(f"{n},x\n" for n in range(rows)))
    assert counts(upload) == ("completed", rows, 0)
    assert settings.CSV_MAX_ROWS == 1_000_000


def test_a_file_larger_than_other_data_sets_take() -> None:
    most = 250 * 1024**2
    get("csv").refuse_by_size(most)
    with pytest.raises(Refused, match="FILE_TOO_LARGE"):
        get("csv").refuse_by_size(most + 1)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(settings: Any) -> None:
    """Neither rows nor items are collected: six times the rows take the same memory."""
    settings.BATCH_ROWS = 200
    peaks = []
    for rows in (1_000, 6_000):
        body = "a,b\n" + "".join(f"{n},{'x' * 1_000}\n" for n in range(rows))
        upload = dropped(f"csv/{rows}.csv", body)
        gc.collect()
        tracemalloc.start()
        drive()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        upload.refresh_from_db()
        assert counts(upload) == ("completed", rows, 0)
    assert peaks[1] < peaks[0] + 4_000_000, peaks  # all rows as text would be 6,000,000


def test_a_check_writes_nothing() -> None:
    upload = dropped("csv/readings.csv", "a,b\n1,2\n1,2,3\n")
    Upload.objects.filter(pk=upload.pk).update(mode=Upload.Mode.CHECK)
    drive()
    upload.refresh_from_db()
    assert counts(upload) == ("partial", 1, 1)
    assert stored(upload) == {}
