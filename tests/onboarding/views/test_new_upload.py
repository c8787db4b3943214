"""Sending a file through the form: what is rejected immediately, and what the pipeline gets."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from imports.intake import s3_events
from imports.models import Action, Notification, Upload
from imports.rules.refusals import REFUSALS
from imports.storage import s3
from tests.conftest import drive
from tests.imports.hostile.corpus import CORPUS, ROW_LIMIT, Hostile
from tests.onboarding.conftest import Browse, good_file, send, text_of
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_events")]


def forward(upload: Upload) -> None:
    """Forward events until this upload's has arrived."""
    sqs = s3_events.client()
    for _ in range(50):
        s3_events.forward_some(sqs, wait_seconds=1)
        upload.refresh_from_db()
        if upload.s3_version:
            return
    raise AssertionError("the event has not come")


def test_a_good_file_is_stored_and_imported(
    as_alice: Client, alice: User, categories: list[str]
) -> None:
    body = csv_bytes([good_row(number) for number in (1, 2, 3)])
    answer = send(as_alice, body, "spring.csv")
    upload = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/uploads/{upload.upload_id}/")
    assert (upload.file_name, upload.mode, upload.vendor_id) == ("spring.csv", "create", "VEND001")
    assert (upload.uploaded_by, upload.status, upload.s3_version) == (alice, "received", None)
    assert Action.objects.get().by == alice
    forward(upload)
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.valid_records) == ("completed", 3)
    assert Product.objects.filter(upload_id=upload.upload_id).count() == 3


def test_a_file_too_large_for_memory_is_stored_too(as_alice: Client, categories: list[str]) -> None:
    rows = [good_row(number, description="x" * 1900) for number in range(900)]
    assert send(as_alice, csv_bytes(rows)).status_code == 303


@pytest.mark.parametrize("mode", ["create", "update", "check"])
def test_the_mode_is_kept(mode: str, as_alice: Client) -> None:
    send(as_alice, good_file(), mode=mode)
    assert Upload.objects.get().mode == mode


PRICES = b"Vendor Product ID,Price\nVP-1,5\nVP-2,6\n"


def test_an_update_can_be_checked(as_alice: Client, run_upload: Any) -> None:
    """A check judged every file as `create` does, and this one was refused: columns missing."""
    run_upload([good_row(1), good_row(2)])
    before = list(Product.objects.order_by("pk").values())

    assert send(as_alice, PRICES, mode=["update", "check"]).status_code == 303
    upload = Upload.objects.latest("upload_timestamp")
    forward(upload)
    drive()

    upload.refresh_from_db()
    assert (upload.base_mode, upload.is_check) == ("update", True)
    assert (upload.status, upload.valid_records, upload.error_records) == ("completed", 2, 0)
    assert list(Product.objects.order_by("pk").values()) == before
    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert "Update products and add new ones (check only)" in page
    assert "Check only: nothing was imported." in page
    assert "?dataset=products&amp;mode=update" in page
    assert "mode=check" not in page


def chosen(page: str) -> list[str]:
    """The values of the field `mode` that a browser would send, in its order."""
    fields = re.findall(r'<input type="(?:radio|checkbox)" name="mode"[^>]*>', page)
    return [re.findall(r'value="(\w+)"', field)[0] for field in fields if " checked" in field]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["create"]),
        ("mode=update", ["update"]),
        ("mode=check", ["create", "check"]),
        ("mode=update&mode=check", ["update", "check"]),
        ("mode=check&mode=update", ["update", "check"]),
        ("mode=undo", ["create"]),
    ],
)
def test_a_link_chooses_the_mode(query: str, expected: list[str], as_alice: Client) -> None:
    assert chosen(text_of(as_alice.get(f"/uploads/new/?{query}"))) == expected


def test_an_earlier_version_does_not_import_what_the_form_only_checks(as_alice: Client) -> None:
    """It reads the last value of `mode`, and the row and the object's metadata say the same."""
    page = text_of(send(as_alice, b"", mode=["update", "check"]))
    assert chosen(page) == ["update", "check"]

    send(as_alice, PRICES, mode=chosen(page))
    upload = Upload.objects.latest("upload_timestamp")
    assert upload.mode == "check"
    stored = s3.client().head_object(Bucket=upload.s3_bucket, Key=upload.s3_key)["Metadata"]
    assert stored == {"onboarding-mode": "check", "onboarding-check-of": "update"}


def test_a_rejected_file_of_a_check_is_listed_as_one(as_alice: Client) -> None:
    send(as_alice, b"", mode=["update", "check"])
    upload = Upload.objects.get()
    assert (upload.base_mode, upload.is_check, upload.status) == ("update", True, "failed")


def test_a_data_set_without_updates_can_be_checked(browse: Browse, reviewer: User) -> None:
    client = browse(reviewer)
    page = text_of(client.get("/uploads/new/?dataset=clients&mode=update&mode=check"))
    assert chosen(page) == ["create", "check"]
    assert "mode-update" not in page
    body = b"name,email,company\nJo,jo@clients.example,Acme\n"
    assert send(client, body, mode=["update", "check"], dataset="clients").status_code == 422
    assert send(client, body, mode=["create", "check"], dataset="clients").status_code == 303
    upload = Upload.objects.latest("upload_timestamp")
    assert (upload.base_mode, upload.is_check) == ("create", True)


def test_two_modes_at_once_are_rejected(as_alice: Client) -> None:
    assert send(as_alice, good_file(), mode=["create", "update"]).status_code == 422
    assert not Upload.objects.exists()


REFUSED_AT_ONCE = [
    case
    for case in CORPUS
    if case.refusal and case.refusal not in ("UNKNOWN_VENDOR", "NEVER_ARRIVED", "INTERNAL")
    if not case.asks
]


@pytest.mark.parametrize("case", REFUSED_AT_ONCE, ids=lambda case: case.name)
def test_a_file_that_cannot_be_imported_is_rejected_immediately_and_not_stored(
    case: Hostile, as_alice: Client, settings: Any
) -> None:
    settings.UPLOAD_MAX_ROWS = ROW_LIMIT
    answer = send(as_alice, case.data)
    page = text_of(answer)
    assert answer.status_code == 422
    assert f'id="error-summary" data-code="{case.refusal}"' in page
    assert f"/help/products/#{case.refusal}" in page
    recorded = Upload.objects.get()
    assert (recorded.failure_code, recorded.s3_version) == (case.refusal, None)


@pytest.mark.parametrize("case", [c for c in CORPUS if c.asks], ids=lambda case: case.name)
def test_a_file_whose_columns_can_be_named_is_kept_and_asked_about(
    case: Hostile, as_alice: Client
) -> None:
    answer = send(as_alice, case.data)
    upload = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/uploads/{upload.pk}/columns/")
    assert "Reading your file" in text_of(as_alice.get(answer["Location"]))
    forward(upload)
    drive()
    upload.refresh_from_db()
    assert upload.failure_code == case.refusal
    asked = "letters are right?" if case.refusal == "BAD_ENCODING" else "do your columns hold?"
    assert asked in text_of(as_alice.get(answer["Location"]))
    page = text_of(as_alice.get(f"/uploads/{upload.pk}/"))
    assert f"/uploads/{upload.pk}/columns/" in page
    mail = Notification.objects.get()
    assert f"{settings.PORTAL_URL}/uploads/{upload.pk}/columns/" in mail.text_body
    assert f"{settings.PORTAL_URL}/uploads/{upload.pk}/columns/" in mail.html_body


def test_a_rejected_file_has_message_and_remedy(as_alice: Client) -> None:
    page = text_of(send(as_alice, b"sku\nA\n"))
    assert "The header is missing Vendor Product ID, Product Name, Category, Price" in page
    assert str(REFUSALS["MISSING_COLUMNS"].remedy) in page
    assert "Nothing was uploaded" in page


def test_an_update_needs_the_id_column_only(as_alice: Client) -> None:
    assert send(as_alice, b"Vendor Product ID,Price\nVP-1,5\n", mode="update").status_code == 303


def test_the_form_keeps_the_mode_that_was_chosen(as_alice: Client) -> None:
    page = text_of(send(as_alice, b"", mode="check"))
    assert 'value="check" id="mode-check" checked' in page


def test_a_file_above_the_limit_is_rejected_by_its_size(as_alice: Client, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    page = text_of(send(as_alice, b"x" * (1024 * 1024 + 1)))
    assert 'data-code="FILE_TOO_LARGE"' in page
    assert "must be 1 MB or smaller" in page
    assert send(as_alice, good_file()).status_code == 303


def test_no_file_and_no_mode_are_asked_for(as_alice: Client) -> None:
    answer = as_alice.post("/uploads/new/", {})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Choose the file you want to upload" in page
    assert "Choose how we should import the file" in page


def test_an_unknown_mode_or_data_set_is_rejected(as_alice: Client) -> None:
    assert send(as_alice, good_file(), mode="delete").status_code == 422
    assert send(as_alice, good_file(), dataset="secrets").status_code == 404
    assert not Upload.objects.exists()


def test_an_inactive_vendor_is_rejected_before_anything_is_stored(
    as_alice: Client, vendor_a: Vendor
) -> None:
    vendor_a.is_active = False
    vendor_a.save()
    assert 'data-code="INACTIVE_VENDOR"' in text_of(send(as_alice, good_file()))
    assert Upload.objects.get().s3_version is None


def test_a_member_uploads_for_their_own_vendor_whatever_the_form_says(
    as_alice: Client, vendor_b: Vendor
) -> None:
    send(as_alice, good_file(), vendor=vendor_b.pk)
    assert Upload.objects.get().vendor_id == "VEND001"


def test_staff_choose_the_vendor_they_upload_for(
    browse: Browse, reviewer: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    client = browse(reviewer)
    assert "Clicky Peripherals" in text_of(client.get("/uploads/new/"))
    assert "Choose the vendor" in text_of(send(client, good_file()))
    assert send(client, good_file(), vendor="VEND002").status_code == 303
    upload = Upload.objects.get()
    assert (upload.vendor_id, upload.uploaded_by) == ("VEND002", reviewer)


def test_a_member_of_no_vendor_reads_who_can_help(browse: Browse, unassigned: User) -> None:
    client = browse(unassigned)
    for answer in (client.get("/uploads/new/"), send(client, good_file())):
        assert answer.status_code == 403
        assert "Your account doesn’t belong to a vendor." in text_of(answer)
    assert not Upload.objects.exists()


def test_when_storage_does_not_answer_the_form_says_so_and_stays(
    as_alice: Client, storage_away: None
) -> None:
    answer = send(as_alice, good_file(), mode="check")
    page = text_of(answer)
    assert answer.status_code == 503
    assert "We couldn’t save your file." in page
    assert 'value="check" id="mode-check" checked' in page
    upload = Upload.objects.get()
    assert upload.upload_id in page
    assert (upload.status, upload.next_attempt_at) == ("received", None)  # NEVER_ARRIVED ends it


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\spring.csv", "spring.csv"),
        ("<script>alert(1)</script>.csv", "script&gt;.csv"),
    ],
)
def test_a_file_name_is_display_text(given: str, shown: str, as_alice: Client) -> None:
    send(as_alice, good_file(), given)
    upload = Upload.objects.get()
    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert shown in page
    assert "<script>alert" not in page
    assert upload.s3_key.startswith(f"uploads/VEND001/{upload.upload_id}/")
