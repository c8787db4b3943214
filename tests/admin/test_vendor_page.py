"""The page of a vendor: what staff see of it at a glance, each number with its list."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from catalog.models import ProductChange
from imports.admin.vendors import vendor_page
from imports.models import CategoryRequest, HeldUpload, Notification, Schedule, WebhookEndpoint
from tests.admin.conftest import World, list_of, make_held, make_product, make_upload, page_of
from vendors.models import ApiToken, Member, Vendor

ENDED = {"completed_at": datetime(2026, 11, 20, 9, 31, tzinfo=UTC)}


@pytest.fixture(autouse=True)
def a_day_later(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Ten days after the uploads of these tests."""
    at = datetime(2026, 11, 30, tzinfo=UTC)
    monkeypatch.setattr(vendor_page, "now", lambda: at)
    return at


def shown(client: Client, vendor: Vendor) -> str:
    return " ".join(unescape(client.get(page_of(vendor, "overview")).content.decode()).split())


def number(page: str, name: str) -> str:
    """The number of this name, without its link."""
    (found,) = re.findall(rf'id="ob-{name}">(.*?)</dd>', page)
    return re.sub(r"<[^>]*>", "", found)


def test_what_a_vendor_is_and_has_done(
    as_reviewer: Client, vendor_a: Vendor, vendor_b: Vendor, alice: User, a_day_later: datetime
) -> None:
    User.objects.filter(pk=alice.pk).update(last_login=a_day_later - timedelta(hours=1))
    make_upload("UPLOAD_1", vendor_a, **ENDED)  # 7 of 10 rows
    make_upload("UPLOAD_2", vendor_a, only_check=True, **ENDED)
    make_upload("UPLOAD_3", vendor_a, status="failed", failure_code="NOT_CSV", total_records=0,
                valid_records=0, error_records=0, **ENDED)  # fmt: skip
    make_upload("UPLOAD_4", vendor_a, upload_timestamp=a_day_later - timedelta(days=31), **ENDED)
    done = {"valid_records": 10, "error_records": 0, "status": "completed"}
    make_upload("UPLOAD_5", vendor_a, file_name="other.csv", **done, **ENDED)
    make_upload("UPLOAD_6", vendor_b, **ENDED)
    make_product(vendor_a, 1)
    make_product(vendor_a, 2, status="inactive")
    make_product(vendor_b, 3)
    page = shown(as_reviewer, vendor_a)
    names = ("uploads", "success", "open", "products", "inactive", "active", "last-change")
    assert [number(page, name) for name in names] == [
        *("4", "85%", "3", "2", "1", "29 Nov 2026, 23:00", "20 Nov 2026, 09:31"),
    ]
    assert "1 completed, 2 partially imported, 1 failed; 17 rows imported, 3 rejected" in page
    assert "alice@people.example · last login 29 Nov 2026, 23:00" in page

    edit = ProductChange.objects.create(
        product_id=1, vendor=vendor_a, kind="U", by=alice, at=a_day_later, before={"brand": None}
    )
    ProductChange.objects.create(product_id=3, vendor=vendor_b, kind="U", by=alice)
    assert number(shown(as_reviewer, vendor_a), "last-change") == f"{edit.at:%-d %b %Y, %H:%M}"
    assert number(shown(as_reviewer, vendor_b), "open") == "3"


def test_what_is_held_of_a_vendor(as_reviewer: Client, vendor_a: Vendor, settings: Any) -> None:
    page = shown(as_reviewer, vendor_a)
    assert (number(page, "review"), number(page, "numbers")) == (
        "None",
        "None: the usual ones apply.",
    )
    vendor_a.review = Vendor.Review.FIRST
    vendor_a.hold = {"PRICE_JUMP": 3, "STOCK_ZEROED": 0}
    vendor_a.save()
    make_held("UPLOAD_1", vendor_a)
    page = shown(as_reviewer, vendor_a)
    assert number(page, "review") == "The first 3 uploads"
    assert "Prices jump: 3 times (usually 5)" in number(page, "numbers")
    assert "Most of the stock becomes zero: never (usually 50)" in number(page, "numbers")
    assert f'{list_of(HeldUpload)}?vendor__vendor_id__exact={vendor_a.pk}">1 held now</a>' in page
    form = as_reviewer.get(page_of(vendor_a)).content.decode()
    assert f'href="{page_of(vendor_a)}#id_review"' in page
    assert 'id="id_review"' in form
    settings.REVIEW_FIRST_UPLOADS = 1
    assert number(shown(as_reviewer, vendor_a), "review") == "The first upload"


def test_rows_that_were_corrected_or_read_again_are_not_open(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    first = make_upload("UPLOAD_1", vendor_a, file_name="a.csv", **ENDED)
    make_upload(
        "UPLOAD_2", vendor_a, corrects=first, corrected_rows=[[2, 3]], corrected_records=2,
        file_name="a - corrected.csv", total_records=2, valid_records=1, error_records=1, **ENDED,
    )  # fmt: skip
    assert number(shown(as_reviewer, vendor_a), "open") == "2"
    later = ENDED["completed_at"] + timedelta(days=1)
    again = {"valid_records": 10, "error_records": 0, "status": "completed"}
    make_upload("UPLOAD_3", vendor_a, file_name="a.csv", upload_timestamp=later,
                completed_at=later, **again)  # fmt: skip
    assert number(shown(as_reviewer, vendor_a), "open") == "0"


def test_connections_and_what_did_not_arrive(as_reviewer: Client, world: World) -> None:
    Notification.objects.update(state="bounced", to="gone@people.example")
    Schedule.objects.update(failures=3)
    WebhookEndpoint.objects.update(failing_since=datetime(2026, 11, 19, tzinfo=UTC))
    page = shown(as_reviewer, world.vendor)
    for text in (
        "gone@people.example</a> (Bounced)",
        "last 3 runs failed",
        "of alice, expires",
        "failing since 19 Nov 2026",
        ">Toys</a>",
    ):
        assert text in page
    ApiToken.objects.update(revoked_at=now())
    WebhookEndpoint.objects.update(off="failing", off_at=now())
    CategoryRequest.objects.update(state="declined", decided_at=now())
    page = shown(as_reviewer, world.vendor)
    assert "expires" not in page
    assert "switched off: " in page
    assert ">Toys</a>" not in page


def test_every_link_leads_to_a_page(as_reviewer: Client, world: World) -> None:
    page = shown(as_reviewer, world.vendor)
    links = set(re.findall(r'class="ob-(?:link|button)" href="([^"]*)"', page))
    assert len(links) >= 12
    for address in links:
        assert as_reviewer.get(address).status_code == 200, address
    assert f'href="{page_of(world.vendor, "overview")}"' in (
        as_reviewer.get(list_of(Vendor)).content.decode()
    )


def test_a_vendor_without_anything_and_an_unknown_one(
    as_reviewer: Client, vendor_b: Vendor
) -> None:
    Vendor.objects.update(is_active=False)
    page = shown(as_reviewer, vendor_b)
    for text in ("Inactive", "No uploads yet.", "No one can log in for this vendor.", "None."):
        assert text in page
    assert number(page, "success") == "–"
    assert number(page, "active") == number(page, "last-change") == "none"
    assert as_reviewer.get("/admin/vendors/vendor/NONE/overview/").status_code == 404


def test_staff_see_of_it_what_they_may_see(client: Client, staff: User, world: World) -> None:
    client.force_login(staff)
    address = page_of(world.vendor, "overview")
    assert client.get(address).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_vendor"))
    page = shown(client, world.vendor)
    assert world.vendor.name in page
    for hidden in ("alice", "Nightly", world.upload.pk, "shop.example.com", "Toys", "Products"):
        assert hidden not in page.split('class="ob-page"')[1]


def test_it_takes_as_many_queries_for_much_as_for_little(as_reviewer: Client, world: World) -> None:
    counts = []
    for last in (1, 30):
        for index in range(last):
            user = User.objects.create(username=f"p{last}-{index}")
            Member.objects.create(vendor=world.vendor, user=user)
            upload = make_upload(f"UPLOAD_{last}_{index}", world.vendor, uploaded_by=user, **ENDED)
            Notification.objects.create(upload=upload, run=1, to="a@b.example", state="bounced")
            make_product(world.vendor, 1_000 * last + index)
        shown(as_reviewer, world.vendor)
        with CaptureQueriesContext(connection) as queries:
            shown(as_reviewer, world.vendor)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 30
