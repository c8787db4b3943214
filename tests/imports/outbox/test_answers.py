"""Answers in the bucket: what is answered, and what the files say."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.db.models.functions import Now
from django.utils.timezone import now

from imports import actions, datasets, failures, pipeline
from imports.intake.receive import Arrival, object_arrived, open_upload, refuse_at_form
from imports.maintenance import resume
from imports.models import OutboxFile, Upload
from imports.reports.result import result_of
from imports.rules.refusals import Refused
from imports.storage import s3
from tests.conftest import arrived, drive, import_due, report_text, send_due
from tests.imports.dropping import dropped, imported
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
NO_FILES = {"error_report": None, "rows_to_fix": None}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

pytestmark = pytest.mark.usefixtures("vendor_a", "categories")


def outbox_of(upload: Upload) -> dict[str, bytes]:
    """The files in the vendor's outbox that are about the upload, by the ends of their names."""
    prefix = f"outbox/{upload.vendor_prefix}/"
    begin = f"{prefix}{upload.file_name}.{upload.upload_id}."
    return {
        listed.key.removeprefix(begin): stored(listed.key)
        for listed in s3.list_versions(project.S3_BUCKET, prefix)
        if upload.upload_id in listed.key
    }


def stored(key: str) -> bytes:
    answer = s3.client().get_object(Bucket=project.S3_BUCKET, Key=key)
    return answer["Body"].read()


def result_in(upload: Upload, run: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(outbox_of(upload)[f"run{run}.result.json"])
    return found


def test_a_dropped_file_is_answered_when_it_arrives_and_when_its_run_has_ended() -> None:
    rows = [good_row(1), good_row(2, price="-10.00"), good_row(3, price="x", category="Footware")]
    upload = dropped("uploads/VEND001/daily/Spring prices.csv", csv_bytes(rows))
    send_due()
    begin = f"outbox/VEND001/Spring prices.csv.{upload.upload_id}"
    found = outbox_of(upload)
    assert set(found) == {"received.json"}
    received = json.loads(found["received.json"])
    arrival = {
        "vendor_id": "VEND001",
        "dataset": "products",
        "file_name": "Spring prices.csv",
        "source_key": "uploads/VEND001/daily/Spring prices.csv",
        "source_version": upload.s3_version,
    }
    assert received == arrival | {
        "schema": "received.v1",
        "upload_id": upload.upload_id,
        "received_at": received["received_at"],
        "result_key": f"{begin}.run1.result.json",
        "upload_url": f"{project.PORTAL_URL}/uploads/{upload.upload_id}/",
    }

    drive()
    upload.refresh_from_db()
    found = outbox_of(upload)
    ends = {"received.json", "run1.result.json", "run1.errors.csv", "run1.rows_to_fix.csv"}
    assert set(found) == ends
    result = json.loads(found["run1.result.json"])
    assert result == result_of(upload) | arrival | {
        "schema": "result.v1",
        "run": 1,
        "mode": "create",
        "sha256": upload.sha256,
        "received_at": received["received_at"],
        "started_at": result["started_at"],
        "ended_at": result["ended_at"],
        "upload_url": received["upload_url"],
        "help": {
            code: f"{project.PORTAL_URL}/help/products/#{code}"
            for code in ("INVALID_CATEGORY", "INVALID_PRICE")
        },
        "files": {
            "error_report": f"{begin}.run1.errors.csv",
            "rows_to_fix": f"{begin}.run1.rows_to_fix.csv",
        },
    }
    times = [result[name] for name in ("received_at", "started_at", "ended_at")]
    assert all(map(RFC_3339.fullmatch, times))
    assert times == sorted(times)
    assert datetime.fromisoformat(result["ended_at"]) <= now()
    assert (result["status"], result["valid_records"], result["error_records"]) == ("partial", 1, 2)
    assert found["run1.errors.csv"].decode("utf-8-sig") == report_text(upload)
    to_fix = list(csv.DictReader(io.StringIO(found["run1.rows_to_fix.csv"].decode("utf-8-sig"))))
    assert [row["price"] for row in to_fix] == ["-10.00", "x"]
    for file in upload.outbox_files.all():
        [version] = s3.list_versions(project.S3_BUCKET, file.key)
        assert (file.state, file.version) == ("written", version.version)
        assert (file.attempts, file.next_attempt_at) == (1, None)


@pytest.mark.parametrize(
    ("vendor_id", "body", "code"),
    [
        ("VEND001", b"", "EMPTY_FILE"),
        ("VEND001", b"a,b\n1,2\n", "MISSING_COLUMNS"),
        ("VEND999", b"", "UNKNOWN_VENDOR"),  # who may become a vendor
    ],
)
def test_a_refused_file_is_answered(vendor_id: str, body: bytes, code: str) -> None:
    upload = imported(f"uploads/{vendor_id}/x.csv", body)
    assert set(outbox_of(upload)) == {"received.json", "run1.result.json"}
    result = result_in(upload)
    assert (result["status"], result["failure_code"]) == ("failed", code)
    assert result["failure_message"] == upload.failure_message
    assert result["help"] == {code: f"{project.PORTAL_URL}/help/products/#{code}"}
    assert result["files"] == NO_FILES
    assert result["sha256"] == (upload.sha256 or None)


@pytest.mark.parametrize("prefix", ["", "a b", "..", "V" * 51, "VEND001é"])
def test_a_prefix_that_is_no_vendors_id_has_no_outbox(prefix: str) -> None:
    upload = imported(f"uploads/{prefix}/x.csv", b"")
    assert upload.failure_code == "UNKNOWN_VENDOR"
    assert not OutboxFile.objects.exists()


def test_files_of_staff_have_no_outbox() -> None:
    upload = imported("customers/people.csv", b"customer_id,name\n1,2\n")
    assert upload.has_ended
    assert not OutboxFile.objects.exists()


def test_personal_data_has_no_outbox_even_if_vendors_send_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    personal = replace(datasets.get("products"), personal=True)
    monkeypatch.setattr("imports.outbox.answers.all_datasets", lambda: {"products": personal})
    assert imported("uploads/VEND001/x.csv", csv_bytes([good_row(1)])).has_ended
    assert not OutboxFile.objects.exists()


def test_a_file_that_never_arrives_has_a_result_and_was_not_received(
    vendor_a: Vendor,
) -> None:
    upload = open_upload(
        vendor=vendor_a, dataset="products", mode="create", file_name="x.csv", size=3, by=None
    )
    Upload.objects.update(upload_timestamp=now() - timedelta(hours=1))
    resume.refuse_never_arrived()
    drive()
    assert set(outbox_of(upload)) == {"run1.result.json"}
    assert result_in(upload)["failure_code"] == "NEVER_ARRIVED"
    assert result_in(upload)["source_version"] is None


def test_a_file_that_the_form_refuses_has_a_result(vendor_a: Vendor) -> None:
    upload = refuse_at_form(
        Refused("EMPTY_FILE"),
        vendor=vendor_a,
        dataset="products",
        mode="create",
        only_check=True,
        file_name="x.csv",
        size=0,
        by=None,
    )
    send_due()
    assert set(outbox_of(upload)) == {"run1.result.json"}
    result = result_in(upload)
    assert (result["status"], result["failure_code"]) == ("failed", "EMPTY_FILE")
    assert (result["mode"], result["only_check"]) == ("create", True)


def test_a_canceled_run_has_a_result_and_the_next_one_has_its_own(vendor_a: Vendor) -> None:
    upload = arrived([good_row(1), good_row(2, price="x")], vendor=vendor_a)
    actions.cancel(upload.upload_id, by=None)
    drive()
    first = outbox_of(upload)["run1.result.json"]
    assert json.loads(first)["status"] == "cancelled"

    actions.retry(upload.upload_id, by=None)
    drive()
    second = result_in(upload, run=2)
    assert (second["run"], second["status"], second["valid_records"]) == (2, "partial", 1)
    assert second["files"]["rows_to_fix"].endswith(".run2.rows_to_fix.csv")
    assert outbox_of(upload)["run1.result.json"] == first
    assert upload.outbox_files.filter(kind="result").count() == 2
    assert upload.outbox_files.filter(kind="received").count() == 1


def test_a_run_that_the_next_one_overtakes_has_its_result_and_its_report(vendor_a: Vendor) -> None:
    """Its rows to fix are those of the next run's."""
    upload = arrived([good_row(1), good_row(2, price="x")], vendor=vendor_a)
    import_due()
    upload.refresh_from_db()
    report = report_text(upload)
    actions.retry(upload.upload_id, by=None)
    drive()
    found = outbox_of(upload)
    first, second = (json.loads(found[f"run{run}.result.json"]) for run in (1, 2))
    assert (first["status"], first["error_records"]) == ("partial", 1)
    assert first["files"]["error_report"].endswith(".run1.errors.csv")
    assert first["files"]["rows_to_fix"] is None
    assert found["run1.errors.csv"].decode("utf-8-sig") == report
    assert "run1.rows_to_fix.csv" not in found
    assert second["files"]["rows_to_fix"].endswith(".run2.rows_to_fix.csv")


def test_an_undo_has_a_result(run_upload: Run) -> None:
    upload = run_upload([good_row(1)])
    undo = actions.undo(upload.upload_id, by=None)
    drive()
    assert set(outbox_of(undo)) == {"run1.result.json"}
    result = result_in(undo)
    assert (result["mode"], result["undoes"], result["removed_records"]) == (
        "undo",
        upload.upload_id,
        1,
    )
    assert (result["source_key"], result["sha256"]) == (None, None)


def no_template(*_: Any) -> None:
    raise ValueError("a template is broken")


@pytest.mark.parametrize("is_of_next_version", [True, False])
def test_a_run_that_cannot_be_ended_properly_has_a_result(
    vendor_a: Vendor, settings: Any, monkeypatch: pytest.MonkeyPatch, is_of_next_version: bool
) -> None:
    settings.RETRY_BASE_SECONDS = 0
    monkeypatch.setattr(failures, "close_old_connections", lambda: None)
    upload = arrived([good_row(1), good_row(2, price="x")], vendor=vendor_a)
    if is_of_next_version:
        Upload.objects.update(dataset="of the next version")
    monkeypatch.setattr("imports.notifications.email.prepare", no_template)
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.step) == ("failed", "done")
    result = result_in(upload)
    assert (result["status"], result["failure_code"]) == ("failed", "INTERNAL")
    assert result["error_records"] == (0 if is_of_next_version else 1)


def test_an_event_that_comes_again_changes_nothing() -> None:
    upload = imported("uploads/VEND001/x.csv", csv_bytes([good_row(1)]))
    before = outbox_of(upload)
    object_arrived(Arrival(upload.s3_bucket, upload.s3_key, str(upload.s3_version), 1))
    drive()
    assert outbox_of(upload) == before
    assert upload.outbox_files.filter(kind="received").get().attempts == 1


def test_an_answer_holds_no_secret_and_no_link_that_needs_no_login(run_upload: Run) -> None:
    upload = run_upload([good_row(1), good_row(2, price="x")])
    for name, body in outbox_of(upload).items():
        assert b"/reports/" not in body, name
        assert b"X-Amz-Signature" not in body, name


def test_a_result_is_due_before_its_upload_is_done(vendor_a: Vendor, settings: Any) -> None:
    """A worker of an earlier version may finish the upload, and does not know of answers."""
    settings.SLICE_SECONDS = 0
    upload = arrived([good_row(1)], vendor=vendor_a)
    while upload.step != Upload.Step.NOTIFY:
        pipeline.advance()
        upload.refresh_from_db()
    due = OutboxFile.objects.filter(kind="result", next_attempt_at__lte=Now())
    assert due.count() == 1
