"""Data sets that no vendor uploads: staff send them, and vendors never see them."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from imports.models import Upload
from tests.conftest import drive, person
from tests.onboarding.conftest import Browse, make_upload, send, text_of
from tests.onboarding.views.test_new_upload import forward
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_events")]
CLIENTS = b"Name,Email,Company\nJo,jo-of-the-form@example.com,Acme\n"


@pytest.fixture
def as_staff(browse: Browse, reviewer: User) -> Client:
    return browse(reviewer)


@pytest.mark.usefixtures("quiet_events")
def test_staff_send_a_file_that_belongs_to_no_vendor(
    as_staff: Client, reviewer: User, vendor_a: Vendor
) -> None:
    page = text_of(as_staff.get("/uploads/new/?dataset=clients"))
    assert 'name="vendor"' not in page
    assert "Import clients" in page
    assert 'value="update"' not in page

    answer = send(as_staff, CLIENTS, "clients.csv", dataset="clients")
    upload = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/uploads/{upload.upload_id}/")
    assert (upload.vendor, upload.dataset, upload.uploaded_by) == (None, "clients", reviewer)
    assert upload.s3_key == f"client-data/uploads/{upload.upload_id}/clients.csv"
    forward(upload)
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.valid_records) == ("completed", 1)
    assert "1 client imported." in text_of(as_staff.get(f"/uploads/{upload.upload_id}/"))


@pytest.mark.parametrize(
    ("dataset", "body", "code"),
    [
        ("clients", b"Name,Email\nJo,jo@example.com\n", "MISSING_COLUMNS"),
        ("csv", b"a,a\n1,2\n", "DUPLICATE_COLUMNS"),
        ("csv", b"upload_id,a\n1,2\n", "INVALID_HEADER"),
    ],
)
def test_a_file_that_cannot_be_imported_is_reported_immediately(
    dataset: str, body: bytes, code: str, as_staff: Client
) -> None:
    answer = send(as_staff, body, dataset=dataset)
    assert answer.status_code == 422
    assert f'data-code="{code}"' in text_of(answer)
    refused = Upload.objects.get()
    assert (refused.failure_code, refused.s3_version) == (code, None)


def test_a_file_without_a_header_is_let_through(as_staff: Client) -> None:
    assert send(as_staff, b"Jo,jo@example.com,Acme\n", dataset="clients").status_code == 303


@pytest.mark.parametrize("dataset", ["clients", "csv"])
def test_a_vendors_people_cannot_send_them(dataset: str, as_alice: Client) -> None:
    assert as_alice.get(f"/uploads/new/?dataset={dataset}").status_code == 404
    assert send(as_alice, CLIENTS, dataset=dataset).status_code == 404
    assert not Upload.objects.exists()


def test_staff_who_may_only_view_cannot_send_them(browse: Browse, viewer: User) -> None:
    assert send(browse(viewer), CLIENTS, dataset="clients").status_code == 403
    assert not Upload.objects.exists()


def test_only_staff_see_such_an_upload(
    as_alice: Client, as_staff: Client, browse: Browse, unassigned: User
) -> None:
    upload = make_upload(
        1,
        None,
        dataset="clients",
        vendor_prefix="",
        file_name="people.csv",
        error_file_s3_key="errors/_/1.csv",
        error_file_version="v",
    )
    address = f"/uploads/{upload.upload_id}/"
    # A vendor whose id is the empty prefix, or its like, must not come into its possession.
    odd = browse(person("odd", Vendor.objects.create(vendor_id="_", name="Odd")))
    for client in (as_alice, odd, browse(unassigned)):
        assert "people.csv" not in text_of(client.get("/uploads/"))
        for page in ("", "errors.csv", "correct.csv", "cancel/"):
            assert client.get(address + page).status_code == 404
        for deed in ("retry/", "cancel/"):
            assert client.post(address + deed).status_code == 404
    for page in ("/uploads/", address):
        shown = text_of(as_staff.get(page))
        assert "people.csv" in shown
        assert '— <span class="id wrap">Clients</span>' in shown
        assert "Unknown" not in shown


def test_staff_see_the_errors_of_a_file_without_known_columns(as_staff: Client) -> None:
    answer = send(as_staff, b"place,temp\nHall,2,3\nHall,<b>\x07\n", dataset="csv")
    upload = Upload.objects.get()
    assert answer.status_code == 303
    forward(upload)
    drive()
    page = text_of(as_staff.get(f"/uploads/{upload.upload_id}/"))
    assert "This row has 3 values; the header has 2" in page
    assert "temp contains an invisible character" in page
    assert "&lt;b&gt;" in page


def test_the_admin_says_that_no_vendor_sent_it(admin: User, browse: Browse) -> None:
    upload = make_upload(2, None, dataset="clients", vendor_prefix="")
    client = browse(admin)
    assert "unknown vendor" not in text_of(client.get("/admin/imports/upload/"))
    page = text_of(client.get(f"/admin/imports/upload/{upload.upload_id}/change/"))
    assert "Unknown: the file lies under" not in page


def test_the_admin_links_to_the_form_for_staff_who_may_upload(
    browse: Browse, reviewer: User, viewer: User
) -> None:
    link = "/uploads/new/"
    assert link in text_of(browse(reviewer).get("/admin/"))
    assert link not in text_of(browse(viewer).get("/admin/"))
