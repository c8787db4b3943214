"""Every address of the portal, requested by each kind of person.

The addresses come from the URL configuration: a new one fails here until it is listed.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from catalog.models import Product
from imports.models import (
    Action,
    HeaderMemory,
    Invitation,
    Upload,
    WebhookDelivery,
    WebhookEndpoint,
)
from imports.notifications import report_links
from tests.admin.conftest import make_product
from tests.onboarding.conftest import Browse, make_upload, text_of
from vendors.models import ApiToken, Member, Vendor

PEOPLE = (
    *("anonymous", "other vendor", "colleague", "uploader", "looker"),
    *("plain staff", "viewer", "reviewer"),
)
ADDRESSES: list[Any] = get_resolver("onboarding.urls").url_patterns

# Name → method → the answer each of PEOPLE gets for Alice's upload, in that order. Anonymous
# people are sent to the login; another vendor's upload is 404, never 403.
EXPECTED: dict[str, dict[str, tuple[int, ...]]] = {
    "home": {"get": (302, 200, 200, 200, 200, 200, 200, 200)},
    "login": {"get": (200, 302, 302, 302, 302, 302, 302, 302)},
    "account_login": {"get": (200, 302, 302, 302, 302, 302, 302, 302)},
    # Without a login that waits for it.
    "mfa_authenticate": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_login_webauthn": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (422, 302, 302, 302, 302, 302, 302, 302),
    },
    "logout": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "password_reset": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "password_reset_sent": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "password_reset_confirm": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "password_reset_done": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "uploads": {"get": (302, 200, 200, 200, 200, 200, 200, 200)},
    "new_upload": {
        "get": (302, 200, 200, 200, 403, 403, 403, 200),
        "post": (302, 422, 422, 422, 403, 403, 403, 422),
    },
    "vendors": {"get": (302, 403, 403, 403, 403, 403, 403, 200)},
    "upload": {"get": (302, 404, 200, 200, 200, 404, 200, 200)},
    "products": {"get": (302, 200, 200, 200, 200, 200, 200, 200)},
    "products_csv": {"get": (302, 303, 303, 303, 303, 303, 303, 303)},
    "products_workbook": {"get": (302, 303, 303, 303, 303, 303, 303, 303)},
    "quality": {"get": (302, 200, 200, 200, 200, 403, 403, 403)},
    # Without products that lack something, back to the page that says so.
    "improve_csv": {"get": (302, 302, 303, 303, 303, 403, 403, 403)},
    "improve_workbook": {"get": (302, 302, 303, 303, 303, 403, 403, 403)},
    "find": {"get": (302, 200, 200, 200, 200, 200, 200, 200)},
    "product": {"get": (302, 404, 200, 200, 200, 404, 200, 200)},
    # Without a status to set, which is as far as anyone gets here.
    "products_status": {
        "get": (302, 302, 302, 302, 403, 403, 403, 302),
        "post": (302, 400, 400, 400, 403, 403, 403, 400),
    },
    "product_status": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 400, 400, 403, 404, 403, 400),
    },
    "edit_product": {
        "get": (302, 404, 200, 200, 403, 404, 403, 200),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "api_tokens": {
        "get": (302, 200, 200, 200, 200, 403, 403, 403),
        "post": (302, 422, 422, 422, 422, 403, 403, 403),
    },
    "revoke_token": {
        "get": (302, 404, 200, 200, 403, 403, 403, 403),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "webhooks": {
        "get": (302, 200, 200, 200, 200, 403, 403, 403),
        "post": (302, 422, 422, 422, 403, 403, 403, 403),
    },
    "webhook": {
        "get": (302, 404, 200, 200, 200, 403, 403, 403),
        "post": (302, 404, 422, 422, 403, 403, 403, 403),
    },
    "replace_webhook_secret": {
        "get": (302, 404, 200, 200, 403, 403, 403, 403),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "delete_webhook": {
        "get": (302, 404, 200, 200, 403, 403, 403, 403),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "ping_webhook": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "switch_webhook_off": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "switch_webhook_on": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "send_webhook_again": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 403, 403, 403),
    },
    "columns": {
        "get": (302, 404, 302, 302, 403, 404, 403, 302),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "remembered": {"get": (302, 200, 200, 200, 200, 200, 200, 200)},
    "forget": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "retry": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "update": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "import_checked": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "release": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "cancel": {
        "get": (302, 404, 302, 302, 403, 404, 403, 302),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "undo": {
        "get": (302, 404, 302, 302, 403, 404, 403, 302),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "fix": {
        "get": (302, 404, 200, 200, 403, 404, 403, 200),
        "post": (302, 404, 302, 302, 403, 404, 403, 302),
    },
    "errors": {"get": (302, 404, 302, 302, 302, 404, 302, 302)},
    "correct": {"get": (302, 404, 200, 200, 200, 404, 200, 200)},
    "correct_workbook": {"get": (302, 404, 200, 200, 200, 404, 200, 200)},
    "changes": {"get": (302, 404, 404, 404, 404, 404, 404, 404)},
    "mailed_report": {"get": (302, 302, 302, 302, 302, 302, 302, 302)},
    "template": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "metrics": {"get": (404, 404, 404, 404, 404, 404, 404, 404)},  # no token is set
    "robots": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "help_index": {"get": (302, 302, 302, 302, 302, 302, 302, 302)},
    "help": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "help_api": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "help_webhooks": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "help_schema": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "troubleshooting": {"get": (200, 200, 200, 200, 200, 200, 200, 200)},
    "account": {
        "get": (302, 200, 200, 200, 200, 200, 200, 200),
        "post": (302, 422, 422, 422, 422, 422, 422, 422),
    },
    "account_email": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 422, 422, 422, 422, 422, 422, 422),
    },
    "confirm_email": {
        "get": (302, 410, 410, 410, 410, 410, 410, 410),
        "post": (302, 410, 410, 410, 410, 410, 410, 410),
    },
    "account_password": {
        "get": (302, 200, 200, 200, 200, 200, 200, 200),
        "post": (302, 422, 422, 422, 422, 422, 422, 422),
    },
    "switch_vendor": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 403, 403, 403, 403, 403, 403, 403),
    },
    "mfa_index": {"get": (302, 200, 200, 200, 200, 200, 200, 200)},
    # The viewer has no password to enter.
    "account_reauthenticate": {
        "get": (302, 200, 200, 200, 200, 200, 403, 200),
        "post": (302, 422, 422, 422, 422, 422, 403, 422),
    },
    # To the password, which was not entered a moment ago.
    "mfa_activate_totp": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_view_recovery_codes": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_generate_recovery_codes": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_add_webauthn": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_edit_webauthn": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_remove_webauthn": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "mfa_deactivate_totp": {
        "get": (302, 302, 302, 302, 302, 302, 302, 302),
        "post": (302, 302, 302, 302, 302, 302, 302, 302),
    },
    "team": {"get": (302, 200, 200, 200, 200, 403, 403, 403)},
    "invite": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 422, 422, 403, 403, 403, 403, 403),
    },
    "recipients": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 302, 302, 403, 403, 403, 403, 403),
    },
    "team_member": {
        "get": (302, 404, 200, 403, 403, 403, 403, 403),
        "post": (302, 404, 422, 403, 403, 403, 403, 403),
    },
    "remove_member": {
        "get": (302, 404, 200, 403, 403, 403, 403, 403),
        "post": (302, 404, 302, 403, 403, 403, 403, 403),
    },
    "resend_invitation": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 403, 403, 403, 403, 403),
    },
    "revoke_invitation": {
        "get": (302, 405, 405, 405, 405, 405, 405, 405),
        "post": (302, 404, 302, 403, 403, 403, 403, 403),
    },
    # The link of an invitation that is none of ours.
    "invitation": {"get": (404, 404, 404, 404, 404, 404, 404, 404)},
}
TO_LOGIN = {
    "home",
    "logout",
    "uploads",
    "new_upload",
    "vendors",
    "upload",
    "products",
    "products_csv",
    "products_workbook",
    *("find", "quality", "improve_csv", "improve_workbook"),
    "product",
    "products_status",
    "product_status",
    "edit_product",
    "api_tokens",
    "revoke_token",
    "webhooks",
    "webhook",
    "ping_webhook",
    "replace_webhook_secret",
    "switch_webhook_off",
    "switch_webhook_on",
    "delete_webhook",
    "send_webhook_again",
    "columns",
    "remembered",
    "forget",
    "retry",
    "update",
    "import_checked",
    "cancel",
    "undo",
    *("account", "account_email", "confirm_email", "account_password", "switch_vendor"),
    *("mfa_index", "account_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn"),
    *("mfa_edit_webauthn", "mfa_remove_webauthn"),
    *("team", "invite", "recipients", "team_member", "remove_member"),
    *("resend_invitation", "revoke_invitation"),
    "errors",
    "correct",
    "correct_workbook",
    "changes",
}
PRODUCT = 71  # also of a delivery; no sequence gets there
CASES = [(name, method) for name, methods in EXPECTED.items() for method in methods]


@pytest.fixture
def upload(vendor_a: Vendor, alice: User) -> Upload:
    """Alice's upload, with errors and a report."""
    upload = make_upload(
        1, vendor_a, uploaded_by=alice, error_file_s3_key="errors/1.csv", error_file_version="v1"
    )
    Action.objects.create(upload=upload, run=1, kind=Action.Kind.UPLOAD, by=alice)
    return upload


@pytest.fixture
def everybody(request: pytest.FixtureRequest, browse: Browse) -> list[Client]:
    known = ("bob", "adam", "uma", "lou", "staff", "viewer", "reviewer")  # in the order of PEOPLE
    return [Client(), *(browse(request.getfixturevalue(name)) for name in known)]


@pytest.fixture(autouse=True)
def product(vendor_a: Vendor) -> Product:
    """One of Alice's products."""
    return make_product(vendor_a, 1, pk=PRODUCT)


def address(name: str, upload: Upload) -> str:
    values = {
        "product_id": PRODUCT,
        "upload_id": upload.upload_id,
        "dataset": "products",
        "extension": "csv",
        "token": report_links.report_url(upload).split("/")[-2],
        "uidb64": "MQ",
        "kind": "name",
        "number": 1,
        "pk": 1,
        "delivery": PRODUCT,
    }
    wanted = next(pattern for pattern in ADDRESSES if pattern.name == name).pattern.converters
    return reverse(name, kwargs={key: values[key] for key in wanted})


def test_every_address_is_listed_here() -> None:
    assert all(isinstance(pattern, URLPattern) for pattern in ADDRESSES)
    assert {pattern.name for pattern in ADDRESSES} == EXPECTED.keys()


def test_the_portal_the_admin_and_the_api_are_all_there_is() -> None:
    entries: list[Any] = get_resolver().url_patterns
    roots = [(str(entry.pattern), getattr(entry, "app_name", None)) for entry in entries]
    assert roots == [("admin/", "admin"), ("api/v1/", "ninja"), ("", None)]


@pytest.fixture
def one_of_each(vendor_a: Vendor, alice: User) -> None:
    """Under the numbers that the addresses have."""
    HeaderMemory.objects.create(
        pk=1, vendor=vendor_a, dataset="products", name="artnr", written="Art.-Nr.", key="sku"
    )
    ApiToken.objects.create(
        pk=1,
        vendor=vendor_a,
        name="Nightly",
        created_by=alice,
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
        scopes=[],
    )
    endpoint = WebhookEndpoint.objects.create(
        pk=1, vendor=vendor_a, url="https://shop.example.com/", events=[]
    )
    WebhookDelivery.objects.create(
        pk=PRODUCT, endpoint=endpoint, message_id="msg_1", body="{}", type="ping"
    )
    Member.objects.filter(user=alice).delete()
    Member.objects.create(pk=1, user=alice, vendor=vendor_a)
    Invitation.objects.create(
        pk=1,
        vendor=vendor_a,
        to="new@people.example",
        role="viewer",
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
    )


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(("name", "method"), CASES)
def test_everybody_gets_the_answer_they_may_have(
    name: str, method: str, upload: Upload, everybody: list[Client]
) -> None:
    answers = {}
    where = address(name, upload)
    for person, client in zip(PEOPLE, everybody, strict=True):
        with transaction.atomic():
            answer = getattr(client, method)(where)
            transaction.set_rollback(True)  # each finds what the first found
        answers[person] = answer.status_code
        if person == "anonymous" and name in TO_LOGIN:
            assert answer["Location"].startswith("/login/?next=/")
    assert answers == dict(zip(PEOPLE, EXPECTED[name][method], strict=True))


@pytest.mark.parametrize("name", ["upload", "columns", "cancel", "errors", "correct"])
def test_an_upload_of_another_vendor_looks_like_one_that_does_not_exist(
    name: str, upload: Upload, browse: Browse, bob: User
) -> None:
    client = browse(bob)
    theirs = client.get(address(name, upload))
    none = client.get(address(name, Upload(upload_id="UPLOAD_20200101_000000_ABCDEF")))
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content)


def test_nothing_of_another_vendor_is_listed_counted_or_found(
    upload: Upload, browse: Browse, bob: User
) -> None:
    for query in ("", "?q=file", f"?q={upload.upload_id}", "?status=partial"):
        page = text_of(browse(bob).get(f"/uploads/{query}"))
        assert f"/uploads/{upload.upload_id}/" not in page
        assert "data-total" not in page


def test_a_colleagues_action_on_an_upload_is_recorded_with_their_name(
    upload: Upload, browse: Browse, adam: User
) -> None:
    browse(adam).post(f"/uploads/{upload.upload_id}/retry/")
    upload.refresh_from_db()
    assert upload.run == 2
    assert upload.actions.latest("at").by == adam


def test_strangers_and_other_vendors_change_nothing(
    upload: Upload, browse: Browse, bob: User, staff: User, viewer: User
) -> None:
    for client in (Client(), browse(bob), browse(staff), browse(viewer)):
        client.post(f"/uploads/{upload.upload_id}/retry/")
        client.post(f"/uploads/{upload.upload_id}/cancel/")
    upload.refresh_from_db()
    assert (upload.run, upload.status) == (1, "partial")
    assert upload.actions.count() == 1


def test_a_member_who_is_no_longer_active_is_logged_out(
    upload: Upload, browse: Browse, alice: User
) -> None:
    client = browse(alice)
    alice.is_active = False
    alice.save()
    assert client.get(address("upload", upload)).status_code == 302


def test_a_page_that_polls_after_the_login_has_expired_reloads(
    upload: Upload,
) -> None:
    answer = Client().get(address("upload", upload), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


def test_pages_of_members_are_not_cached(upload: Upload, as_alice: Client) -> None:
    for name in ("home", "uploads", "upload", "new_upload", "correct", "errors"):
        answer = as_alice.get(address(name, upload))
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/uploads/%00/",
        "/uploads/UPLOAD'--/",
        "/uploads/../admin/",
        "/uploads/é/errors.csv",
        "/reports/é/",
        "/reports/x.y.z/",
        "/help/%00/",
        "/help/nothing/",
        "/template/nothing.csv",
    ],
)
def test_an_unknown_address_is_not_found(path: str, as_alice: Client) -> None:
    assert as_alice.get(path).status_code == 404
