"""The groups of staff: what they may do, and what a migration leaves alone."""

import logging
import re
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from imports.migrations._staff_groups import log, permissions
from tests.admin.conftest import World, page_of
from tests.docs.pages import ROOT, section, table

ROLES = ("Reviewers", "Viewers")
MIGRATIONS = [
    import_module(f"imports.migrations.{name}")
    for name in ("0034_roles_of_staff", "0037_approvals_of_others")
]
of_each_migration = pytest.mark.parametrize(
    "migration", MIGRATIONS, ids=lambda migration: migration.__name__[-20:]
)

pytestmark = pytest.mark.django_db


def permissions_of(group: str) -> set[str]:
    found = Permission.objects.filter(group__name=group).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in found}


@pytest.mark.parametrize("role", ROLES)
def test_the_table_of_roles_says_what_the_database_holds(role: str) -> None:
    documented = set()
    for row in table(section(ROOT / "docs" / "operate.md", "Roles of staff")):
        (label, model) = re.findall(r"\(`(\w+)\.(\w+)`\)", row[0])[0]
        verbs = row[1 + ROLES.index(role)].split(", ")
        documented |= {f"{label}.{verb}_{model}" for verb in verbs}
    assert documented == permissions_of(role)


def test_groups_that_are_as_they_were_get_their_rights_once() -> None:
    wanted = {role: permissions_of(role) for role in ROLES}
    reviewers = Group.objects.get(name="Reviewers")
    reviewers.permissions.set(permissions(apps, MIGRATIONS[0].BEFORE))
    Group.objects.get(name="Viewers").delete()
    for migration in MIGRATIONS:
        migration.fill(apps, None)
    assert {role: permissions_of(role) for role in ROLES} == wanted
    for migration in MIGRATIONS:
        migration.fill(apps, None)
    assert {role: permissions_of(role) for role in ROLES} == wanted


@of_each_migration
@pytest.mark.parametrize("change", ["added", "removed", "deleted"])
def test_a_group_that_an_operator_has_changed_stays_as_it_is(
    change: str, migration: Any, caplog: pytest.LogCaptureFixture
) -> None:
    reviewers = Group.objects.get(name="Reviewers")
    reviewers.permissions.set(permissions(apps, migration.BEFORE))
    match change:
        case "added":
            reviewers.permissions.add(Permission.objects.get(codename="view_metric"))
        case "removed":
            reviewers.permissions.remove(Permission.objects.get(codename="act_on_upload"))
        case "deleted":
            reviewers.delete()
    Group.objects.get(name="Viewers").permissions.clear()
    before = {role: permissions_of(role) for role in ROLES}
    with caplog.at_level(logging.WARNING, log.name):
        migration.fill(apps, None)
    assert {role: permissions_of(role) for role in ROLES} == before
    assert "docs/operate.md" in caplog.text
    assert Group.objects.filter(name="Reviewers").exists() == (change != "deleted")


def test_reviewers_edit_and_deactivate_people_and_take_over_none(
    as_reviewer: Client, world: World, admin: User
) -> None:
    person = world.user
    own = {"first_name": "Alice", "last_name": "Lee", "email": "new@people.example"}
    rights = {"is_staff": "on", "is_superuser": "on", "username": "root", "password": "x"}
    assert as_reviewer.post(page_of(person), {**own, **rights}).status_code == 302
    before, person = person, User.objects.get(pk=person.pk)
    assert (person.get_full_name(), person.email) == ("Alice Lee", "new@people.example")
    assert not person.is_active
    for field in ("is_staff", "is_superuser", "username", "password"):
        assert getattr(person, field) == getattr(before, field)
    for user in (person, admin):
        address = f"/admin/auth/user/{user.pk}/password/"
        assert as_reviewer.get(address).status_code == 403
        assert as_reviewer.post(address, {"password1": "p" * 20}).status_code == 403
    assert as_reviewer.post(page_of(admin), own).status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_no_hash_of_a_password_is_shown(
    client: Client, world: World, admin: User, role: str
) -> None:
    someone = User.objects.create_user("someone", is_staff=True)
    someone.groups.add(Group.objects.get(name=role))
    client.force_login(someone)
    for user in (world.user, admin):
        page = client.get(page_of(user)).content.decode()
        assert user.email in page
        assert user.password not in page
        assert user.password.split("$")[0] + "$" not in page
