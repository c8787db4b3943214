"""Every operation of the API, asked for by each kind of caller.

The operations come from the API itself: a new one fails here until it is listed.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from imports.models import Action, Upload, WebhookDelivery, WebhookEndpoint
from onboarding.api.api import api
from tests.admin.conftest import make_product
from tests.onboarding.api.conftest import MakeToken, Program
from tests.onboarding.conftest import Browse, make_upload
from vendors import tokens
from vendors.access import READ_PRODUCTS, READ_UPLOADS, SEND_UPLOADS, WEBHOOKS
from vendors.models import ApiToken, Vendor

UPLOAD = "UPLOAD_20261120_093000_000001"
NUMBER = 71  # of a webhook
MESSAGE = f"/webhooks/{NUMBER}/deliveries/msg_1"
HOOK = {"url": "https://shop.example.com/hooks", "events": ["upload.finished"]}
ROWS = {"rows": [{"sku": "A"}]}
# operationId → (scope, method, path, body, the answer of one's own vendor's token with the scope,
# that of another vendor's, which sees no such upload).
OPERATIONS: dict[str, tuple[str, str, str, Any, int, int]] = {
    "create_upload": (SEND_UPLOADS, "POST", "/uploads", ROWS, 201, 201),
    "prepare_upload": (
        SEND_UPLOADS,
        "POST",
        "/uploads:prepare",
        {"file_name": "a.csv", "size": 1},
        201,
        201,
    ),
    "list_uploads": (READ_UPLOADS, "GET", "/uploads", None, 200, 200),
    "get_upload": (READ_UPLOADS, "GET", f"/uploads/{UPLOAD}", None, 200, 404),
    "list_errors": (READ_UPLOADS, "GET", f"/uploads/{UPLOAD}/errors", None, 200, 404),
    "list_changes": (READ_UPLOADS, "GET", f"/uploads/{UPLOAD}/changes", None, 200, 404),
    "get_mapping": (READ_UPLOADS, "GET", f"/uploads/{UPLOAD}/mapping", None, 409, 404),
    "map_upload": (SEND_UPLOADS, "POST", f"/uploads/{UPLOAD}/mapping", {}, 409, 404),
    "cancel_upload": (SEND_UPLOADS, "POST", f"/uploads/{UPLOAD}/cancel", None, 409, 404),
    "import_upload": (SEND_UPLOADS, "POST", f"/uploads/{UPLOAD}/import", None, 409, 404),
    "release_upload": (
        SEND_UPLOADS,
        "POST",
        f"/uploads/{UPLOAD}/release",
        {"count": 1},
        409,
        404,
    ),
    "undo_upload": (SEND_UPLOADS, "POST", f"/uploads/{UPLOAD}/undo", None, 409, 404),
    "correct_upload": (SEND_UPLOADS, "POST", f"/uploads/{UPLOAD}/corrections", {}, 422, 404),
    "retry_upload": (SEND_UPLOADS, "POST", f"/uploads/{UPLOAD}/retry", None, 200, 404),
    "list_products": (READ_PRODUCTS, "GET", "/products", None, 200, 200),
    "list_webhooks": (WEBHOOKS, "GET", "/webhooks", None, 200, 200),
    "create_webhook": (WEBHOOKS, "POST", "/webhooks", HOOK, 201, 201),
    "get_webhook": (WEBHOOKS, "GET", f"/webhooks/{NUMBER}", None, 200, 404),
    "change_webhook": (WEBHOOKS, "PATCH", f"/webhooks/{NUMBER}", {"on": False}, 200, 404),
    "delete_webhook": (WEBHOOKS, "DELETE", f"/webhooks/{NUMBER}", None, 204, 404),
    "replace_webhook_secret": (WEBHOOKS, "POST", f"/webhooks/{NUMBER}/secret", None, 200, 404),
    "ping_webhook": (WEBHOOKS, "POST", f"/webhooks/{NUMBER}/ping", None, 201, 404),
    "list_deliveries": (WEBHOOKS, "GET", f"/webhooks/{NUMBER}/deliveries", None, 200, 404),
    "get_delivery": (WEBHOOKS, "GET", MESSAGE, None, 200, 404),
    "send_delivery_again": (WEBHOOKS, "POST", f"{MESSAGE}/send-again", None, 200, 404),
    "list_datasets": ("", "GET", "/datasets", None, 200, 200),
    "get_dataset": ("", "GET", "/datasets/products", None, 200, 200),
    "get_me": ("", "GET", "/me", None, 200, 200),
}
ALL_SCOPES = set(tokens.SCOPES)


@pytest.fixture
def upload(vendor_a: Vendor, alice: User) -> Upload:
    upload = make_upload(1, vendor_a, upload_id=UPLOAD, uploaded_by=alice)
    Action.objects.create(upload=upload, run=1, kind=Action.Kind.UPLOAD, by=alice)
    make_product(vendor_a, 1)
    endpoint = WebhookEndpoint.objects.create(pk=NUMBER, vendor=vendor_a, **HOOK)
    WebhookDelivery.objects.create(
        endpoint=endpoint, message_id="msg_1", body="{}", type="ping", state="delivered"
    )
    return upload


@pytest.fixture
def people(alice: User, adam: User, bob: User, reviewer: User) -> dict[str, User]:
    return {user.username: user for user in (alice, adam, bob, reviewer)}


def ask(program: Program, name: str) -> tuple[int, str]:
    """Status and code of the answer."""
    _, method, path, body, _, _ = OPERATIONS[name]
    answer = program.ask(method, path, body)
    is_problem = answer.status_code >= 400
    if is_problem:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["type"].endswith(f"/help/api/#{answer.json()['code']}")
    return answer.status_code, answer.json()["code"] if is_problem else ""


def test_every_operation_is_listed_here() -> None:
    document = api.document
    found = {
        each["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    }
    assert found.keys() == OPERATIONS.keys()
    for name, (scope, method, path, *_) in OPERATIONS.items():
        assert method == found[name][0]
        assert path == found[name][1].format(
            upload_id=UPLOAD, key="products", webhook_id=NUMBER, message_id="msg_1"
        )
        operation = document["paths"][found[name][1]][method.lower()]
        assert (f"Scope: `{scope}`." in operation["description"]) == bool(scope)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_kind_of_caller_gets_the_answer_it_may_have(
    name: str, upload: Upload, program_of: MakeToken, browse: Browse, people: dict[str, User]
) -> None:
    alice, adam, bob = (people[name] for name in ("alice", "adam", "bob"))
    scope, _, _, _, own, other = OPERATIONS[name]
    works = program_of(alice)
    expired, revoked = program_of(alice), program_of(alice)
    ApiToken.objects.filter(digest=tokens.digest_of(expired.token)).update(expires_at=now())
    stored = ApiToken.objects.get(digest=tokens.digest_of(revoked.token))
    tokens.revoke(stored, by=alice)
    invalid = (401, "INVALID_TOKEN")
    assert ask(Program(), name) == (401, "NO_TOKEN")
    assert ask(Program(client=browse(alice)), name) == (401, "NO_TOKEN")  # a session is none
    assert ask(Program(client=browse(people["reviewer"])), name) == (401, "NO_TOKEN")
    assert ask(Program("secret"), name) == invalid
    assert ask(Program(works.token.swapcase()), name) == invalid  # mistyped
    assert ask(Program(tokens.new_token()), name) == invalid  # well-formed, and unknown
    assert ask(revoked, name) == invalid
    assert ask(expired, name) == (401, "EXPIRED_TOKEN")
    if scope:
        assert ask(program_of(alice, ALL_SCOPES - {scope}), name) == (403, "MISSING_SCOPE")
    gone = program_of(adam)
    type(adam).objects.filter(pk=adam.pk).update(is_active=False)
    assert ask(gone, name) == invalid
    type(adam).objects.filter(pk=adam.pk).update(is_active=True)
    adam.memberships.all().delete()
    assert ask(gone, name) == invalid  # no longer a member
    Vendor.objects.filter(pk="VEND001").update(is_active=False)
    is_me = name == "get_me"  # which says that the vendor is inactive
    assert ask(works, name) == ((200, "") if is_me else (403, "INACTIVE_VENDOR"))
    Vendor.objects.filter(pk="VEND001").update(is_active=True)
    unchanged = Upload.objects.filter(pk=UPLOAD, run=1, status="partial")
    hook = WebhookEndpoint.objects.filter(pk=NUMBER, off="", earlier_seed="")
    assert unchanged.exists()
    assert ask(program_of(bob), name)[0] == other
    assert unchanged.exists()
    assert (hook.exists(), WebhookDelivery.objects.filter(endpoint=NUMBER).count()) == (True, 1)
    assert ask(program_of(alice, {scope} - {""}), name)[0] == own


def test_another_vendors_upload_looks_like_one_that_does_not_exist(
    upload: Upload, program_of: MakeToken, bob: User
) -> None:
    program = program_of(bob)
    for end in ("", "/errors", "/changes", "/mapping"):
        theirs = program.get(f"/uploads/{UPLOAD}{end}")
        none = program.get(f"/uploads/UPLOAD_20200101_000000_ABCDEF{end}")
        assert (theirs.status_code, theirs.content) == (404, none.content)
    assert program.get("/uploads").json()["uploads"] == []
    assert program.get("/products").json()["products"] == []
    assert program.get("/webhooks").json()["webhooks"] == []


def test_a_token_lasts_no_longer_than_400_days(program_of: MakeToken, alice: User) -> None:
    program_of(alice, life=timedelta(days=4_000))
    assert ApiToken.objects.get().expires_at <= now() + timedelta(days=400)


def test_the_logs_never_hold_a_token(
    program: Program, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    from config.redaction import redact

    program.get(f"/nothing/{program.token}?token={program.token}")
    lines = [redact(record).getMessage() for record in caplog.records]
    assert any("/api/v1/nothing/vop_…" in line for line in lines)
    assert not any(program.token[4:] in line for line in lines)


def test_strangers_read_the_document_only(client: Client) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 200
    for path in ("/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/me"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
