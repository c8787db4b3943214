"""The person of a token hears that it expires, once, two weeks before."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils.timezone import now

from imports import tasks
from imports.notifications import sending
from vendors import tokens
from vendors.models import ApiToken


def token_for(person: User, days: float) -> ApiToken:
    vendor = person.memberships.get().vendor
    life = timedelta(days=days)
    found, _ = tokens.create(vendor=vendor, name="Nightly", scopes=[], life=life, by=person)
    return found


def test_the_person_hears_of_it_once(alice: User) -> None:
    token_for(alice, 13.9)
    token_for(alice, 14.1)
    tokens.revoke(token_for(alice, 2), by=alice)
    for _ in range(2):
        tasks.send_warnings()
    (sent,) = mail.outbox
    assert sent.to == ["alice@people.example"]
    assert sent.subject.startswith("API token “Nightly” expires on ")
    assert "/account/tokens/" in sent.body
    assert "vop_" not in sent.body
    assert ApiToken.objects.filter(warned_at__isnull=False).count() == 1


def test_a_person_who_has_left_hears_nothing(alice: User) -> None:
    token_for(alice, 3)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    tasks.send_warnings()
    assert not mail.outbox


def test_an_email_that_was_not_sent_is_sent_by_the_next_sweep(
    alice: User, adam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token_for(alice, 3)
    token_for(adam, 4)
    real = sending.mailbox("django.core.mail.backends.locmem.EmailBackend")
    refused: list[object] = []

    def send_messages(messages: list[mail.EmailMessage]) -> int:
        if messages[0].to == ["alice@people.example"] and not refused:
            refused.append(messages)
            raise ConnectionError("SES is away")
        return int(type(real).send_messages(real, messages))

    monkeypatch.setattr(real, "send_messages", send_messages)
    tasks.send_warnings()
    assert [each.to for each in mail.outbox] == [["adam@people.example"]]
    tasks.send_warnings()
    assert [each.to[0] for each in mail.outbox] == ["adam@people.example", "alice@people.example"]


def test_old_tokens_are_deleted_with_the_history_of_logins(alice: User, settings: object) -> None:
    from vendors.old_logins import forget_old_logins

    recent, old = token_for(alice, 5), token_for(alice, 5)
    ApiToken.objects.filter(pk=old.pk).update(expires_at=now() - timedelta(days=91))
    forget_old_logins()
    assert list(ApiToken.objects.all()) == [recent]
