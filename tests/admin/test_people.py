"""Vendors, members and users: who may set them up, and which rights users cannot take."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from imports.models import Invitation
from tests.admin.conftest import list_of, make_product, page_of
from tests.conftest import send_due
from vendors import tokens
from vendors.models import ApiToken, Member, Vendor

MEMBERS = {"members-INITIAL_FORMS": "0", "members-MIN_NUM_FORMS": "0", "members-TOTAL_FORMS": "0"}
FORM = {"name": "Clicky", "contact_email": "", "is_active": "on", "invite_as": "owner"}


def members_form(*rows: tuple[Member, dict[str, str]]) -> dict[str, object]:
    """The inline rows of these members, changed."""
    filled: dict[str, object] = {**MEMBERS, "members-INITIAL_FORMS": len(rows)}
    filled["members-TOTAL_FORMS"] = len(rows)
    for number, (member, changed) in enumerate(rows):
        values = {
            "id": member.pk,
            "vendor": member.vendor_id,
            "user": member.user_id,
            "role": member.role,
            **changed,
        }
        filled |= {f"members-{number}-{name}": value for name, value in values.items()}
    return filled


def test_a_vendor_is_set_up_with_an_id_and_one_address(
    as_admin: Client, mailoutbox: list[Any]
) -> None:
    form = {"vendor_id": "VEND009", "name": "New", "owner": "Nia@New.example"}
    assert as_admin.post(list_of(Vendor, "add"), form).status_code == 302
    send_due()
    [mail] = mailoutbox
    assert (mail.to, "You’re invited to join New" in mail.body) == (["nia@new.example"], True)
    vendor = Vendor.objects.get(pk="VEND009")
    assert vendor.contact_email == "nia@new.example"
    assert vendor.invitations.get().role == "owner"
    page = as_admin.get(page_of(vendor)).content.decode()
    assert "nia@new.example, as owner: invited, email sent" in page
    assert (
        as_admin.post(list_of(Vendor, "add"), {**form, "vendor_id": "X", "owner": "no"}).status_code
        == 200
    )
    assert Vendor.objects.count() == 1


def test_a_vendors_id_stays_and_its_page_invites(
    as_admin: Client, vendor_a: Vendor, adam: User
) -> None:
    hidden = members_form((adam.memberships.get(), {}))
    invite = {"invite": "new@people.example", "invite_as": "viewer"}
    as_admin.post(page_of(vendor_a), {**FORM, **hidden, "vendor_id": "OTHER", **invite})
    assert [(v.pk, v.name) for v in Vendor.objects.all()] == [("VEND001", "Clicky")]
    invited = Invitation.objects.get()
    assert (invited.to, invited.role) == ("new@people.example", "viewer")
    answer = as_admin.post(page_of(vendor_a), {**FORM, **hidden, "invite": adam.email}, follow=True)
    assert "is already a member, as owner" in answer.content.decode()
    chosen = {"action": "revoke_selected", "_selected_action": [invited.pk]}
    assert (
        "1 invitation revoked"
        in as_admin.post(list_of(Invitation), chosen, follow=True).content.decode()
    )
    assert Invitation.objects.get().outcome == "revoked"


def test_staff_change_members_as_owners_do(
    as_admin: Client, vendor_a: Vendor, alice: User, adam: User, admin: User
) -> None:
    own, other = alice.memberships.get(), adam.memberships.get()
    life = timedelta(days=1)
    tokens.create(vendor=vendor_a, name="t", scopes=tokens.SCOPES, life=life, by=adam)
    both_gone = members_form((own, {"role": "viewer"}), (other, {"DELETE": "on"}))
    answer = as_admin.post(page_of(vendor_a), {**FORM, **both_gone})
    assert "A vendor needs an owner" in answer.content.decode()
    swapped = members_form((own, {"user": str(admin.pk)}), (other, {}))
    assert as_admin.post(page_of(vendor_a), {**FORM, **swapped}).status_code == 200
    gone = members_form((own, {}), (other, {"DELETE": "on"}))
    assert as_admin.post(page_of(vendor_a), {**FORM, **gone}).status_code == 302
    assert [one.user for one in vendor_a.members.all()] == [alice]
    assert ApiToken.objects.get().revoked_by == admin


def test_a_deactivation_says_what_follows_and_needs_a_confirmation(
    as_admin: Client, vendor_a: Vendor, adam: User, mailoutbox: list[Any]
) -> None:
    make_product(vendor_a, 1)
    hidden = members_form((adam.memberships.get(), {}))
    page = as_admin.get(page_of(vendor_a)).content.decode()
    assert "1 product stays in the catalog" in page
    assert "1 member sees a notice" in page
    off = {**FORM, **hidden}
    del off["is_active"]
    answer = as_admin.post(page_of(vendor_a), off)
    assert "and confirm it" in answer.content.decode()
    assert "1 member sees a notice" in answer.content.decode()
    for _ in range(2):  # saved twice
        assert as_admin.post(page_of(vendor_a), {**off, "sure": "on"}).status_code == 302
    vendor_a.refresh_from_db()
    assert (vendor_a.is_active, vendor_a.deactivated_at is not None) == (False, True)
    send_due()
    assert [mail.to for mail in mailoutbox] == [[adam.email]]
    assert as_admin.post(page_of(vendor_a), {**FORM, **hidden}).status_code == 302
    vendor_a.refresh_from_db()
    assert (vendor_a.is_active, vendor_a.deactivated_at) == (True, None)


def test_people_are_deactivated_not_deleted_because_their_record_stays(
    as_admin: Client, reviewer: User
) -> None:
    assert as_admin.post(page_of(reviewer, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [reviewer.pk], "post": "yes"}
    as_admin.post(list_of(User), chosen)
    assert User.objects.filter(pk=reviewer.pk).exists()


@pytest.fixture
def clerk(staff: User, client: Client) -> User:
    """Staff who may edit users, and nothing else."""
    for name in ("view_user", "add_user", "change_user", "delete_user"):
        staff.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(staff)
    return staff


def test_who_may_edit_users_cannot_give_rights(client: Client, clerk: User, alice: User) -> None:
    form = {
        "username": "alice",
        "email": "new@people.example",
        "is_active": "on",
        "date_joined_0": "2026-11-20",
        "date_joined_1": "10:00:00",
        "last_login_0": "",
        "last_login_1": "",
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [Group.objects.get(name="Reviewers").pk],
        "user_permissions": [Permission.objects.get(codename="act_on_upload").pk],
    }
    assert client.post(page_of(alice), form).status_code == 302
    alice = User.objects.get(pk=alice.pk)
    assert alice.email == "new@people.example"
    assert not alice.is_staff
    assert not alice.is_superuser
    assert not alice.groups.exists()
    assert not alice.user_permissions.exists()


def test_who_may_edit_users_cannot_take_over_staff(
    client: Client, clerk: User, admin: User, reviewer: User
) -> None:
    for person in (admin, reviewer, clerk):
        assert client.post(page_of(person), {"username": "x"}).status_code == 403
        assert client.get(f"/admin/auth/user/{person.pk}/password/").status_code == 403
        assert client.post(page_of(person, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [admin.pk], "post": "yes"}
    client.post(list_of(User), chosen)
    assert User.objects.filter(pk=admin.pk).exists()


def test_an_admin_ends_a_lock_before_its_time(as_admin: Client, db: None) -> None:
    client = Client()
    for _ in range(5):
        client.post("/login/", {"username": "alice", "password": "wrong"})
    attempt = AccessAttempt.objects.get()
    html = as_admin.get(list_of(AccessAttempt)).content.decode()
    assert "alice" in html
    as_admin.post(page_of(attempt, "delete"), {"post": "yes"})
    assert not AccessAttempt.objects.exists()


def two_step(user: User) -> None:
    """Gives them an app and recovery codes."""
    for kind, data in (("totp", {"secret": "s"}), ("recovery_codes", {"seed": "s"})):
        Authenticator.objects.create(user=user, type=kind, data=data)


def test_superusers_reset_two_step_login_which_is_recorded_and_emailed(
    as_admin: Client, alice: User, bob: User, admin: User, mailoutbox: list[Any]
) -> None:
    two_step(alice)
    assert "TOTP Authenticator (" in as_admin.get(page_of(alice)).content.decode()
    form = {"action": "reset_two_step", "_selected_action": [alice.pk, bob.pk]}
    page = as_admin.post(list_of(alice), form, follow=True).content.decode()
    assert "Two-step login of 1 user reset." in page
    assert not Authenticator.objects.exists()
    [mail] = mailoutbox
    assert mail.to == ["alice@people.example"]
    assert "Our staff removed your authenticator app" in mail.body
    [entry] = LogEntry.objects.filter(user=admin)
    assert (entry.object_repr, entry.get_change_message()) == ("alice", "Two-step login reset")


def test_others_cannot_reset_two_step_login(client: Client, staff: User, alice: User) -> None:
    staff.user_permissions.add(*Permission.objects.filter(content_type__model="user"))
    two_step(alice)
    client.force_login(staff)
    assert client.get(list_of(alice)).status_code == 200
    client.post(list_of(alice), {"action": "reset_two_step", "_selected_action": alice.pk})
    assert Authenticator.objects.count() == 2
