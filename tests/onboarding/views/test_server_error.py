"""Errors of ours, and what every page promises a browser."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from imports.models import Upload
from tests.onboarding.conftest import make_upload, text_of
from tests.product_files import good_row
from vendors.models import Vendor


@pytest.fixture
def database_away(transactional_db: None, as_alice: Client, vendor_a: Vendor) -> Iterator[None]:
    """No process listens where the database should be, after people have logged in."""
    make_upload(1, vendor_a)
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "9"
    yield
    connection.settings_dict["PORT"] = port
    connection.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/uploads/",
        "/uploads/new/",
        "/uploads/UPLOAD_20261120_093000_000001/",
        "/uploads/UPLOAD_20261120_093000_000001/errors.csv",
        "/uploads/UPLOAD_20261120_093000_000001/correct.csv",
        "/help/products/",
        "/login/",
    ],
)
def test_without_a_database_a_page_says_that_the_service_is_unavailable(
    path: str, as_alice: Client, database_away: None
) -> None:
    as_alice.raise_request_exception = False
    answer = as_alice.get(path)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "15"
    assert "Part of our service is temporarily unavailable" in text_of(answer)


def test_logging_in_without_a_database_is_no_error_of_ours(
    as_alice: Client, database_away: None
) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/login/").status_code == 200
    answer = client.post("/login/", {"username": "alice", "password": "x"})
    assert answer.status_code == 503


def test_health_needs_no_database_and_readiness_does(as_alice: Client, database_away: None) -> None:
    as_alice.raise_request_exception = False
    assert as_alice.get("/healthz").status_code == 200
    assert as_alice.get("/readyz").status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_load_balancer_asks_by_address(path: str, method: str) -> None:
    balancer = Client(headers={"host": "10.0.3.17:8000", "user-agent": "ELB-HealthChecker/2.0"})
    assert getattr(balancer, method)(path).status_code == 200
    assert balancer.get("/login/").status_code == 400, "others may not make up a host"


def test_an_unexpected_error_has_a_page_and_shows_nothing_internal(
    as_alice: Client, vendor_a: Vendor
) -> None:
    upload = make_upload(1, vendor_a, layout={"of-a-later-version": True})
    as_alice.raise_request_exception = False
    answer = as_alice.get(f"/uploads/{upload.upload_id}/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in text_of(answer)
    assert "of-a-later-version" not in text_of(answer)


@pytest.fixture
def pages(
    run_upload: Callable[..., Upload], as_alice: Client, alice: User, vendor_a: Vendor
) -> list[str]:
    """Every kind of page there is, as a browser gets it."""
    upload = run_upload([good_row(1), good_row(2, price="x")], by=alice)
    waiting = make_upload(7, vendor_a, status="received", completed_at=None, step="stage")
    mine = [
        "/uploads/",
        "/uploads/?q=none",
        "/uploads/new/",
        f"/uploads/{upload.upload_id}/",
        f"/uploads/{waiting.upload_id}/",
        f"/uploads/{waiting.upload_id}/cancel/",
        "/help/products/",
        "/nothing-here/",
    ]
    others = ["/login/", "/password-reset/", "/password-reset/sent/", "/password-reset/done/"]
    return [
        *(text_of(as_alice.get(path)) for path in mine),
        *(text_of(Client().get(path)) for path in others),
    ]


def test_no_page_runs_or_styles_anything_inline_or_loads_from_elsewhere(pages: list[str]) -> None:
    for page in pages:
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
        assert not re.search(r"\s(?:src|action)=\"(?:https?:)?//", page)
        assert not re.search(r"<link[^>]*href=\"(?:https?:)?//", page)


def test_every_page_is_complete_and_has_a_title(pages: list[str]) -> None:
    for page in pages:
        assert page.startswith("<!doctype html>")
        assert page.count("<h1") == 1
        assert re.search(r"<title>[^<]+ · TechMart vendor onboarding</title>", page)
        assert 'href="#main"' in page
        assert not re.search(r"\{[{%]", page)
        ids = re.findall(r"\sid=\"([^\"]+)\"", page)
        assert len(ids) == len(set(ids))


def test_the_policy_allows_our_own_files_only(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "name", ["portal.css", "upload.js", "fix.js", "logo.svg", "icons.svg", "htmx-2.min.js"]
)
def test_static_files_are_ours_and_there(name: str) -> None:
    from django.contrib.staticfiles import finders

    folder = "django_htmx" if "htmx" in name else "onboarding"
    assert finders.find(f"{folder}/{name}")


def test_every_icon_a_page_uses_is_drawn(pages: list[str]) -> None:
    from django.contrib.staticfiles import finders

    path = finders.find("onboarding/icons.svg")
    assert isinstance(path, str)
    with open(path) as sprite:  # noqa: PTH123
        drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite.read()))
    used = {name for page in pages for name in re.findall(r'icons\.svg#([a-z-]+)"', page)}
    assert used <= drawn
