"""Many logins and many requests for a new password."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.timezone import now

from imports import tasks
from onboarding.middleware import after_response
from tests.conftest import PASSWORD
from vendors import throttle
from vendors.login_limits import BY_ADDRESS, BY_NAME, RESETS_BY_ACCOUNT, RESETS_BY_ADDRESS
from vendors.models import Tries
from vendors.old_logins import forget_old_logins

ELSEWHERE = "203.0.113."
Hashed = Callable[[], int]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time by which tries are counted: the beginning of a period, until a test changes it."""
    time = [datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)]
    monkeypatch.setattr(throttle, "now", lambda: time[0])
    return time


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    """How many passwords have been hashed."""
    count = 0
    encode = MD5PasswordHasher.encode

    def counted(self: Any, *args: Any) -> str:
        nonlocal count
        count += 1
        return encode(self, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return lambda: count


def log_in(name: str, password: str, *, address: str = "198.51.100.7", client: Any = None) -> int:
    answer = (client or Client()).post(
        "/login/", {"username": name, "password": password}, REMOTE_ADDR=address
    )
    return int(answer.status_code)


def test_a_flood_from_one_address_hashes_few_passwords(
    alice: User, hashed: Hashed, clock: list[datetime]
) -> None:
    burst, longer = BY_ADDRESS
    assert [log_in(f"name-{n}", "x") for n in range(60)].count(429) == 60 - burst.most
    assert hashed() == burst.most
    for _ in range(14):
        clock[0] += timedelta(minutes=1)
        for n in range(10):
            log_in(f"name-{n}", "y")
    assert hashed() == longer.most
    assert log_in("alice", PASSWORD, address=f"{ELSEWHERE}1") == 302
    clock[0] += timedelta(minutes=1)
    assert log_in("alice", PASSWORD) == 302


def test_passwords_of_one_name_from_many_addresses_are_limited(alice: User, hashed: Hashed) -> None:
    codes = [log_in("Alice", f"guess {n}", address=f"{ELSEWHERE}{n}") for n in range(60)]
    assert codes.count(200) == hashed() == BY_NAME.most


def test_guessers_do_not_lock_out_a_device_that_has_logged_in(alice: User) -> None:
    own = Client()
    log_in("alice", PASSWORD, client=own)
    own.post("/logout/")
    for n in range(2 * BY_NAME.most):
        log_in("alice", "guess", address=f"{ELSEWHERE}{n}")
    assert log_in("alice", PASSWORD) == 429, "another device has to wait"
    assert log_in("alice", PASSWORD, client=own) == 302


def test_guessers_lock_out_other_devices_for_a_quarter_of_an_hour(
    alice: User, clock: list[datetime]
) -> None:
    for n in range(2 * BY_NAME.most):
        log_in("alice", "guess", address=f"{ELSEWHERE}{n}")
    clock[0] += timedelta(minutes=15)
    assert log_in("alice", PASSWORD) == 302


def test_a_device_is_known_by_one_name_only(alice: User, bob: User) -> None:
    device = Client()
    log_in("bob", PASSWORD, client=device)
    device.post("/logout/")
    for n in range(BY_NAME.most):
        log_in("alice", "guess", address=f"{ELSEWHERE}{n}")
    assert log_in("alice", PASSWORD, client=device) == 429


def test_an_office_behind_one_address_logs_in_as_often_as_it_likes(alice: User) -> None:
    assert {log_in("alice", PASSWORD) for _ in range(60)} == {302}


def test_a_guesser_with_a_login_of_his_own_gets_no_more_tries(
    alice: User, bob: User, hashed: Hashed
) -> None:
    for n in range(60):
        log_in(f"name-{n}", "x")
        log_in("bob", PASSWORD)
    assert hashed() <= 3 * BY_ADDRESS[0].most


def test_refused_attempts_are_not_recorded_one_by_one(alice: User) -> None:
    for _ in range(100):
        log_in("alice", "wrong")
    [record] = AccessAttempt.objects.all()
    assert record.failures_since_start == 5


@pytest.mark.parametrize("name", ["n" * 256, "n" * 5_000, "a\0b", "", "ü" * 300])
def test_odd_names_are_wrong_names(db: None, name: str) -> None:
    assert {log_in(name, "x") for _ in range(7)} <= {200, 400, 429}


def test_new_passwords_are_mailed_a_few_times_an_hour(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    for n in range(60):
        client = Client(REMOTE_ADDR=f"{ELSEWHERE}{n}")
        answer = client.post("/password-reset/", {"email": alice.email.upper()})
        assert answer.status_code == 302
    after_response.wait()
    assert len(mailoutbox) == RESETS_BY_ACCOUNT.most


def test_one_address_asks_for_few_new_passwords(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    codes = [
        Client().post("/password-reset/", {"email": f"person-{n}@people.example"}).status_code
        for n in range(60)
    ]
    assert codes.count(302) == RESETS_BY_ADDRESS.most
    assert codes.count(429) == 60 - RESETS_BY_ADDRESS.most


def test_the_answer_does_not_wait_for_the_email(
    alice: User, mailoutbox: list[EmailMessage], django_assert_num_queries: Any
) -> None:
    """Known and unknown addresses take the same steps, and no template of the email is among them:
    the thread that writes it is held up until both have been answered."""
    after_response.wait()
    both = Event()
    after_response.after_response(both.wait)
    for email in (alice.email, "stranger@people.example"):
        with django_assert_num_queries(3):
            answer = Client().post("/password-reset/", {"email": email})
        assert answer.status_code == 302
    assert not mailoutbox
    both.set()
    after_response.wait()
    assert len(mailoutbox) == 1


def test_the_link_leads_to_the_portal_whatever_host_was_asked(
    alice: User, mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PORTAL_URL = "https://onboarding.techmart.example"
    Client().post("/password-reset/", {"email": alice.email}, headers={"host": "evil.example:99"})
    after_response.wait()
    [mail] = mailoutbox
    assert "evil.example" not in str(mail.message())
    assert "https://onboarding.techmart.example/password-reset/" in str(mail.body)


def test_what_logins_leave_behind_is_deleted(alice: User) -> None:
    Client().force_login(alice)
    log_in("alice", "wrong")
    forget_old_logins()
    assert Session.objects.exists()
    assert AccessAttempt.objects.exists()
    Session.objects.update(expire_date=now() - timedelta(seconds=1))
    Tries.objects.update(expires_at=now() - timedelta(seconds=1))
    AccessAttempt.objects.update(attempt_time=now() - timedelta(days=91))
    tasks.clean_up()
    for model in (Session, Tries, AccessAttempt):
        assert not model.objects.exists(), model
