"""One email per run, and its text."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User

from imports.models import Notification, Upload
from tests.mailbox import messages_about
from tests.product_files import good_row

Run = Callable[..., Upload]


@pytest.fixture
def real_mail(settings: Any) -> None:
    """Mail goes to the emulator's SES, not to pytest-django's mailbox."""
    settings.EMAIL_BACKEND = "django_ses.SESBackend"


@pytest.mark.usefixtures("real_mail")
def test_the_mail_of_a_partial_upload(run_upload: Run, alice: User) -> None:
    upload = run_upload(
        [good_row(1), good_row(2, price="free"), good_row(3, price=""), good_row(4)],
        by=alice,
        file_name="spring prices.csv",
    )

    (message,) = messages_about(upload.upload_id)
    assert message.subject == "Product Upload Complete - spring prices.csv (50% Success)"
    assert message.to == ["alice@people.example"]
    for line in (
        f"Upload ID: {upload.upload_id}",
        "File Name: spring prices.csv",
        "Total Products: 4",
        "Valid Products: 2 (50%)",
        "Invalid Products: 2 (50%)",
        "Status: PARTIAL",
        "- Price: 1 row (3)",
        "- Price: 1 row (4)",
        "  INVALID_PRICE",
        "  REQUIRED_FIELD",
        "2 of 4 products imported. 2 rows need fixing.",
    ):
        assert line in message.text
    assert f"{project.PORTAL_URL}/reports/" in message.text
    assert "Valid Products:</td><td>2 (50%)" in message.html
    for body in (message.text, message.html):
        assert project.SUPPORT_EMAIL in body
        assert f"mention {upload.upload_id}" in body
    upload.refresh_from_db()
    assert upload.notified_at is not None


def test_the_mail_names_its_upload_in_a_header(run_upload: Run, mailoutbox: list[Any]) -> None:
    upload = run_upload([good_row(1)])
    (message,) = mailoutbox
    assert message.extra_headers["X-Upload-ID"] == upload.upload_id


def test_the_rate_is_rounded_down(run_upload: Run) -> None:
    upload = run_upload([*(good_row(n) for n in range(299)), good_row(999, price="x")])
    assert "(99% Success)" in Notification.objects.get(upload=upload).subject


@pytest.mark.usefixtures("real_mail")
def test_the_mail_of_a_refusal(run_upload: Run) -> None:
    upload = run_upload(b"", file_name="empty.csv")
    (message,) = messages_about(upload.upload_id)
    assert message.subject == "Product Upload Refused - empty.csv"
    assert message.to == ["imports@clicky.example"]
    assert "The file is empty" in message.text
    assert "/reports/" not in message.text


@pytest.mark.usefixtures("real_mail")
def test_a_file_name_cannot_add_headers_or_markup(run_upload: Run) -> None:
    upload = run_upload(
        [good_row(1, price="<script>alert(1)</script>")],
        file_name="a\r\nBcc: x@y.example<img src=x>.csv",
    )
    (message,) = messages_about(upload.upload_id)
    assert message.to == ["imports@clicky.example"]
    assert "<script>" not in message.html
    assert "<img" not in message.html


@pytest.mark.django_db(transaction=True)
def test_a_report_that_cannot_be_written_ends_the_upload_with_an_email(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.RETRY_BASE_SECONDS = 0

    def broken(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("imports.steps.report.put_report", broken)
    upload = run_upload([good_row(1), good_row(2, price="x")])
    assert (upload.status, upload.failure_code, upload.step) == ("failed", "INTERNAL", "done")
    assert (upload.valid_records, upload.error_records) == (1, 1)
    assert "on our side" in Notification.objects.get().text_body
    assert upload.can_be_retried
