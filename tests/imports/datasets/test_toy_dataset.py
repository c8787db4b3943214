"""A data set is a file of fifteen lines, without registration, and has all pages and features."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from imports import datasets
from imports.models import Notification, RowError
from imports.storage import dynamodb
from tests.conftest import report_text
from tests.imports.dropping import imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]
TOYS = """\
from imports.dataset import Dataset
from imports.destinations.dynamodb import DynamoRows
from imports.formats.csv_formats import Csv
from imports.rules import Column, MaxLength, Required, Whole

DATASET = Dataset(
    key="toys", title="Toys", noun="toy", nouns="toys", prefix="toys/", by_vendor=False,
    columns=(
        Column("name", "Name", Required(), MaxLength(20), example="Bear"),
        Column("pieces", "Pieces", Whole(code="INVALID_PIECES", at_most=5_000), example="1"),
    ),
    known_rows="Every file is kept beside the others.", modes=("create", "check"),
    format=Csv(), destination=DynamoRows(setting="CSV_DATA_TABLE"),
)
"""
FILE = "Pieces;name\n1;Bear\n7,000;Castle\n;Ball\n2;\n"


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "toys.py").write_text(TOYS)
    monkeypatch.setattr(datasets, "__path__", [*datasets.__path__, str(tmp_path)])
    datasets.all_datasets.cache_clear()
    yield
    datasets.all_datasets.cache_clear()
    sys.modules.pop("imports.datasets.toys", None)


def test_it_has_at_most_fifteen_lines() -> None:
    assert len(TOYS.splitlines()) <= 15


def test_it_imports_a_file() -> None:
    upload = imported("toys/box.csv", FILE)

    assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 2, 2)
    key = {":upload": {"S": upload.upload_id}}
    found = dynamodb.client().query(
        TableName=settings.CSV_DATA_TABLE,
        KeyConditionExpression="upload_id = :upload",
        ExpressionAttributeValues=key,
    )
    assert [(item["name"], item["pieces"]) for item in found["Items"]] == [
        ({"S": "Bear"}, {"N": "1"}),
        ({"S": "Ball"}, {"NULL": True}),
    ]
    assert list(RowError.objects.values_list("row_number", "error_type")) == [
        (3, "INVALID_PIECES"),
        (5, "REQUIRED_FIELD"),
    ]
    assert "Pieces must be a number without thousands separators" in report_text(upload)
    assert Notification.objects.get().subject == "Toy Upload Complete - box.csv (50% Success)"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("/help/toys/", "INVALID_PIECES"),
        ("/template/toys.csv", "Name*,Pieces"),
        ("/uploads/new/?dataset=toys", "Import toys"),
    ],
)
def test_it_has_its_pages(page: str, said: str, client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    assert said in client.get(page).content.decode()


def test_staff_find_it_in_the_admin(client: Client, admin: Any) -> None:
    imported("toys/box.csv", FILE)
    client.force_login(admin)
    page = client.get("/admin/imports/upload/?dataset=toys").content.decode()
    assert "box.csv" in page
    assert "Toys" in page
    assert "INVALID_PIECES" in client.get("/admin/imports/rowerror/").content.decode()
