"""The admin's one door and its content policy."""

import pytest
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from catalog.models import Product
from imports.admin.navigation import sidebar
from tests.admin.conftest import World, list_of, page_of
from tests.conftest import PASSWORD

POLICY = "Content-Security-Policy"


def test_the_admin_has_no_login_of_its_own_to_guess_at(client: Client, admin: User) -> None:
    answer = client.post(
        "/admin/login/?next=/admin/imports/upload/", {"username": "admin", "password": PASSWORD}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/admin/imports/upload/"
    assert "_auth_user_id" not in client.session


def test_the_portals_login_leads_back_and_is_throttled(client: Client, admin: User) -> None:
    form = {"username": "admin", "password": PASSWORD}
    answer = client.post("/login/?next=/admin/imports/upload/", form)
    assert answer["Location"] == "/admin/imports/upload/"
    client.logout()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post("/login/?next=/admin/", {**form, "password": "wrong"})
    client.post("/login/?next=/admin/", form)
    assert client.get("/admin/").status_code == 302


def test_people_without_a_staff_account_are_told_so_and_not_sent_in_circles(
    client: Client, alice: User
) -> None:
    client.force_login(alice)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert len(answer.redirect_chain) == 1


def test_who_is_logged_in_goes_on_to_the_dashboard(as_reviewer: Client) -> None:
    assert as_reviewer.get("/admin/login/")["Location"] == "/admin/"


def directives(header: str) -> dict[str, set[str]]:
    parts = (part.split() for part in header.split(";"))
    return {name: set(values) for name, *values in parts}


def test_every_page_of_the_admin_carries_the_admins_policy(as_admin: Client, world: World) -> None:
    expected = {
        name: set(values) for name, values in settings.ADMIN_CONTENT_SECURITY_POLICY.items()
    }
    rows = (world.upload, world.product, world.mail, world.category)
    for address in ("/admin/", *map(list_of, rows), *map(page_of, rows)):
        assert directives(as_admin.get(address)[POLICY]) == expected, address


def test_the_policy_loads_nothing_from_elsewhere_and_runs_nothing_inline() -> None:
    policy = settings.ADMIN_CONTENT_SECURITY_POLICY
    assert "'unsafe-inline'" not in policy["script-src"]
    sources = {source for values in policy.values() for source in values}
    assert sources <= {"'none'", "'self'", "data:", "'unsafe-eval'", "'unsafe-inline'"}


@pytest.mark.parametrize("address", ["/login/", "/admin/no-such-page/", "/admin/login/"])
def test_whatever_is_not_a_page_of_the_admin_has_the_portals_policy(
    client: Client, staff: User, address: str
) -> None:
    client.force_login(staff)
    header = client.get(address).headers.get(POLICY, "")
    assert "unsafe" not in header
    assert "script-src 'self'" in header


def test_the_side_bar_leads_to_each_page_once(admin: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = admin
    titles = [item["title"] for group in sidebar(request) for item in group["items"]]
    assert "Upload file" in titles
    assert sorted(set(titles)) == sorted(titles)


def test_the_list_of_apps_is_built_for_its_own_page_only(
    as_reviewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = as_reviewer.get("/admin/catalog/").content.decode()
    assert f'href="{list_of(Product)}"' in page

    def build(*_: object) -> None:
        raise AssertionError("the list is not needed")

    monkeypatch.setattr(AdminSite, "_build_app_dict", build)
    for address in ("/admin/", list_of(Product), "/admin/troubleshooting/"):
        assert as_reviewer.get(address).status_code == 200


def test_the_page_to_change_ones_password_is_called_as_in_the_menu(as_reviewer: Client) -> None:
    page = as_reviewer.get("/admin/password_change/").content.decode()
    assert page.count("Change password") > 1
    assert "Password change" not in page
