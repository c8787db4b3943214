"""Requests of strangers make no query, so that a paused database stays paused."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as Unsigned
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils.crypto import get_random_string
from django.utils.timezone import now

from catalog.models import Category
from config import sessions
from onboarding.api.api import api
from onboarding.help import known
from onboarding.middleware import health
from tests.onboarding.conftest import Browse, text_of

COOKIE = configured.SESSION_COOKIE_NAME
ADDRESSES: list[Any] = get_resolver("onboarding.urls").url_patterns
VALUES = {
    "product_id": 1,
    "upload_id": "UPLOAD_20261120_093000_000001",
    "dataset": "products",
    "extension": "xlsx",
    "token": "made-up",
    "uidb64": "MQ",
    "kind": "name",
    "number": 1,
    "pk": 1,
    "delivery": 1,
}
# The first names a user, whose password is part of the token; the second attempts to log in.
ASK = {"password_reset_confirm", "mfa_login_webauthn"}
OTHERS = (
    *("/admin/", "/admin/login/", "/admin/imports/upload/", "/api/v1/me", "/api/v1/openapi.json"),
    *("/healthz", "/readyz", "/favicon.ico", "/wp-login.php", "/.env", "/help/nothing/"),
    *("/template/products.csv", "/static/nothing.css", "/help/clients/", "/api/v1/nothing"),
)


def addresses() -> Iterator[str]:
    for pattern in ADDRESSES:
        if pattern.name not in ASK:
            wanted = pattern.pattern.converters
            yield reverse(pattern.name, kwargs={key: VALUES[key] for key in wanted})
    yield from OTHERS


@pytest.fixture(autouse=True)
def after_the_first_page(settings: Any, categories: list[str]) -> Iterator[None]:
    """With the setting of the compact layout, when a process has answered each address once."""
    settings.PUBLIC_SECONDS = 86_400
    forget()
    client = Client()
    for path in ("/help/products/", "/help/products/schema/", "/template/products.xlsx", "/readyz"):
        assert client.get(path).status_code == 200
    yield
    forget()


def forget() -> None:
    known.remembered.clear()
    health.answered.clear()


@pytest.fixture
def no_unsigned_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "UNSIGNED_UNTIL", now() - timedelta(seconds=1))


def key_of(user: User, browse: Browse) -> str:
    return browse(user).cookies[COOKIE].value


def queries_of(client: Client) -> dict[str, list[str]]:
    """The queries that each address made, of those that made any."""
    found = {}
    for path in addresses():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code < 500, path
        if queries.captured_queries:
            found[path] = [query["sql"] for query in queries.captured_queries]
    return found


def test_no_address_asks_the_database_for_a_stranger() -> None:
    assert queries_of(Client()) == {}


@pytest.mark.usefixtures("no_unsigned_keys")
@pytest.mark.parametrize("length", [1, 8, 24, 32, 40, 41, 400])
def test_a_random_cookie_asks_no_database(length: int) -> None:
    client = Client()
    client.cookies[COOKIE] = get_random_string(length, VALID_KEY_CHARS)
    assert queries_of(client) == {}


def test_a_forged_cookie_asks_no_database(alice: User, browse: Browse) -> None:
    key = key_of(alice, browse)
    client = Client()
    client.cookies[COOKIE] = ("b" if key[0] == "a" else "a") + key[1:]
    assert queries_of(client) == {}
    assert client.cookies[COOKIE].value == "", "and the browser is rid of it"


def test_a_session_of_another_deployment_is_none_here(
    settings: Any, alice: User, browse: Browse
) -> None:
    key = key_of(alice, browse)
    settings.SECRET_KEY = "another deployment's, of at least fifty characters ......"
    client = Client()
    client.cookies[COOKIE] = key
    assert queries_of(client) == {}


def test_a_login_is_a_session(alice: User, browse: Browse) -> None:
    client = browse(alice)
    assert len(key_of(alice, browse)) == sessions.RANDOM + sessions.SIGNATURE
    assert client.get("/uploads/").status_code == 200


def session_of_the_old_version(user: User, browse: Browse) -> Client:
    """A browser that logged in where the version before this one answered."""
    old = Unsigned()
    old.update(dict(browse(user).session))
    old.save()
    assert len(old.session_key or "") == sessions.UNSIGNED
    client = Client()
    client.cookies[COOKIE] = old.session_key or ""
    return client


def test_a_session_of_the_running_version_stays_valid_during_a_release(
    alice: User, browse: Browse
) -> None:
    assert session_of_the_old_version(alice, browse).get("/uploads/").status_code == 200


def test_the_running_version_reads_a_session_of_this_one(alice: User, browse: Browse) -> None:
    new = browse(alice).session
    assert dict(Unsigned(new.session_key).items()) == dict(new.items())


@pytest.mark.usefixtures("no_unsigned_keys")
def test_later_a_session_without_a_signature_is_none(alice: User, browse: Browse) -> None:
    client = session_of_the_old_version(alice, browse)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/uploads/")
    assert answer["Location"] == "/login/?next=/uploads/"
    assert not queries.captured_queries


def test_members_see_the_present_categories_and_strangers_then_too(
    alice: User, browse: Browse
) -> None:
    Category.objects.create(name="Aquariums")
    assert "Aquariums" not in text_of(Client().get("/help/products/"))
    assert "Aquariums" in text_of(browse(alice).get("/help/products/"))
    assert "Aquariums" in text_of(Client().get("/help/products/"))


def test_what_strangers_see_is_read_again(settings: Any) -> None:
    Category.objects.create(name="Aquariums")
    settings.PUBLIC_SECONDS = 0
    assert "Aquariums" in text_of(Client().get("/help/products/"))


def test_robots_are_asked_to_stay_away() -> None:
    assert text_of(Client().get("/robots.txt")) == "User-agent: *\nDisallow: /\n"


def test_the_document_of_the_api_is_made_once() -> None:
    """It takes a tenth of a second of CPU, and needs no login."""
    first = api.document
    text = json.dumps(first)
    for address in ("/api/v1/openapi.json", "/help/api/"):
        assert Client().get(address).status_code == 200
    assert api.get_openapi_schema() is first
    assert json.dumps(first) == text
