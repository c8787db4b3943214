"""A file that the form rejects is listed, with its reason, for the vendor and for staff."""

import re
from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from imports import actions, pipeline
from imports.models import Action, Notification, Upload
from tests.onboarding.conftest import Browse, text_of
from vendors.models import Vendor


def send(client: Client, content: bytes, **more: str) -> Any:
    file = SimpleUploadedFile("spring.csv", content)
    return client.post(
        "/uploads/new/", {"dataset": "products", "mode": "check", "file": file, **more}
    )


def test_the_vendor_sees_it_in_the_list_and_on_its_page(as_alice: Client, alice: User) -> None:
    assert send(as_alice, b"sku\nA\nB\nC\nD\nE\n").status_code == 422
    upload = Upload.objects.get()
    assert (upload.status, upload.step, upload.failure_code) == (
        "failed",
        "done",
        "MISSING_COLUMNS",
    )
    assert (upload.file_name, upload.file_size, upload.mode) == ("spring.csv", 14, "check")
    assert upload.completed_at
    assert Action.objects.get(upload=upload).by == alice
    assert "spring.csv" in text_of(as_alice.get("/uploads/"))
    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert upload.failure_message.partition(":")[0] in page


def test_it_is_not_processed_mailed_or_retried(as_alice: Client, alice: User) -> None:
    send(as_alice, b"")
    upload = Upload.objects.get()
    assert not pipeline.advance()
    assert not Notification.objects.exists()
    assert not mail.outbox
    assert not upload.can_be_retried
    assert "Upload it again" in actions.why_not_retried(upload)
    page = as_alice.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert "/retry/" not in page


def test_staff_see_it_under_the_vendor_they_chose(
    browse: Browse, reviewer: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    as_staff = browse(reviewer)
    send(as_staff, b"", vendor="VEND002")
    assert Upload.objects.get().vendor == vendor_b
    page = as_staff.get("/admin/imports/upload/").content.decode()
    assert "EMPTY_FILE" in page


def test_the_page_claims_no_email_and_no_rows(as_alice: Client) -> None:
    send(as_alice, b"")
    upload = Upload.objects.get()
    assert upload.file_size == 0
    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    stages = re.findall(r'class="stage stage-([a-z-]+)"', page)
    assert stages == ["stopped", "not-reached", "not-reached", "not-reached", "not-reached"]
    assert "data-count" not in page


def test_staff_see_that_no_email_follows(browse: Browse, reviewer: User, vendor_a: Vendor) -> None:
    as_staff = browse(reviewer)
    send(as_staff, b"", vendor="VEND001")
    upload = Upload.objects.get()
    page = as_staff.get(reverse("admin:imports_upload_change", args=[quote(upload.upload_id)]))
    assert (
        "None. The form showed the error, or those who would get one have chosen none."
        in text_of(page)
    )


def test_a_file_too_large_has_no_name(as_alice: Client, settings: Any) -> None:
    answer = send(as_alice, b"x" * (settings.UPLOAD_MAX_BYTES + 200_000))
    assert answer.status_code == 422
    assert Upload.objects.get().file_name == "Name unknown"


def test_an_empty_form_is_not_recorded(as_alice: Client) -> None:
    as_alice.post("/uploads/new/", {"dataset": "products", "mode": "create"})
    assert not Upload.objects.exists()
