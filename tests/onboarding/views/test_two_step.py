"""Two-step login: an app's codes, recovery codes, who may change them, what a guesser reaches."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from onboarding.middleware import after_response
from onboarding.people.security.forms import PASSWORDS
from tests.authenticator import SECONDS, code_of
from tests.conftest import PASSWORD
from tests.onboarding.conftest import Browse, text_of
from vendors import second_factor

INDEX, CONFIRM = "/account/security/", "/account/security/password/"
APP, CODES = "/account/security/app/", "/account/security/codes/"
NOW = 60_000_000  # the step at which the tests begin


AtCommit = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def at_commit(django_capture_on_commit_callbacks: AtCommit) -> AtCommit:
    return django_capture_on_commit_callbacks


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock of codes; a test sets its step."""
    clock = SimpleNamespace(step=NOW)
    clock.time = lambda: clock.step * SECONDS + 7
    monkeypatch.setattr(totp, "time", clock)
    return clock


def log_in(client: Client, name: str = "alice", **more: str) -> Any:
    return client.post("/login/", {"username": name, "password": PASSWORD, **more})


def enter(client: Client, code: str) -> Any:
    return client.post("/login/code/", {"code": code})


def is_logged_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def confirm(client: Client) -> None:
    assert client.post(CONFIRM, {"password": PASSWORD}).status_code == 302


def set_up(client: Client, clock: SimpleNamespace) -> str:
    """Adds an app, whose code of this step is used up; returns its key."""
    confirm(client)
    key = re.search(r'id="key"[^>]*>(\w+)<', text_of(client.get(APP)))
    assert key
    answer = client.post(APP, {"code": code_of(key[1], clock.step)})
    assert answer["Location"] == CODES
    return key[1]


def codes_on(answer: Any) -> list[str]:
    return re.findall(r"<li><code>(\d{8})</code></li>", text_of(answer))


def test_a_code_is_asked_for_after_the_password_and_works_once(
    as_alice: Client, clock: SimpleNamespace, mailoutbox: list[Any], at_commit: AtCommit
) -> None:
    with at_commit(execute=True):
        key = set_up(as_alice, clock)
    codes = codes_on(as_alice.get(CODES))
    assert len(set(codes)) == 10
    assert not codes_on(as_alice.get(CODES))  # they are shown once
    after_response.wait()
    [mail] = mailoutbox
    assert mail.subject == "An authenticator app was added to your account"

    client = Client()
    assert log_in(client, next="/uploads/")["Location"] == "/login/code/"
    assert not is_logged_in(client)
    assert "onboarding_device" not in client.cookies
    assert enter(client, code_of(key, NOW)).status_code == 422  # the one that set it up
    assert enter(client, "123456").status_code == 422
    clock.step += 1
    code = code_of(key, clock.step)
    assert enter(client, f"{code[:3]} {code[3:]}")["Location"] == "/uploads/"
    assert is_logged_in(client)
    assert client.cookies["onboarding_device"].value

    # For anyone who saw it typed: the same code again, also in the next step, and any before it.
    clock.step += 1
    other = Client()
    log_in(other)
    for step in (NOW, NOW + 1):
        assert enter(other, code_of(key, step)).status_code == 422
    assert enter(other, codes[3])["Location"] == "/"
    clock.step += 3
    log_in(third := Client())
    assert enter(third, codes[3]).status_code == 422
    assert "9 of 10 codes are left" in text_of(other.get(INDEX))
    stored = " ".join(str(one.data) for one in Authenticator.objects.all())
    assert not [secret for secret in (key, *codes) if secret in stored]


@pytest.mark.django_db(transaction=True)
def test_of_logins_at_once_with_one_code_one_gets_in(
    as_alice: Client, clock: SimpleNamespace
) -> None:
    key = set_up(as_alice, clock)
    recovery = codes_on(as_alice.get(CODES))[0]
    clock.step += 1

    def try_it(client: Client, code: str) -> int:
        try:
            return int(enter(client, code).status_code)
        finally:
            connection.close()

    for code in (code_of(key, clock.step), recovery):
        browsers = [Client() for _ in range(3)]
        for browser in browsers:
            log_in(browser)
        with ThreadPoolExecutor(len(browsers)) as threads:
            answers = sorted(threads.map(try_it, browsers, [code] * len(browsers)))
        assert answers == [302, 422, 422]


def test_wrong_codes_are_limited_for_the_person_wherever_they_come_from(
    as_alice: Client, clock: SimpleNamespace
) -> None:
    key = set_up(as_alice, clock)
    clock.step += 1
    for number in range(second_factor.CODES.most):
        guesser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        log_in(guesser)
        assert "not correct" in text_of(enter(guesser, "000000"))
    client = Client()
    log_in(client)
    assert "Try again in 15 minutes" in text_of(enter(client, code_of(key, clock.step)))
    assert not is_logged_in(client)


def test_the_second_step_is_none_without_the_first(
    as_alice: Client, clock: SimpleNamespace, bob: User
) -> None:
    key = set_up(as_alice, clock)
    clock.step += 1
    code = code_of(key, clock.step)
    assert enter(Client(), code)["Location"] == "/login/"
    log_in(client := Client(), "bob")  # who has none, is logged in, and stays so
    assert enter(client, code)["Location"] == "/"
    assert client.get("/account/").context["user"] == bob
    wrong = Client()
    wrong.post("/login/", {"username": "alice", "password": "wrong"})
    assert enter(wrong, code)["Location"] == "/login/"


def test_changes_need_the_password_and_end_after_some_minutes(
    as_alice: Client, clock: SimpleNamespace, mailoutbox: list[Any], at_commit: AtCommit
) -> None:
    pages = (APP, "/account/security/passkeys/", CODES, f"{CODES}new/")
    for page in pages:
        assert as_alice.get(page)["Location"] == f"{CONFIRM}?next={page.replace('/', '%2F')}"
    assert as_alice.post(APP, {"code": "123456"}).status_code == 302
    assert "account_reauthentication_state" not in as_alice.session  # what was sent is not kept
    for _ in range(5):
        answer = as_alice.post(CONFIRM, {"password": "wrong"})
        assert (answer.status_code, "not correct" in text_of(answer)) == (422, True)
    assert "Too many attempts" in text_of(as_alice.post(CONFIRM, {"password": PASSWORD}))
    PASSWORDS.forget(as_alice.session["_auth_user_id"])
    evil = as_alice.post(f"{CONFIRM}?next=https://evil.example/", {"password": PASSWORD})
    assert evil["Location"] == INDEX

    with at_commit(execute=True):
        set_up(as_alice, clock)
        first = codes_on(as_alice.get(CODES))
        assert as_alice.post(f"{CODES}new/")["Location"] == CODES
    assert not set(first) & set(codes_on(as_alice.get(CODES)))
    log_in(client := Client())
    assert enter(client, first[0]).status_code == 422
    session = as_alice.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [one | {"at": one["at"] - 301} for one in records]
    session.save()
    assert as_alice.post(f"{APP}remove/")["Location"].startswith(CONFIRM)
    confirm(as_alice)
    assert as_alice.post(f"{APP}remove/")["Location"] == INDEX
    assert not Authenticator.objects.exists()  # recovery codes go with the last factor
    assert log_in(Client())["Location"] == "/"
    after_response.wait()
    assert [mail.subject for mail in mailoutbox] == [
        "An authenticator app was added to your account",
        "Your account has new recovery codes",
        "The authenticator app was removed from your account",
    ]


def test_staff_without_a_factor_set_one_up_before_anything_else(
    clock: SimpleNamespace, admin: User, alice: User, browse: Browse, settings: Any
) -> None:
    settings.STAFF_NEED_MFA = True
    assert browse(alice).get("/uploads/").status_code == 200
    earlier = browse(admin)
    client = Client()
    assert log_in(client, "admin")["Location"] == "/"
    for session in (client, earlier):
        for page in ("/", "/uploads/", "/account/", "/admin/", "/admin/auth/user/add/", CODES):
            assert session.get(page)["Location"] == INDEX, page
        assert session.post("/admin/auth/user/add/", {"username": "x"})["Location"] == INDEX
        polling = session.get("/uploads/", headers={"HX-Request": "true"})
        assert (polling.status_code, polling["HX-Refresh"]) == (204, "true")
        assert "Your account needs two-step login." in text_of(session.get(INDEX))
    set_up(client, clock)
    assert client.get("/admin/").status_code == 200
    answer = client.post(f"{APP}remove/")
    assert (answer.status_code, "Add another way" in text_of(answer)) == (422, True)
    assert f"{APP}remove/" not in text_of(client.get(INDEX))
    assert client.post("/logout/").status_code == 302


def test_a_changed_secret_key_locks_out_and_shows_no_error(
    as_alice: Client, clock: SimpleNamespace, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    key = set_up(as_alice, clock)
    clock.step += 1
    settings.SECRET_KEY = "another-one"
    log_in(client := Client())
    assert enter(client, code_of(key, clock.step)).status_code == 422
    assert "was SECRET_KEY changed?" in caplog.text


NOT_OURS = (
    "signup/",
    "email/",
    "confirm-email/",
    "password/change/",
    "2fa/",
    "login/code/confirm/",
)


def test_other_pages_of_the_library_are_not_there(client: Client, db: None) -> None:
    addresses = {
        f"{place}{path}" for place in ("/accounts/", "/account/", "/") for path in NOT_OURS
    }
    for address in addresses - {"/account/email/"}:  # ours
        assert client.get(address).status_code == 404, address
