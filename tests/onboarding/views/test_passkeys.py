"""Logins with passkeys, by a device that also sends what a browser would not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from tests.conftest import PASSWORD
from tests.onboarding.conftest import text_of, wait_for_a_lock
from tests.passkey_device import Device
from vendors.login_limits import PASSKEYS_BY_ADDRESS

LOGIN, CODE = "/login/passkey/", "/login/code/"
ADD, CONFIRM = "/account/security/passkeys/", "/account/security/password/"
NAME = "Tess’s key"


def add(client: Client, device: Device, **how: bool) -> Any:
    client.post(CONFIRM, {"password": PASSWORD})
    options = client.get(ADD).context["options"]["creation_options"]
    return client.post(ADD, {"name": NAME, "credential": device.create(options, **how)})


@pytest.fixture
def device(as_alice: Client) -> Device:
    """With a passkey of Alice's."""
    device = Device()
    assert add(as_alice, device)["Location"] == "/account/security/codes/"
    return device


def options_for(client: Client) -> Any:
    return client.get(LOGIN, headers={"Accept": "application/json"}).json()["request_options"]


def second_step(client: Client, name: str = "alice") -> Any:
    """The options of the second step, after the password."""
    client.post("/login/", {"username": name, "password": PASSWORD})
    return client.get(CODE).context["js_data"]["request_options"]


def is_logged_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_passkey_logs_in_alone_or_after_the_password(device: Device) -> None:
    client = Client()
    answer = client.post(
        LOGIN, {"credential": device.sign(options_for(client)), "next": "/uploads/"}
    )
    assert answer["Location"] == "/uploads/"
    assert is_logged_in(client)
    assert client.cookies["onboarding_device"].value
    other = Client()
    options = second_step(other)
    assert not is_logged_in(other)
    assert other.post(CODE, {"credential": device.sign(options)})["Location"] == "/"
    assert is_logged_in(other)
    assert NAME in text_of(other.get("/account/security/"))
    evil = Client()
    sent = {"credential": device.sign(options_for(evil)), "next": "https://evil.example/"}
    assert evil.post(LOGIN, sent)["Location"] == "/"


def test_an_answer_works_once_for_its_challenge_and_from_our_pages(device: Device) -> None:
    client = Client()
    options = options_for(client)
    first = device.sign(options)
    refused = [
        device.sign(options, origin="https://techmart.example"),
        device.sign(options, origin="http://testserver"),
        device.sign(options, is_verified=False),
        Device().sign(options),
    ]
    for answer in refused:
        assert client.post(LOGIN, {"credential": answer}).status_code == 422
    assert client.post(LOGIN, {"credential": first}).status_code == 302
    client.post("/logout/")
    assert client.post(LOGIN, {"credential": first}).status_code == 422
    options_for(client)
    assert client.post(LOGIN, {"credential": first}).status_code == 422
    assert not is_logged_in(client)


def test_a_stolen_key_without_its_pin_is_no_login(device: Device, bob: User) -> None:
    """Also not with the challenge of the thief's own second step, or of a registration."""
    thief = Client()
    thief.force_login(bob)
    assert add(thief, Device(b"bobs")).status_code == 302
    thief.post("/logout/")
    answer = device.sign(second_step(thief, "bob"), is_verified=False)
    assert thief.post(LOGIN, {"credential": answer})["Location"] == CODE
    session = thief.session
    del session["account_login"]  # as after 15 minutes
    session.save()
    assert thief.post(LOGIN, {"credential": answer}).status_code == 422
    for is_verified in (True, False):
        answer = device.sign(second_step(thief, "bob"), is_verified=is_verified)
        assert thief.post(CODE, {"credential": answer}).status_code == 422
    assert not is_logged_in(thief)


def test_who_is_not_active_does_not_log_in(device: Device, alice: User, bob: User) -> None:
    client = Client()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.post(LOGIN, {"credential": device.sign(options_for(client))}).status_code == 422
    # Nothing of it stays for the next person at this browser, who has a factor as well.
    own = Client()
    own.force_login(bob)
    add(own, Device(b"bobs"))
    assert client.post("/login/", {"username": "bob", "password": PASSWORD})["Location"] == CODE


def test_only_keys_that_ask_for_a_pin_are_added(as_alice: Client) -> None:
    assert add(as_alice, Device(), is_verified=False).status_code == 422
    assert not Authenticator.objects.exists()


def test_people_rename_and_remove_their_own(device: Device, as_alice: Client, bob: User) -> None:
    number = Authenticator.objects.get(type="webauthn").pk
    page = f"{ADD}{number}/"
    stranger = Client()
    stranger.force_login(bob)
    stranger.post(CONFIRM, {"password": PASSWORD})
    for path in (page, f"{page}remove/"):
        assert stranger.get(path).status_code == 404
        assert stranger.post(path, {"name": "mine"}).status_code == 404
    assert as_alice.post(page, {"name": ""}).status_code == 422
    assert as_alice.post(page, {"name": "x" * 61}).status_code == 422
    assert as_alice.post(page, {"name": "<b>new"})["Location"] == "/account/security/"
    assert "&lt;b&gt;new" in text_of(as_alice.get("/account/security/"))
    assert as_alice.post(f"{page}remove/").status_code == 302
    assert not Authenticator.objects.exists()
    client = Client()
    assert client.post(LOGIN, {"credential": device.sign(options_for(client))}).status_code == 422


def test_staff_keep_a_last_one(as_alice: Client, device: Device, settings: Any) -> None:
    settings.STAFF_NEED_MFA = True
    User.objects.update(is_staff=True)
    add(as_alice, Device(b"second"))
    first, second = Authenticator.objects.filter(type="webauthn").order_by("pk")
    assert as_alice.post(f"{ADD}{first.pk}/remove/").status_code == 302
    page = as_alice.post(f"{ADD}{second.pk}/remove/", follow=True)
    assert "Add another way before you remove this one." in text_of(page)
    assert Authenticator.objects.filter(type="webauthn").get() == second


@pytest.mark.django_db(transaction=True)
def test_of_two_removed_at_once_staff_keep_one(
    as_alice: Client, device: Device, settings: Any
) -> None:
    settings.STAFF_NEED_MFA = True
    User.objects.update(is_staff=True)
    add(as_alice, Device(b"second"))
    browsers = {one.pk: Client() for one in Authenticator.objects.filter(type="webauthn")}

    def remove(number: int) -> int:
        try:
            browsers[number].cookies = as_alice.cookies
            return int(browsers[number].post(f"{ADD}{number}/remove/").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            User.objects.select_for_update().get(username="alice")
            answers = [threads.submit(remove, number) for number in browsers]
            wait_for_a_lock()
        assert [answer.result() for answer in answers] == [302, 302]
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_passkeys_are_limited_by_address(db: None) -> None:
    client = Client()
    for _ in range(PASSKEYS_BY_ADDRESS.most):
        assert client.get(LOGIN).status_code == 302
    assert client.get(LOGIN).status_code == 429
    assert client.post(LOGIN).status_code == 429
    assert Client(REMOTE_ADDR="198.51.100.7").get(LOGIN).status_code == 302


ODD = ("", "null", "[]", "7", '"x"', "{}", '{"id": 1, "response": {"userHandle": null}}', "{")


def test_what_no_browser_sends_is_wrong(as_alice: Client, device: Device) -> None:
    client, half = Client(), Client()
    options_for(client)
    second_step(half)
    as_alice.get(ADD)
    for odd in ODD:
        sent = {"credential": odd}
        answer = client.post(LOGIN, sent)
        assert (answer.status_code, "We don’t know this passkey" in text_of(answer)) == (422, True)
        assert half.post(CODE, sent).status_code == 422, odd
        assert as_alice.post(ADD, sent).status_code == 422, odd
