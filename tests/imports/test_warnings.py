"""A warning rejects no row; it is on the pages, in the report, the email and the result."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from imports import actions, datasets
from imports.models import ErrorCounts, Notification, RowError, Upload
from imports.reports.history_csv import HEADER, history_file
from imports.reports.result import in_words, result_of
from tests.conftest import drive, report_text
from tests.imports.dropping import imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]
TOYS = """\
from imports.dataset import Dataset
from imports.destinations.dynamodb import DynamoRows
from imports.formats.csv_formats import Csv
from imports.rules import Column, MaxLength, Required, Whole

DATASET = Dataset(
    key="{key}", title="{key}", noun="toy", nouns="toys", prefix="{key}/", by_vendor=False,
    columns=(
        Column("name", "Name", Required(), MaxLength(20), example="Bear"),
        Column("motto", "Motto", MaxLength(9),
               MaxLength(3, code="LONG_MOTTO", severity="warning"), example="Go"),
    ),
    known_rows="Every file is kept beside the others.", modes=("create", "check"),
    format=Csv(), destination=DynamoRows(setting="CSV_DATA_TABLE"), strict={strict},
)
"""
FILE = "Name,Motto\nBear,Go\nLion,Roar\n,Purr\nBall,Bounces high\nCat,Meow\n"
SENTENCE = "Motto must be 3 characters or fewer (yours has 4)"


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for key, strict in (("toys", False), ("stricttoys", True)):
        (tmp_path / f"{key}.py").write_text(TOYS.format(key=key, strict=strict))
    monkeypatch.setattr(datasets, "__path__", [*datasets.__path__, str(tmp_path)])
    datasets.all_datasets.cache_clear()
    yield
    datasets.all_datasets.cache_clear()
    sys.modules.pop("imports.datasets.toys", None)
    sys.modules.pop("imports.datasets.stricttoys", None)


def found(upload: Upload) -> list[tuple[int, str, str]]:
    errors = RowError.objects.of_run(upload).order_by("row_number", "error_id")
    return list(errors.values_list("row_number", "error_type", "severity"))


def test_a_row_with_a_warning_is_imported() -> None:
    upload = imported("toys/box.csv", FILE)
    counts = (upload.valid_records, upload.error_records, upload.warned_records)
    assert counts == (3, 2, 3)
    assert found(upload) == [
        (3, "LONG_MOTTO", "warning"),
        (4, "REQUIRED_FIELD", "error"),
        (4, "LONG_MOTTO", "warning"),
        (5, "FIELD_TOO_LONG", "error"),
        (6, "LONG_MOTTO", "warning"),
    ]
    warning = RowError.objects.warnings().filter(upload=upload).earliest("row_number")
    assert warning.error_message == SENTENCE
    assert warning.original_data == {"Name": "Lion", "Motto": "Roar"}


def test_in_a_strict_data_set_it_is_an_error() -> None:
    upload = imported("stricttoys/box.csv", FILE)
    assert (upload.valid_records, upload.error_records, upload.warned_records) == (1, 4, 0)
    assert [line for line in found(upload) if line[1] == "LONG_MOTTO"] == [
        (3, "LONG_MOTTO", "error"),
        (4, "LONG_MOTTO", "error"),
        (6, "LONG_MOTTO", "error"),
    ]


def test_report_email_and_result_say_it() -> None:
    upload = imported("toys/box.csv", FILE)

    lines = report_text(upload).splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines] == [
        *("Severity", "warning", "error", "warning", "error", "warning"),
    ]
    result = result_of(upload)
    assert result["warned_records"] == 3
    assert result["warnings_by_type"] == {"LONG_MOTTO": 3}
    assert "LONG_MOTTO" not in result["errors_by_type"]
    assert "3 with warnings" in in_words(upload)
    mail = Notification.objects.get(upload=upload)
    assert "3 rows have warnings." in mail.text_body
    assert "Toys With Warnings: 3" in mail.text_body
    for body in (mail.text_body, mail.html_body):
        errors, warnings = body.split("Warnings\n" if body is mail.text_body else ">Warnings<")
        assert SENTENCE in warnings
        assert SENTENCE not in errors
    row = b"".join(history_file([upload])).decode().splitlines()[1].split(",")
    assert row[HEADER.index("Warned Rows")] == "3"


def test_a_file_with_warnings_only_has_no_error_report() -> None:
    upload = imported("toys/box.csv", "Name,Motto\nLion,Roar\n")
    assert (upload.status, upload.warned_records) == ("completed", 1)
    assert upload.error_file_s3_key == ""


def test_the_pages_show_warnings_after_errors(client: Client, admin: User) -> None:
    upload = imported("toys/box.csv", FILE)
    client.force_login(admin)

    page = client.get(f"/uploads/{upload.upload_id}/").content.decode()
    before, section = page.split('<section class="rowwise" id="warnings"')
    assert SENTENCE not in before
    assert section.count(SENTENCE) == 4  # in the group, and for each row
    assert ">Roar<" in section
    assert ">Meow<" in section
    staffs = client.get(f"/admin/imports/upload/{upload.pk}/change/").content.decode()
    assert SENTENCE in staffs.split("All warnings")[1]
    assert "3 with warnings" in client.get("/admin/imports/upload/").content.decode()


def test_the_page_of_a_file_without_errors_leads_to_its_warnings(
    client: Client, admin: User
) -> None:
    upload = imported("toys/box.csv", "Name,Motto\nLion,Roar\n")
    client.force_login(admin)
    page = client.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert 'href="#warnings"' in page
    assert "1 row has warnings." in page


def test_the_help_page_lists_it_as_a_warning(client: Client, admin: User) -> None:
    client.force_login(admin)
    page = client.get("/help/toys/").content.decode()
    assert 'id="LONG_MOTTO"' in page.split('id="warnings"')[1]
    assert "otherwise a warning: up to 3 characters" in page
    assert (
        "We reject a row for these reasons, too."
        in client.get("/help/stricttoys/").content.decode()
    )


def test_many_warnings_are_counted_and_the_first_ones_stored(
    settings: Any, client: Client, admin: User, row_by_row: None
) -> None:
    settings.MAX_STORED_ERRORS = 2
    rows = "".join(f"Lion {n},Roar\n" for n in range(5))
    upload = imported("toys/box.csv", f"Name,Motto\n,x\n{rows}")
    counts = ErrorCounts.objects.get(upload=upload, severity="warning")
    assert (counts.errors, counts.stored_errors, upload.warned_records) == (5, 2, 5)
    note = "3 more warnings in 3 rows are not listed."
    assert note in report_text(upload)
    client.force_login(admin)
    assert note in client.get(f"/uploads/{upload.upload_id}/").content.decode()


def test_a_retry_counts_its_warnings_again() -> None:
    upload = imported("toys/box.csv", FILE)
    actions.retry(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert (upload.run, upload.valid_records, upload.warned_records) == (2, 3, 3)
    assert [line[0] for line in found(upload) if line[2] == "warning"] == [3, 4, 6]
