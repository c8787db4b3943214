"""Invitations: who may be invited, what the link does, and what two clicks at once do."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from imports.execution.lease import Fenced
from imports.models import Invitation
from imports.notifications.mail_events import MailEvent, apply
from imports.people import invitations, sending, vendor_state
from tests.conftest import PASSWORD, person, send_due
from tests.onboarding.conftest import Browse, text_of
from vendors import team, tokens
from vendors.access import access_of
from vendors.models import ApiToken, Member, Vendor

NEW = "new@people.example"
State = Invitation.State


def invite(vendor: Vendor, by: User, to: str = NEW, role: str = "uploader") -> Invitation:
    return invitations.invite(vendor_id=vendor.pk, to=to, role=role, by=by)


def link_in(mail: EmailMultiAlternatives) -> str:
    """The path of the link, which is the same in both bodies."""
    html = str(mail.alternatives[0][0])
    [plain] = re.findall(r"https?://[^/\s]+(/invitations/\S+)", str(mail.body))
    assert plain in html
    return str(plain)


def link_of(mailoutbox: list[Any]) -> str:
    send_due()
    return link_in(mailoutbox[-1])


def chosen(password: str = "a quite different 1 password", name: str = "Nia New") -> dict[str, str]:
    return {"name": name, "new_password1": password, "new_password2": password}


def test_a_new_person_chooses_name_and_password_and_is_a_member_after_one_form(
    vendor_a: Vendor, alice: User, mailoutbox: list[Any]
) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Ames")
    invite(vendor_a, User.objects.get(pk=alice.pk), to=" New@People.Example ")
    link = link_of(mailoutbox)
    [mail] = mailoutbox
    assert mail.to == [NEW]
    assert "Alice Ames invites you to join Clicky Peripherals" in mail.body
    assert "As an uploader" in mail.body
    assert "Need help? Email " in mail.body
    assert Invitation.objects.get().state == State.SENT

    client = Client()
    page = client.get(link)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    assert 'value="new@people.example"' in text_of(page)
    wrong = client.post(link, {**chosen("12345678"), "new_password2": "other"})
    assert wrong.status_code == 422
    for message in ("too common", "entirely numeric", "two passwords are not the same"):
        assert message in text_of(wrong)
    answer = client.post(link, chosen(), follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Welcome to Clicky Peripherals" in text_of(answer)
    member = Member.objects.get(user__username=NEW)
    assert (member.role, member.user.email, member.user.get_full_name()) == (
        "uploader",
        NEW,
        "Nia New",
    )
    found = Invitation.objects.get()
    assert (found.accepted_by, found.outcome) == (member.user, "accepted")
    # The form again, as after a double click or the back button, and for someone else.
    assert client.post(link, chosen(), follow=True).redirect_chain == [("/", 302)]
    over = Client().get(link)
    assert (over.status_code, "accepted already" in text_of(over)) == (410, True)
    assert User.objects.filter(email=NEW).count() == 1


def test_who_has_an_account_accepts_with_it_whatever_the_case_of_the_address(
    vendor_a: Vendor, alice: User, bob: User, browse: Browse, mailoutbox: list[Any]
) -> None:
    User.objects.filter(pk=bob.pk).update(email="Bob@People.Example")
    invite(vendor_a, alice, to="bob@people.example", role="viewer")
    link = link_of(mailoutbox)
    page = text_of(Client().get(link))
    assert "Log in to accept the invitation" in page
    assert 'name="new_password1"' not in page
    assert Client().post(link, chosen()).status_code == 200  # makes no second account
    assert User.objects.count() == 2
    login = re.search(r'href="(/login/\?next=[^"]+)"', page)
    assert login
    answer = Client().post(
        login[1], {"username": "bob", "password": PASSWORD, "next": link}, follow=True
    )
    assert "Accept invitation" in text_of(answer)
    assert 'id="other-address"' not in text_of(answer)
    client = browse(bob)
    assert "Welcome to Clicky Peripherals" in text_of(client.post(link, follow=True))
    assert client.post(link, follow=True).redirect_chain == [("/", 302)]
    assert {one.vendor_id: one.role for one in bob.memberships.all()} == {
        "VEND001": "viewer",
        "VEND002": "owner",
    }
    assert access_of(User.objects.get(pk=bob.pk)).vendor_id == "VEND001"  # works for it at once


@pytest.fixture
def known(request: pytest.FixtureRequest) -> Callable[[str], User]:
    """Makes a person of tests/conftest.py."""
    return request.getfixturevalue


def test_a_forwarded_invitation_says_to_whom_it_was_sent(
    vendor_a: Vendor, known: Callable[[str], User], browse: Browse, mailoutbox: list[Any]
) -> None:
    bob = known("bob")
    invite(vendor_a, known("alice"))
    link = link_of(mailoutbox)
    page = text_of(browse(bob).get(link))
    assert "was sent to new@people.example" in page
    assert "bob@people.example becomes the member" in page
    for name, reason in (("staff", "one of our staff"), ("adam", "already a member")):
        answer = browse(known(name)).post(link)
        assert (answer.status_code, reason in text_of(answer)) == (409, True)
    assert Invitation.objects.get().outcome == "open"
    browse(bob).post(link)
    assert Invitation.objects.get().accepted_by == bob


def test_a_link_dies_with_revocation_replacement_expiry_and_deactivation(
    vendor_a: Vendor, alice: User, mailoutbox: list[Any]
) -> None:
    first = invite(vendor_a, alice)
    links = [link_of(mailoutbox)]
    second = invitations.invite_again(first, by=alice)
    links.append(link_of(mailoutbox))
    assert second.pk != first.pk
    assert invitations.revoke(second)
    assert not invitations.revoke(second)
    third = invite(vendor_a, alice)
    links.append(link_of(mailoutbox))
    Invitation.objects.filter(pk=third.pk).update(expires_at=now())
    for link, words in zip(links, ("newer one", "newer one", "works for 7 days"), strict=True):
        for answer in (Client().get(link), Client().post(link, chosen())):
            assert (answer.status_code, words in text_of(answer)) == (410, True)
    invite(vendor_a, alice)
    links.append(link_of(mailoutbox))
    assert Client().get(links[-1]).status_code == 200
    vendor_state.set_active(vendor_a.pk, is_active=False)
    assert Client().post(links[-1], chosen()).status_code == 410
    vendor_state.set_active(vendor_a.pk, is_active=True)
    assert Client().get(links[-1]).status_code == 410
    assert Client().get(links[-1][:-2] + "x/").status_code == 404
    assert not User.objects.filter(email=NEW).exists()


def test_who_can_be_invited_and_how_often(
    vendor_a: Vendor, vendor_b: Vendor, alice: User, adam: User, mailoutbox: list[Any]
) -> None:
    with pytest.raises(invitations.CannotInvite, match="already a member, as owner"):
        invite(vendor_a, alice, to="ADAM@people.example")
    with pytest.raises(invitations.CannotInvite, match="150 characters"):
        invite(vendor_a, alice, to="x" * 140 + "@people.example")
    first = invite(vendor_a, alice)
    assert invite(vendor_a, alice).pk == first.pk  # a double click
    changed = invite(vendor_a, alice, role="viewer")
    assert changed.pk != first.pk
    send_due()
    assert [mail.to for mail in mailoutbox] == [[NEW]]  # of the first, nothing
    first.refresh_from_db()
    assert (first.state, first.outcome) == (State.FAILED, "revoked")
    for number in range(invitations.LIMIT.most - 2):
        invite(vendor_a, alice, to=f"{number}@people.example")
    with pytest.raises(invitations.CannotInvite, match="within an hour"):
        invite(vendor_a, alice, to="more@people.example")
    invite(vendor_b, alice, to="more@people.example")
    Vendor.objects.filter(pk=vendor_b.pk).update(is_active=False)
    with pytest.raises(invitations.CannotInvite, match="not active"):
        invite(vendor_b, alice)


def test_an_email_that_comes_back_is_seen_by_who_invited(
    vendor_a: Vendor, alice: User, browse: Browse, mailoutbox: list[Any]
) -> None:
    invite(vendor_a, alice)
    send_due()
    Invitation.objects.update(message_id="m-1")
    apply(MailEvent("Bounce", "m-1", now(), 0, 0, reason="no such mailbox"))
    found = Invitation.objects.get()
    assert (found.state, found.last_error) == (State.BOUNCED, "Bounced: no such mailbox")
    assert "Not delivered" in text_of(browse(alice).get("/team/"))


def test_a_worker_that_was_lost_is_followed_by_another_and_then_by_none(
    vendor_a: Vendor, alice: User, mailoutbox: list[Any]
) -> None:
    invite(vendor_a, alice)
    lost = sending.claim(Invitation)
    assert lost is not None
    Invitation.objects.update(next_attempt_at=now())
    assert sending.send_next(Invitation)
    with pytest.raises(Fenced):
        sending.attempt(lost)  # it sends a second email, and changes nothing
    assert Invitation.objects.get().state == State.SENT
    again = invitations.invite_again(Invitation.objects.get(), by=alice)
    Invitation.objects.filter(pk=again.pk).update(
        state=State.SENDING, next_attempt_at=now(), tried_until=now() - timedelta(seconds=1)
    )
    assert not sending.send_next(Invitation)
    assert Invitation.objects.get(pk=again.pk).state == State.UNKNOWN


def test_old_invitations_are_deleted_and_open_ones_are_not(vendor_a: Vendor, alice: User) -> None:
    invite(vendor_a, alice)
    old = invite(vendor_a, alice, to="old@people.example")
    Invitation.objects.filter(pk=old.pk).update(
        expires_at=now() - invitations.KEPT - timedelta(days=1), next_attempt_at=None
    )
    assert invitations.delete_old() == 1
    assert Invitation.objects.get().to == NEW


At = Callable[[Callable[[], Any], Callable[[], Any]], list[Any]]


@pytest.fixture
def at_once() -> Iterator[At]:
    """Does two things at the same time, in two sessions; returns results and errors."""
    start = Barrier(2)

    def one(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        yield lambda *works: [*pool.map(one, works)]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(
    vendor_a: Vendor, alice: User, adam: User, bob: User, at_once: At
) -> None:
    invited = at_once(lambda: invite(vendor_a, alice), lambda: invite(vendor_a, adam))
    assert invited[0].pk == invited[1].pk

    def become() -> User:
        return invitations.accept_as_new(invited[0], name="Nia", password=PASSWORD)

    made = at_once(become, become)
    assert sorted(type(each).__name__ for each in made) == ["NotOpen", "User"]
    assert Member.objects.filter(user__email=NEW).count() == 1

    mine, his = alice.memberships.get(), adam.memberships.get()
    Member.objects.filter(user__email=NEW).delete()
    ended = at_once(lambda: team.remove(his, by=alice), lambda: team.change_role(mine, "viewer"))
    assert sorted(map(str, map(type, ended))) == sorted(map(str, [bool, team.LastOwner]))
    owners = Member.objects.filter(vendor=vendor_a, role="owner", user__is_active=True)
    assert owners.count() == 1


def test_an_owner_who_cannot_log_in_does_not_count(
    vendor_a: Vendor, alice: User, adam: User
) -> None:
    User.objects.filter(pk=adam.pk).update(is_active=False)
    with pytest.raises(team.LastOwner):
        team.remove(alice.memberships.get(), by=alice)
    with pytest.raises(team.LastOwner):
        team.change_role(alice.memberships.get(), "uploader")


def test_with_a_member_go_the_tokens_for_that_vendor_only(
    vendor_a: Vendor, vendor_b: Vendor, alice: User, adam: User
) -> None:
    Member.objects.create(user=adam, vendor=vendor_b)
    life = timedelta(days=1)
    for vendor in (vendor_a, vendor_b):
        tokens.create(vendor=vendor, name="t", scopes=tokens.SCOPES, life=life, by=adam)
    his = adam.memberships.get(vendor=vendor_a)
    assert team.remove(his, by=alice)
    assert not team.remove(his, by=alice)
    assert {each.vendor_id: each.revoked_by for each in ApiToken.objects.all()} == {
        "VEND001": alice,
        "VEND002": None,
    }


def test_two_hundred_members_are_shown_with_as_many_queries_as_two(
    vendor_a: Vendor, alice: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    people = User.objects.bulk_create(
        User(username=f"p{n}", email=f"p{n}@x.example") for n in range(200)
    )
    Member.objects.bulk_create(Member(user=each, vendor=vendor_a) for each in people)
    client = browse(alice)
    with django_assert_max_num_queries(6):
        assert text_of(client.get("/team/")).count("data-member=") == 201


def test_a_deactivation_emails_each_person_once_and_the_way_back_too(
    vendor_a: Vendor, alice: User, adam: User, mailoutbox: list[Any], browse: Browse
) -> None:
    gone = person("gone", vendor_a)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    User.objects.filter(pk=adam.pk).update(email="Imports@Clicky.example")  # the contact's, too
    assert vendor_state.set_active(vendor_a.pk, is_active=False)
    assert not vendor_state.set_active(vendor_a.pk, is_active=False)
    send_due()
    assert sorted(mail.to[0] for mail in mailoutbox) == [
        "alice@people.example",
        "imports@clicky.example",
    ]
    assert {mail.subject for mail in mailoutbox} == {
        "Your vendor account Clicky Peripherals was deactivated"
    }
    assert "stay in the catalog" in mailoutbox[0].body
    for path in ("/", "/uploads/", "/account/", "/team/", "/uploads/new/"):
        page = text_of(browse(alice).get(path))
        assert 'id="inactive-vendor"' in page
        assert "was deactivated on" in page
    assert vendor_state.set_active(vendor_a.pk, is_active=True)
    send_due()
    assert [mail.subject for mail in mailoutbox[2:]] == [
        "Your vendor account Clicky Peripherals is active again"
    ] * 2
    assert 'id="inactive-vendor"' not in text_of(browse(alice).get("/"))
