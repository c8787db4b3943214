"""What an email says: the subject is true, and nothing is promised that did not happen."""

from collections.abc import Callable
from typing import Any

import pytest

from imports import actions
from imports.datasets import all_datasets
from imports.models import Notification, RowError, Upload
from imports.notifications import email
from imports.notifications.checks import mailboxes_of_known_data_sets
from tests.admin.conftest import make_upload
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
BAD = good_row(1, price="x")


def mail_of(upload: Upload) -> Notification:
    return Notification.objects.get(upload=upload, run=upload.run)


@pytest.mark.parametrize(
    ("rows", "mode", "subject"),
    [
        ([good_row(1)], "create", "Product Upload Complete - p.csv (100% Success)"),
        ([good_row(1), BAD], "create", "Product Upload Complete - p.csv (50% Success)"),
        ([BAD], "create", "Product Upload Failed - p.csv"),
        (b"", "create", "Product Upload Refused - p.csv"),
        ([good_row(1)], "check", "Product Check Complete - p.csv (100% Ready)"),
        ([good_row(1), good_row(2), BAD], "check", "Product Check Complete - p.csv (66% Ready)"),
        ([BAD], "check", "Product Check Complete - p.csv (0% Ready)"),
        (b"", "check", "Product Check Refused - p.csv"),
    ],
)
def test_the_subject_says_what_happened(
    run_upload: Run, rows: list[dict[str, str]] | bytes, mode: str, subject: str
) -> None:
    upload = run_upload(rows, mode=mode, file_name="p.csv")
    assert mail_of(upload).subject == subject


CHECK = {"mode": "check", "only_check": True}
UNDO: dict[str, Any] = {"mode": "undo", "error_records": 0, "valid_records": 10}
EMPTY = {"total_records": 0, "valid_records": 0, "error_records": 0}
NONE = {"valid_records": 0, "error_records": 10}


@pytest.mark.parametrize(
    ("status", "fields", "subject"),
    [
        ("completed", {"valid_records": 10, "error_records": 0}, "Upload Complete - p.csv (100% S"),
        ("partial", {}, "Upload Complete - p.csv (70% Success)"),
        ("partial", {"mode": "update"}, "Upload Complete - p.csv (70% Success)"),
        ("partial", {"mode": "replace"}, "Upload Complete - p.csv (70% Success)"),
        ("failed", NONE, "Upload Failed - p.csv"),
        ("failed", {**EMPTY, "failure_code": "EMPTY_FILE"}, "Upload Refused - p.csv"),
        ("failed", {**EMPTY, "failure_code": "NEVER_ARRIVED"}, "Upload Refused - p.csv"),
        ("failed", {"mode": "replace", "failure_code": "TOO_MANY_MISSING"}, "Upload Refused - p."),
        ("failed", {"failure_code": "INTERNAL"}, "Upload Failed - p.csv"),
        ("cancelled", {}, "Upload Canceled - p.csv"),
        ("partial", CHECK, "Check Complete - p.csv (70% Ready)"),
        ("failed", {**CHECK, **NONE}, "Check Complete - p.csv (0% Ready)"),
        ("partial", {**CHECK, "check_of": "update"}, "Update Check Complete - p.csv (70% Ready)"),
        ("partial", {**CHECK, "check_of": "replace"}, "Replace Check Complete - p.csv (70% Ready)"),
        ("failed", {**CHECK, **EMPTY, "failure_code": "NOT_CSV"}, "Check Refused - p.csv"),
        ("failed", {**CHECK, "failure_code": "INTERNAL"}, "Check Failed - p.csv"),
        ("cancelled", CHECK, "Check Canceled - p.csv"),
        ("completed", UNDO, "Undo Complete - p.csv"),
        ("completed", {**UNDO, "unchanged_records": 3}, "Undo Complete - p.csv (3 Kept)"),
        ("failed", {**UNDO, "failure_code": "INTERNAL"}, "Undo Failed - p.csv"),
        ("cancelled", UNDO, "Undo Canceled - p.csv"),
    ],
)
def test_the_subject_of_every_outcome(
    vendor_a: Vendor, status: str, fields: dict[str, Any], subject: str
) -> None:
    """A correction is called like any upload. A rate is stated only where rows were counted."""
    upload = make_upload("UPLOAD_1", vendor_a, file_name="p.csv", status=status, **fields)
    said = email.subject(upload)
    assert said.startswith(f"Product {subject}")
    assert ("%" in said) == ("%" in subject)


def test_the_subject_of_a_canceled_upload(vendor_a: Vendor, categories: list[str]) -> None:
    upload = arrived([good_row(1)], vendor=vendor_a, file_name="p.csv")
    actions.cancel(upload.upload_id, by=None)
    drive()
    assert mail_of(upload).subject == "Product Upload Canceled - p.csv"


def test_an_update_that_can_change_nothing_is_no_success(run_upload: Run) -> None:
    """Its only known columns find the product. Formerly “(100% Success)”."""
    first = good_row(1)
    run_upload([first])
    text = f"Vendor Product ID,SKU,Price (EUR)\n{first['vendor_product_id']},{first['sku']},9.99\n"
    mail = mail_of(run_upload(text.encode(), mode="update", file_name="prices.csv"))
    assert mail.subject == "Product Upload Refused - prices.csv"
    for body in (mail.text_body, mail.html_body):
        assert "Price (EUR)" in body
        assert "Success" not in body.replace("Success Rate: 0%", "")
        assert "imported." not in body


def test_an_update_names_the_columns_that_were_not_imported(run_upload: Run) -> None:
    first = good_row(1)
    run_upload([first])
    text = f"Vendor Product ID,Price,Cost\n{first['vendor_product_id']},9.99,5\n"
    mail = mail_of(run_upload(text.encode(), mode="update", file_name="prices.csv"))
    assert mail.subject == "Product Upload Complete - prices.csv (100% Success)"
    assert "was not imported, because we do not know its name: Cost." in mail.text_body


@pytest.mark.parametrize("dataset", sorted(key for key, d in all_datasets().items() if d.personal))
@pytest.mark.parametrize("mailbox", ["", "crm@people.example"])
@pytest.mark.django_db
def test_an_email_about_personal_data_quotes_none(
    settings: Any, dataset: str, mailbox: str
) -> None:
    """Formerly the operators' alarm mailbox got values and an open link to the rejected rows."""
    settings.NOTIFICATION_EMAIL = "operators@people.example"
    settings.NOTIFICATION_EMAILS = {dataset: mailbox} if mailbox else {}
    upload = make_upload(
        "UPLOAD_1",
        None,
        dataset=dataset,
        status="partial",
        ignored_columns=["jo@secret.example"],
        error_file_s3_key="rejected/x.csv",
        error_file_version="v1",
    )
    RowError.objects.create(
        upload=upload,
        run=1,
        row_number=3,
        column_name="email",
        error_type="INVALID_EMAIL",
        error_message="Email must be an email address (was jo@secret.example)",
        original_data={"email": "jo@secret.example"},
    )
    (mail,) = email.prepare(upload)
    assert mail.to == (mailbox or "operators@people.example")
    for body in (mail.text_body, mail.html_body):
        assert "secret" not in body
        assert "INVALID_EMAIL" in body
        assert "1 row (3)" in body
        assert ("/reports/" in body) == bool(mailbox)
        assert f"/uploads/{upload.upload_id}/" in body


@pytest.mark.django_db
def test_a_refusal_of_personal_data_quotes_no_value() -> None:
    upload = make_upload(
        "UPLOAD_1",
        None,
        dataset="clients",
        status="failed",
        failure_code="MISSING_COLUMNS",
        failure_message="It has: jo@secret.example",
    )
    (mail,) = email.prepare(upload)
    assert "secret" not in mail.text_body + mail.html_body


def test_a_misspelled_data_set_fails_the_systems_check(settings: Any) -> None:
    settings.NOTIFICATION_EMAILS = {"client": "crm@people.example"}
    (found,) = mailboxes_of_known_data_sets()
    assert "'client'" in found.msg
    settings.NOTIFICATION_EMAILS = {"clients": "crm@people.example"}
    assert mailboxes_of_known_data_sets() == []
