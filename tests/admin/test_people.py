"""Vendors, members and users: who may set them up, and which rights users cannot take."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from tests.admin.conftest import list_of, page_of
from vendors.models import Member, Vendor

MEMBERS = {"members-INITIAL_FORMS": "0", "members-MIN_NUM_FORMS": "0"}


def test_a_vendor_is_set_up_with_its_members(as_admin: Client, bob: User) -> None:
    Member.objects.all().delete()
    form = {"vendor_id": "VEND009", "name": "New", "contact_email": "", "is_active": "on"}
    member = {**MEMBERS, "members-TOTAL_FORMS": "1", "members-0-user": bob.pk}
    answer = as_admin.post(list_of(Vendor, "add"), {**form, **member})
    assert answer.status_code == 302
    assert Member.objects.get().vendor == Vendor.objects.get(pk="VEND009")


def test_a_vendors_id_stays(as_admin: Client, vendor_a: Vendor) -> None:
    form = {"vendor_id": "OTHER", "name": "Renamed", "contact_email": "", "is_active": "on"}
    as_admin.post(page_of(vendor_a), {**form, **MEMBERS, "members-TOTAL_FORMS": "0"})
    assert [(v.pk, v.name) for v in Vendor.objects.all()] == [("VEND001", "Renamed")]


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
