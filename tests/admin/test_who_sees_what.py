"""Every page of the admin, asked for by everybody."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.admin.conftest import World, list_of, page_of
from vendors.access import ACT_ON_UPLOADS, VIEW_UPLOADS

STAFF_SEE = [
    "upload",
    "held",
    "error",
    "mail",
    "action",
    "alarm",
    "schedule",
    "product",
    "category",
    "wanted",
    "vendor",
    "user",
    "token",
    "webhook",
    "delivery",
    "invitation",
    "notice",
    "digest",
]
ADMINS_ONLY = ["customer", "metric", "group", "entry", "failed_login"]
REVIEWERS_ADD = ["schedule", "category", "vendor"]
REVIEWERS_CHANGE = [*REVIEWERS_ADD, "product", "user"]
REVIEWERS_DELETE = ["schedule"]
ROLES = ["as_reviewer", "as_viewer"]
ROWS = [*STAFF_SEE, *ADMINS_ONLY]
CAN_BE_ADDED = ["schedule", "category", "vendor", "user", "group"]
CAN_BE_DELETED = ["schedule", "category", "group", "failed_login"]


def pages(world: World, name: str) -> list[str]:
    row = getattr(world, name)
    return [list_of(row), page_of(row), page_of(row, "history")]


def forms(world: World, name: str) -> list[str]:
    row = getattr(world, name)
    return [list_of(row, "add"), page_of(row, "delete")]


def more_pages(world: World) -> list[str]:
    return [
        page_of(world.upload, "progress"),
        page_of(world.vendor, "overview"),
        reverse("admin:find"),
        reverse("admin:imports_upload_export"),
        reverse("admin:catalog_product_export"),
    ]


def all_addresses(world: World) -> list[str]:
    site = ["index", "system", "password_change", "jsi18n", "autocomplete", "search"]
    upload = [page_of(world.upload, page) for page in ("report", "source")]
    return [
        *(reverse(f"admin:{name}") for name in site),
        *(address for name in ROWS for address in pages(world, name) + forms(world, name)),
        *upload,
        *more_pages(world),
        page_of(world.upload, "retry"),
        page_of(world.upload, "cancel"),
        page_of(world.alarm, "close"),
        page_of(world.schedule, "import_now"),
        page_of(world.wanted, "decide"),
        page_of(world.held, "decide"),
    ]


def test_the_world_has_one_of_every_registered_model(world: World) -> None:
    assert {type(getattr(world, name)) for name in ROWS} == set(admin.site._registry)


def test_strangers_are_sent_to_the_portals_login(client: Client, world: World) -> None:
    for address in all_addresses(world):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"] == f"/admin/login/?next={answer.wsgi_request.get_full_path()}"
    answer = client.get("/admin/login/?next=/admin/imports/upload/")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/admin/imports/upload/"


def test_vendors_people_see_no_page_of_the_admin(
    client: Client, world: World, adam: User, bob: User
) -> None:
    for person in (adam, bob):
        client.force_login(person)
        for address in all_addresses(world):
            answer = client.get(address, follow=True)
            assert answer.status_code == 403, address
            assert world.upload.upload_id not in answer.content.decode()


def test_staff_without_a_right_see_an_empty_dashboard_and_nothing_else(
    client: Client, world: World, staff: User
) -> None:
    client.force_login(staff)
    answer = client.get("/admin/")
    assert answer.status_code == 200
    assert "Your account has no permissions" in answer.content.decode()
    assert world.upload.upload_id not in answer.content.decode()
    for name in ROWS:
        for address in pages(world, name) + forms(world, name):
            assert client.get(address).status_code == 403, address
    for page in ("report", "source"):
        assert client.get(page_of(world.upload, page)).status_code == 403
    for address in more_pages(world):
        assert client.get(address).status_code == 403, address
    for address in (
        page_of(world.upload, "retry"),
        page_of(world.upload, "cancel"),
        page_of(world.alarm, "close"),
        page_of(world.schedule, "import_now"),
        page_of(world.wanted, "decide"),
    ):
        assert client.post(address).status_code == 403
    world.alarm.refresh_from_db()
    assert world.alarm.closed_at is None


@pytest.mark.parametrize("role", ROLES)
def test_staff_see_the_pages_of_their_role(
    request: pytest.FixtureRequest, world: World, role: str
) -> None:
    client = request.getfixturevalue(role)
    for name in ROWS:
        expected = 200 if name in STAFF_SEE else 403
        for address in pages(world, name):
            assert client.get(address).status_code == expected, address
    for address in more_pages(world):
        wanted = 303 if address == reverse("admin:catalog_product_export") else 200
        assert client.get(address).status_code == wanted, address


@pytest.mark.parametrize("role", ROLES)
def test_staff_add_change_and_delete_what_their_role_may(
    request: pytest.FixtureRequest, world: World, role: str
) -> None:
    client = request.getfixturevalue(role)
    is_reviewer = role == "as_reviewer"
    for name in ROWS:
        row = getattr(world, name)
        add, delete = forms(world, name)
        for address, names in ((add, REVIEWERS_ADD), (delete, REVIEWERS_DELETE)):
            may = is_reviewer and name in names
            assert client.get(address).status_code == (200 if may else 403), address
            if not may:
                assert client.post(address, {"post": "yes"}).status_code == 403, address
        before = type(row).objects.filter(pk=row.pk).values().get()
        # A form that lacks fields is shown again where it may be sent, and changes nothing.
        answer = client.post(page_of(row), {"name": "", "category": "?", "email": "?"})
        may = is_reviewer and name in REVIEWERS_CHANGE
        assert answer.status_code == (200 if may else 403), name
        assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("role", ROLES)
def test_staff_act_as_their_role_may(
    request: pytest.FixtureRequest, world: World, role: str
) -> None:
    client = request.getfixturevalue(role)
    is_reviewer = role == "as_reviewer"
    for address in (
        page_of(world.upload, "retry"),
        page_of(world.alarm, "close"),
        page_of(world.schedule, "import_now"),
        page_of(world.mail, "send_again"),
    ):
        assert client.post(address).status_code == (302 if is_reviewer else 403), address
    decision = {"decision": "decline", "note": "Not sold here"}
    answer = client.post(page_of(world.wanted, "decide"), decision)
    assert answer.status_code == (302 if is_reviewer else 403)
    chosen = {"index": "0", "_selected_action": world.token.pk, "action": "revoke_selected"}
    client.post(list_of(world.token), chosen)
    world.token.refresh_from_db()
    assert (world.token.revoked_at is not None) == is_reviewer
    rows = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "Save"}
    client.post(list_of(world.category), {**rows, "form-0-category_id": world.category.pk})
    world.category.refresh_from_db()
    assert world.category.is_active == (not is_reviewer)


@pytest.mark.parametrize("name", ROWS)
def test_admins_look_at_everything(as_admin: Client, world: World, name: str) -> None:
    for address in pages(world, name):
        assert as_admin.get(address).status_code == 200, address


@pytest.mark.parametrize("name", ROWS)
def test_not_even_admins_add_or_delete_what_the_machine_owns(
    as_admin: Client, world: World, name: str
) -> None:
    add, delete = forms(world, name)
    assert as_admin.get(add).status_code == (200 if name in CAN_BE_ADDED else 403)
    assert as_admin.get(delete).status_code == (200 if name in CAN_BE_DELETED else 403)


@pytest.mark.parametrize(
    "name",
    [
        "upload",
        "error",
        "mail",
        "action",
        "alarm",
        "wanted",
        "customer",
        "metric",
        "entry",
        "failed_login",
        "webhook",
        "delivery",
    ],
)
def test_not_even_admins_change_what_the_machine_owns(
    as_admin: Client, world: World, name: str
) -> None:
    assert as_admin.post(page_of(getattr(world, name)), {"file_name": "x"}).status_code == 403


def test_an_id_that_nobody_has_is_not_an_error_of_ours(as_admin: Client, world: World) -> None:
    for name in ROWS:
        row = getattr(world, name)
        for page in ("change", "history"):
            address = page_of(row, page).replace(f"/{row.pk}/", "/no-such/")
            address = address.replace("UPLOAD_5F", "UPLOAD_5F9")
            assert as_admin.get(address).status_code in (200, 302, 404), address
    assert as_admin.post("/admin/imports/alarm/no-such/close/").status_code == 404
    for page in ("progress", "report", "source"):
        assert as_admin.get(f"/admin/imports/upload/no-such/{page}/").status_code == 404


def test_an_upload_is_found_by_its_id_as_people_write_it(as_admin: Client, world: World) -> None:
    """Django's admin reads `_22`, `_2F` and the like in an address as characters."""
    plain = f"/admin/imports/upload/{world.upload.upload_id}"
    assert as_admin.get(f"{plain}/change/").status_code == 200
    assert as_admin.get(f"{plain}/progress/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("right", [VIEW_UPLOADS, ACT_ON_UPLOADS])
def test_the_rights_of_staff_are_permissions_of_the_models(right: str) -> None:
    app, _, codename = right.partition(".")
    assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists()
