"""Logging in and out, and what stops a guesser."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.test import Client

from onboarding.middleware import after_response
from tests.conftest import PASSWORD
from tests.onboarding.conftest import text_of


def log_in(client: Client, password: str, name: str = "alice", **more: str) -> object:
    return client.post("/login/", {"username": name, "password": password, **more})


def test_the_right_password_leads_to_the_first_page(alice: User) -> None:
    client = Client()
    answer = client.post("/login/", {"username": "alice", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/", 302)]


def test_a_login_leads_to_the_page_asked_for_and_never_to_another_site(alice: User) -> None:
    for goal, reached in [
        ("/uploads/new/", "/uploads/new/"),
        ("https://evil.example/", "/"),
    ]:
        login = {"username": "alice", "password": PASSWORD, "next": goal}
        assert Client().post("/login/", login)["Location"] == reached


def test_a_wrong_password_says_so_and_keeps_the_name(alice: User) -> None:
    page = text_of(Client().post("/login/", {"username": "alice", "password": "mistyped-1"}))
    assert "Incorrect username or password." in page
    assert 'value="alice"' in page
    assert "mistyped-1" not in page


def test_after_five_failures_even_the_right_password_waits(alice: User) -> None:
    client = Client()
    for _ in range(5):
        log_in(client, "wrong")
    answer = client.post("/login/", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in text_of(answer)
    assert client.get("/uploads/").status_code == 302


def test_a_guesser_elsewhere_does_not_lock_alice_out(alice: User) -> None:
    guesser = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(6):
        log_in(guesser, "wrong")
    answer = Client(REMOTE_ADDR="198.51.100.7").post(
        "/login/", {"username": "alice", "password": PASSWORD}
    )
    assert answer["Location"] == "/"


def test_a_new_password_comes_by_mail_and_unlocks(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    client = Client()
    for _ in range(5):
        log_in(client, "wrong")
    answer = client.post("/password-reset/", {"email": alice.email}, follow=True)
    assert "Check your email" in text_of(answer)
    link = link_in(mailoutbox)
    page = client.get(link, follow=True)
    new = "a quite different 1 password"
    saved = client.post(
        page.redirect_chain[-1][0], {"new_password1": new, "new_password2": new}, follow=True
    )
    assert "Password saved" in text_of(saved)
    assert client.post("/login/", {"username": "alice", "password": new}).status_code == 302
    assert "This link is no longer valid" in text_of(Client().get(link, follow=True))


def test_a_weak_password_is_rejected_with_the_reason(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    client = Client()
    client.post("/password-reset/", {"email": alice.email})
    page = client.get(link_in(mailoutbox), follow=True)
    answer = client.post(
        page.redirect_chain[-1][0], {"new_password1": "12345678", "new_password2": "12345678"}
    )
    assert "too common" in text_of(answer)


def link_in(mails: list[EmailMessage]) -> str:
    """The path of the link in the only email."""
    after_response.wait()
    [mail] = mails
    assert "Need help? Email " in str(mail.body)
    assert mail.to == ["alice@people.example"]
    found = re.search(r"https?://[^/]+(/password-reset/\S+)", str(mail.body))
    assert found
    return found[1]


def test_a_stranger_does_not_learn_which_addresses_have_accounts(
    db: None, mailoutbox: list[EmailMessage]
) -> None:
    answer = Client().post("/password-reset/", {"email": "stranger@people.example"}, follow=True)
    assert "Check your email" in text_of(answer)
    after_response.wait()
    assert not mailoutbox


def test_too_many_resets_do_not_offer_a_reset(db: None) -> None:
    client = Client()
    for number in range(10):
        client.post("/password-reset/", {"email": f"{number}@people.example"})
    answer = client.post("/password-reset/", {"email": "one@people.example"})
    assert answer.status_code == 429
    page = text_of(answer)
    assert "Too many requests" in page
    assert "15 minutes" in page
    assert "/password-reset/" not in page
    assert 'class="support"' in page


def test_a_click_after_the_session_ended_leads_to_no_blank_page(alice: User) -> None:
    client = Client()
    login = client.post("/logout/").headers["Location"]
    answer = client.post(login, {"username": "alice", "password": PASSWORD}, follow=True)
    assert answer.status_code == 405
    assert "Go to the first page" in text_of(answer)


def test_logging_out_takes_a_post_and_ends_the_session(as_alice: Client) -> None:
    assert as_alice.get("/logout/").status_code == 405
    assert as_alice.post("/logout/")["Location"] == "/login/"
    assert as_alice.get("/uploads/").status_code == 302


def test_a_form_of_another_site_is_rejected(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/logout/")
    assert answer.status_code == 403
    assert "This form has expired" in text_of(answer)


@pytest.mark.parametrize("path", ["/login/", "/password-reset/"])
def test_these_pages_need_no_database(path: str) -> None:
    # Without the `db` fixture a query would raise.
    assert Client().get(path).status_code == 200
