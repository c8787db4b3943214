"""Every address of admin and portal, with what people and scanners put into addresses.

No answer is a 500. The addresses come from the URL configuration, the parameters of lists from the
admin's own declarations: new ones are covered without a change here.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from onboarding.middleware.odd_input import OddInputMiddleware
from tests.admin.conftest import World, world

__all__ = ["world"]

VALUES = (
    *("a\0b", "", "x", "-1", "9" * 30, "1e400", "NaN", "'%\\", "\ud800"),
    *("9999-12-31", "0001-01-01", "2026-02-30", "[]", "a,b", "é" * 5_000),
)
GENERAL = ("q", "p", "o", "all", "e", "page", "_popup", "_to_field", "_changelist_filters", "said")
AUTOCOMPLETE = ("term", "page", "app_label", "model_name", "field_name")
FIELDS = ("action", "_selected_action", "select_across", "index", "name", "form-TOTAL_FORMS")
ENDS = (
    *("", "__exact", "__in", "__isnull", "_from", "_to", "_from_0", "_to_0"),
    *("__gte", "__lt", "__id__exact", "__pk__exact"),
)
CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")


@cache
def encoded(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    """The route of every address; its variable parts in <>."""
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and "(?P" not in route:
            yield f"/{route}".replace(r"\Z", "")


ROUTES = sorted(set(routes(get_resolver().url_patterns)))
MODELS = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)


def parameters(model: Any, page: Any) -> set[str]:
    """What the address of a model's list may contain."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    found = set(GENERAL)
    for declared in page.get_list_filter(request):
        if isinstance(declared, tuple):
            field = declared[0]
            found |= {f"{field}{end}" for end in ENDS}
        else:
            found.add(declared.parameter_name)
    found |= {f"{model._meta.pk.name}{end}" for end in ("", "__exact", "__gt", "__in")}
    return found


class Asked:
    """Requests as one person, and every answer of ours that is an error of ours."""

    def __init__(self, user: User | None) -> None:
        self.client = Client(raise_request_exception=False)
        if user is not None:
            self.client.force_login(user)
        self.broken: list[str] = []

    def get(self, address: str) -> None:
        self._note("GET", address, self.client.get(address).status_code)

    def post(self, address: str, fields: dict[str, Any]) -> None:
        self._note("POST", address, self.client.post(address, fields).status_code)

    def _note(self, method: str, address: str, status: int) -> None:
        if status >= 500:
            self.broken.append(f"{status} {method} {address[:200]}")


def test_the_addresses_are_found() -> None:
    assert "/admin/imports/upload/<path:object_id>/change/" in ROUTES
    assert "/reports/<str:token>/" in ROUTES
    assert len(ROUTES) > 90
    assert len(MODELS) == 23


@pytest.mark.parametrize("route", [route for route in ROUTES if "<" in route])
def test_any_variable_part(world: World, admin: User, route: str) -> None:
    for user in (admin, world.user):
        asked = Asked(user)
        for value in VALUES:
            asked.get(CONVERTED.sub(encoded(value), route))
        assert not asked.broken


@pytest.mark.parametrize("route", ROUTES)
def test_any_field_of_a_post(world: World, admin: User, route: str) -> None:
    asked = Asked(admin)
    address = CONVERTED.sub("1", route)
    for value in ("\0", "x", "9" * 30, "x" * 5_000):
        asked.post(address, dict.fromkeys(FIELDS, value))
    assert not asked.broken


@pytest.mark.parametrize("fields", [{"email": "a\0b@people.example"}, {"e\0mail": "x"}])
def test_a_nul_in_a_field_is_refused_whatever_the_form(db: None, fields: dict[str, str]) -> None:
    assert Client().post("/password-reset/", fields).status_code == 400


@pytest.mark.parametrize(("model", "page"), MODELS, ids=[m._meta.label for m, _ in MODELS])
def test_any_parameter_of_a_list(
    world: World, admin: User, model: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the sidebar, and without rendering the page, which take most of the time and none of
    the parameters."""
    monkeypatch.setattr(page.admin_site, "each_context", lambda _request: {})
    answer = OddInputMiddleware(page.changelist_view)
    queries = [f"{name}={encoded(v)}" for name in sorted(parameters(model, page)) for v in VALUES]
    for query in [*queries, "q=x&page=x", "q=x&p=x&o=99.-99.x"]:
        request = RequestFactory().get("/", QUERY_STRING=query)
        request.user = admin
        with suppress(SuspiciousOperation, BadRequest, Http404):
            assert answer(request).status_code < 400, query


@pytest.mark.parametrize("name", AUTOCOMPLETE)
def test_any_parameter_of_the_autocompletion(world: World, admin: User, name: str) -> None:
    asked = Asked(admin)
    usual = {"app_label": "imports", "model_name": "upload", "field_name": "vendor", "term": "x"}
    for value in VALUES:
        rest = urlencode({key: text for key, text in usual.items() if key != name})
        asked.get(f"/admin/autocomplete/?{rest}&{name}={encoded(value)}")
    assert not asked.broken


@pytest.mark.parametrize("address", ["/uploads/", "/uploads/new/", "/login/", "/admin/search/"])
def test_any_parameter_of_other_pages(world: World, admin: User, address: str) -> None:
    names = ("q", "s", "status", "since", "until", "page", "dataset", "next", "extended", "term")
    for user in (admin, world.user, None):
        asked = Asked(user)
        for name in names:
            for value in VALUES:
                asked.get(f"{address}?{name}={encoded(value)}")
        asked.get(f"{address}?s=x&page=x")
        asked.get(f"{address}?q=x&page=x")
        assert not asked.broken


@pytest.mark.parametrize("value", VALUES)
def test_any_cookie(world: World, value: str) -> None:
    asked = Asked(None)
    for name in ("onboarding_session", "csrftoken", "messages", "onboarding_device"):
        for text in (encoded(value), '"\\000"', f'"{encoded(value)}"'):
            asked.client.cookies.clear()
            asked.client.cookies.load(f"{name}={text}")
            asked.get("/uploads/")
            asked.post("/login/", {"username": "alice", "password": "x"})
    assert not asked.broken
