"""docs/machines.md: its program runs unchanged, and its examples have the fields of answers."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings as project

from imports.intake import s3_events
from imports.models import OutboxFile, Upload
from imports.outbox import contents
from imports.rules.refusals import REFUSALS
from imports.storage import s3
from tests.conftest import drive
from tests.docs.pages import ROOT, block, section, table
from tests.product_files import csv_bytes, good_row

PAGE = ROOT / "docs" / "machines.md"


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, vendor_a: Any, quiet_events: None) -> Any:
    """The function of the page. While it sleeps, the file is imported."""
    names: dict[str, Any] = {"__name__": "send_file"}
    exec(block(PAGE, "# send_file.py"), names)
    monkeypatch.setattr(boto3, "client", lambda _: s3.client())

    def work(_: float) -> None:
        s3_events.forward_some(s3_events.client(), wait_seconds=1)
        drive()

    monkeypatch.setattr("time.sleep", work)
    return names["send"]


@pytest.mark.parametrize(
    ("rows", "status"),
    [([good_row(1), good_row(2, price="x")], "partial"), ([], "failed")],
)
def test_the_program_gets_the_result_of_its_file(
    send: Any, categories: list[str], tmp_path: Path, rows: list[dict[str, str]], status: str
) -> None:
    path = tmp_path / "spring.csv"
    for body in (b"an earlier file of this name", csv_bytes(rows) if rows else b""):
        path.write_bytes(body)
        result = send(project.S3_BUCKET, "VEND001", path)
    assert result["status"] == status
    upload = Upload.objects.get(pk=result["upload_id"])
    assert upload.s3_key == "uploads/VEND001/spring.csv"
    assert not (result["failure_code"] and result["failure_code"] not in REFUSALS)

    for kind, schema in (("received", contents.RECEIVED), ("result", contents.RESULT)):
        example = json.loads(block(PAGE, f'{{\n  "schema": "{schema}"'))
        said = json.loads(OutboxFile.objects.get(upload=upload, kind=kind).content)
        assert list(example) == list(said)
        assert example["schema"] == said["schema"] == schema


def test_the_example_agrees_with_itself() -> None:
    result = json.loads(block(PAGE, f'{{\n  "schema": "{contents.RESULT}"'))
    received = json.loads(block(PAGE, f'{{\n  "schema": "{contents.RECEIVED}"'))
    assert {key: result[key] for key in received if key not in ("schema", "result_key")} == {
        key: said for key, said in received.items() if key not in ("schema", "result_key")
    }
    upload = Upload(
        upload_id=result["upload_id"], vendor_prefix="VEND001", file_name=result["file_name"]
    )
    assert received["result_key"] == contents.result_key(upload, 1)
    assert result["files"] == {
        "error_report": contents.error_report_key(upload, 1),
        "rows_to_fix": contents.rows_to_fix_key(upload, 1),
    }
    assert sorted(result["errors_by_type"]) == list(result["help"])
    parts = ("valid_records", "error_records", "skipped_records")
    assert sum(result[part] for part in parts) == result["total_records"]


def test_the_fields_that_are_explained_are_those_of_answers() -> None:
    result = json.loads(block(PAGE, f'{{\n  "schema": "{contents.RESULT}"'))
    rows = table(section(PAGE, "result.json"))
    explained = {name for row in rows for name in code_in(row[0])}
    assert explained <= result.keys()


def code_in(text: str) -> list[str]:
    return text.split("`")[1::2]


def test_the_names_of_the_files_are_those_that_we_write() -> None:
    upload = Upload(upload_id="<upload ID>", vendor_prefix="<vendor>", file_name="<file>")
    names = [
        contents.received_key(upload),
        contents.result_key(upload, 1),
        contents.error_report_key(upload, 1),
        contents.rows_to_fix_key(upload, 1),
    ]
    shown = [row[0].strip("`") for row in table(PAGE.read_text().partition("\n## ")[0])]
    assert [f"outbox/<vendor>/{name}" for name in shown] == names
