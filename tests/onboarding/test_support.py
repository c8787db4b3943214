"""Who is stuck learns how to reach support, with the upload's ID filled in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from imports.models import Upload
from tests.onboarding.conftest import Browse, good_file, make_upload, send, text_of
from tests.product_files import good_row
from vendors.models import Vendor

UPLOAD = "UPLOAD_20261120_093000_000001"


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.SUPPORT_EMAIL = "help@techmart.example"


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "413", "500", "503"])
def test_every_error_page_names_support(name: str) -> None:
    assert 'href="mailto:help@techmart.example"' in render_to_string(f"{name}.html")


def test_an_error_at_an_upload_names_the_upload(as_alice: Client, vendor_a: Vendor) -> None:
    make_upload(1, vendor_a, layout={"of-a-later-version": True})
    as_alice.raise_request_exception = False
    page = text_of(as_alice.get(f"/uploads/{UPLOAD}/"))
    assert f'href="mailto:help@techmart.example?subject={UPLOAD}"' in page


@pytest.mark.parametrize("file", [b"sku,price\nA,1\n", [good_row(1, price="free")]])
def test_a_rejected_uploads_page_names_support_once(
    file: Any, run_upload: Callable[..., Upload], as_alice: Client
) -> None:
    upload = run_upload(file)
    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert page.count("Need help?") == 1
    assert f'href="mailto:help@techmart.example?subject={upload.upload_id}"' in page


@pytest.mark.django_db
def test_a_file_that_the_form_rejects_names_support(as_alice: Client) -> None:
    assert "mailto:help@techmart.example" in text_of(send(as_alice, b""))


def test_pages_on_which_people_cannot_continue_name_support(
    browse: Browse, unassigned: User
) -> None:
    client = browse(unassigned)
    for answer in (
        client.get("/uploads/"),
        client.get("/uploads/new/"),
        send(client, good_file()),
        Client().get("/password-reset/sent/"),
        Client().get("/help/troubleshooting/"),
    ):
        assert "mailto:help@techmart.example" in text_of(answer)


def test_a_support_site_is_linked_where_there_is_one(settings: Any) -> None:
    assert "support site" not in render_to_string("500.html")
    settings.SUPPORT_URL = "https://support.techmart.example/"
    assert 'href="https://support.techmart.example/"' in render_to_string("500.html")
