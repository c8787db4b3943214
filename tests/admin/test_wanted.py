"""Wanted categories in the admin: counts by name, and decisions."""

from collections.abc import Iterable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.category_names import comparable
from catalog.models import Category
from imports.models import CategoryRequest, Upload
from tests.admin.conftest import SCRIPT, list_of, make_error, make_upload, page_of
from vendors.models import Vendor

pytestmark = pytest.mark.django_db


def upload_with(number: int, vendor: Vendor, cells: Iterable[str]) -> Upload:
    upload = make_upload(f"UPLOAD_{number}", vendor, file_name=f"{number}.csv")
    for row, cell in enumerate(cells, 2):
        make_error(upload, row, column_name="category", error_type="INVALID_CATEGORY", cell=cell)
    return upload


def wants(upload: Upload, name: str, **values: object) -> CategoryRequest:
    known = {"vendor": upload.vendor, "upload": upload, "name": name, "compared": comparable(name)}
    return CategoryRequest.objects.create(**{**known, **values})


@pytest.fixture
def toys(vendor_a: Vendor, vendor_b: Vendor, alice: User) -> CategoryRequest:
    """What two vendors want: 5 rows wait."""
    cells = ["Toys", "TOYS", "Pets", "Toys"]
    first = wants(upload_with(1, vendor_a, cells), "Toys", asked_by=alice)
    wants(upload_with(2, vendor_b, ["toys", "toys"]), "toys")
    return first


def decide(client: Client, wanted: CategoryRequest, **sent: str) -> int:
    address = reverse("admin:imports_categoryrequest_decide", args=[wanted.pk])
    return client.post(address, sent).status_code


def test_names_are_listed_once_with_their_counts(as_admin: Client, toys: CategoryRequest) -> None:
    wants(toys.upload, "Pets")
    answer = as_admin.get(list_of(CategoryRequest))
    shown = {each.name: each for each in answer.context["cl"].result_list}
    assert {name: sum(w.rows for w in each.waiting) for name, each in shown.items()} == {
        "Toys": 5,
        "Pets": 1,
    }
    page = answer.content.decode()
    assert "of 2 vendors" in page
    assert "2 open" in page


def test_the_page_of_a_name(as_admin: Client, toys: CategoryRequest) -> None:
    page = as_admin.get(page_of(toys)).content.decode()
    assert "5 rows waiting" in page
    assert "VEND001: 3 rows" in page
    assert "Garden &amp; Grove (VEND002)" in page
    assert "Approve category" in page


def test_approving_a_name_decides_it_for_all(
    as_admin: Client, toys: CategoryRequest, admin: User
) -> None:
    assert decide(as_admin, toys, decision="approve", name="TOYS") == 302
    assert Category.objects.get().name == "TOYS"
    assert set(CategoryRequest.objects.values_list("state", "decided_by")) == {
        ("approved", admin.pk)
    }
    assert LogEntry.objects.get().get_change_message() == "Approved: TOYS"
    assert "Approve category" not in as_admin.get(page_of(toys)).content.decode()
    assert len(as_admin.get(list_of(CategoryRequest)).context["cl"].result_list) == 1


def test_mapping_and_declining(as_admin: Client, toys: CategoryRequest) -> None:
    Category.objects.create(name="Games")
    assert decide(as_admin, toys, decision="map", category="Nothing") == 404
    assert decide(as_admin, toys, decision="map", category="Games") == 302
    assert set(CategoryRequest.objects.values_list("state", "category__name")) == {
        ("mapped", "Games")
    }
    pets = wants(toys.upload, "Pets")
    assert decide(as_admin, pets, decision="decline", note="") == 302
    pets.refresh_from_db()
    assert pets.is_open
    decide(as_admin, pets, decision="decline", note="Not sold here.")
    pets.refresh_from_db()
    assert (pets.state, pets.note) == ("declined", "Not sold here.")
    assert decide(as_admin, pets, decision="other") == 404
    assert decide(as_admin, pets, decision="approve", name="Pets") == 302
    pets.refresh_from_db()
    assert pets.state == "declined", "the first decision counts"


def test_names_are_approved_in_bulk(as_admin: Client, toys: CategoryRequest) -> None:
    pets = wants(toys.upload, "Pets")
    chosen = {"action": "approve_selected", "_selected_action": [toys.pk, pets.pk]}
    page = as_admin.post(list_of(CategoryRequest), chosen, follow=True).content.decode()
    assert "Approved 2 categories" in page
    assert sorted(Category.approved_names()) == ["Pets", "Toys"]


def test_decided_ones_are_found_by_their_state(as_admin: Client, toys: CategoryRequest) -> None:
    pets = wants(toys.upload, "Pets")
    decide(as_admin, pets, decision="decline", note="No.")
    for query, names in (("declined", ["Pets"]), ("open", ["Toys"]), ("mapped", [])):
        answer = as_admin.get(f"{list_of(CategoryRequest)}?state={query}")
        assert [each.name for each in answer.context["cl"].result_list] == names, query


def test_only_those_who_may_change_categories_decide(
    as_viewer: Client, toys: CategoryRequest
) -> None:
    assert "Approve category" not in as_viewer.get(page_of(toys)).content.decode()
    assert decide(as_viewer, toys, decision="approve", name="Toys") == 403
    chosen = {"action": "approve_selected", "_selected_action": [toys.pk]}
    as_viewer.post(list_of(CategoryRequest), chosen)
    toys.refresh_from_db()
    assert toys.is_open

    viewers = Group.objects.get(name="Viewers")
    viewers.permissions.add(Permission.objects.get(codename="change_category"))
    assert decide(as_viewer, toys, decision="approve", name="Toys") == 302
    assert Category.objects.exists()


def test_staff_without_permissions_see_nothing(
    client: Client, toys: CategoryRequest, staff: User
) -> None:
    client.force_login(staff)
    assert client.get(list_of(CategoryRequest)).status_code == 403
    assert decide(client, toys, decision="approve", name="Toys") == 403


def test_texts_of_vendors_are_escaped(as_admin: Client, vendor_a: Vendor) -> None:
    wanted = wants(upload_with(1, vendor_a, [SCRIPT]), SCRIPT)
    for address in (list_of(wanted), page_of(wanted)):
        page = as_admin.get(address).content.decode()
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_a_thousand_requests_take_few_queries(
    as_admin: Client, vendor_a: Vendor, toys: CategoryRequest
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert as_admin.get(list_of(CategoryRequest)).status_code == 200
        return len(counted)

    queries()
    few = queries()
    upload = upload_with(3, vendor_a, [f"Name {n}" for n in range(1_000)])
    CategoryRequest.objects.bulk_create(
        CategoryRequest(vendor=vendor_a, upload=upload, name=f"Name {n}", compared=f"name {n}")
        for n in range(1_000)
    )
    assert queries() == few
