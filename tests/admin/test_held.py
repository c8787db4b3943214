"""Held uploads: staff see why and what would change, and decide."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from catalog.models import Product
from imports.models import HeldUpload, RowError, Upload
from tests.admin.conftest import list_of, make_held, page_of
from tests.conftest import drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
ROWS = [good_row(n, price=f"{12 + n}.50", stock_quantity="9") for n in range(20)]


@pytest.fixture
def held(run_upload: Run) -> HeldUpload:
    """Of 20 products, 12 get a price that is a hundred times the present one; one is new."""
    run_upload(ROWS)
    dear = [row | {"price": row["price"].replace(".", "")} for row in ROWS[:12]]
    upload = run_upload([*dear, *ROWS[12:], good_row(50)], mode="update", file_name="dear.csv")
    return HeldUpload.objects.get(pk=upload.pk)


def decide(client: Client, upload: HeldUpload, **sent: Any) -> str:
    page = client.post(page_of(upload, "decide"), {"run": upload.run} | sent, follow=True)
    drive()
    return page.content.decode()


def test_the_list_begins_with_the_oldest(as_reviewer: Client, vendor_a: Vendor) -> None:
    assert "No held uploads yet" in as_reviewer.get(list_of(HeldUpload)).content.decode()
    second = make_held("UPLOAD_20261120_224500_7C1D02", vendor_a)
    first = make_held("UPLOAD_20261120_224500_7C1D01", vendor_a)
    Upload.objects.filter(pk=first.pk).update(
        completed_at="2026-11-19T10:00Z", held_reason=[{"code": "REVIEW", "variant": "always"}]
    )
    make_held("UPLOAD_20261120_224500_7C1D03", vendor_a, status="failed")

    def shown(query: str = "") -> list[str]:
        answer = as_reviewer.get(list_of(HeldUpload) + query)
        return [each.pk for each in answer.context["cl"].result_list]

    assert shown() == [first.pk, second.pk]
    assert shown("?reason=REVIEW") == [first.pk]
    assert shown("?reason=TINY_FILE") == []
    assert shown("?vendor__pk__exact=VEND001") == [first.pk, second.pk]
    page = as_reviewer.get(list_of(HeldUpload)).content.decode()
    assert "Our staff look at it first" in page
    assert "2 open" in page  # in the side bar


def test_the_page_says_why_and_what_would_change(as_reviewer: Client, held: HeldUpload) -> None:
    page = as_reviewer.get(page_of(held)).content.decode()
    assert "12 of 20 products that you update get a price of more than 5 times" in page
    assert "12.50 → <strong>1250</strong>" in page
    assert page.count("<li>Row ") == 2 * 5 + 13  # examples of two reasons, rows by chance
    assert "(new)" in page
    assert "Wireless mouse" in page  # what the new product says
    assert "Release, and change 13 products" in page


def test_released(as_reviewer: Client, held: HeldUpload, reviewer: User) -> None:
    assert "Released." in decide(as_reviewer, held, decision="release")
    upload = Upload.objects.get(pk=held.pk)
    assert (upload.status, upload.run, upload.updated_records) == ("completed", 2, 12)
    assert LogEntry.objects.get().get_change_message() == "Released."
    assert "no longer held" in decide(as_reviewer, held, decision="release")
    page = as_reviewer.get(page_of(held), follow=True)
    assert "no longer held" in page.content.decode()


@pytest.mark.parametrize(
    ("sent", "rejected", "changed"),
    [
        ({"rows": "2, 4-5"}, [2, 4, 5], 9),
        ({"reasons": ["PRICE_JUMP"]}, [*range(2, 14)], 0),
        ({"reasons": ["DECIMAL_SHIFT"], "rows": "22"}, [*range(2, 14), 22], 0),
    ],
)
def test_released_without_rows(
    as_reviewer: Client, held: HeldUpload, sent: Any, rejected: list[int], changed: int
) -> None:
    said = decide(as_reviewer, held, decision="release_without", **sent)
    assert f"Released without {len(rejected)} rows." in said
    upload = Upload.objects.get(pk=held.pk)
    assert (upload.status, upload.updated_records) == ("partial", changed)
    found = RowError.objects.filter(upload=upload, error_type="REJECTED")
    assert list(found.values_list("row_number", flat=True)) == rejected


@pytest.mark.parametrize("rows", ["", "x", "0", "5-2", "1-99999999", "-3"])
def test_what_is_no_list_of_rows_releases_nothing(
    as_reviewer: Client, held: HeldUpload, rows: str
) -> None:
    said = decide(as_reviewer, held, decision="release_without", rows=rows)
    assert "Choose a reason" in said or "is no row number" in said
    assert HeldUpload.objects.get(pk=held.pk).is_held


def test_rejected(as_reviewer: Client, held: HeldUpload) -> None:
    assert "Enter the reason" in decide(as_reviewer, held, decision="reject", reason=" ")
    decide(as_reviewer, held, decision="reject", reason="Prices in cents?")
    upload = Upload.objects.get(pk=held.pk)
    assert (upload.status, upload.failure_code) == ("failed", "NOT_RELEASED")
    assert not Product.objects.filter(price__gt=100).exists()


def test_what_was_decided_about_another_run_counts_for_that_run_only(
    as_reviewer: Client, held: HeldUpload
) -> None:
    Upload.objects.filter(pk=held.pk).update(run=2)
    for run in ("1", "", "x" * 20):
        assert "not held any more" in decide(as_reviewer, held, decision="release", run=run)
    assert as_reviewer.post(page_of(held, "decide"), {"decision": "other"}).status_code == 404


def test_only_those_with_the_right_decide(
    as_reviewer: Client, held: HeldUpload, reviewer: User
) -> None:
    reviewer.groups.clear()
    may_look = Permission.objects.filter(codename__in=["view_upload", "view_heldupload"])
    reviewer.user_permissions.set(may_look)
    assert "have the right to release" in as_reviewer.get(page_of(held)).content.decode()
    sent = {"decision": "release", "run": 1}
    assert as_reviewer.post(page_of(held, "decide"), sent).status_code == 403


def test_staff_set_the_numbers_of_a_vendor(as_admin: Client, vendor_a: Vendor) -> None:
    page = as_admin.get(page_of(vendor_a)).content.decode()
    assert "Empty for the usual number, 5; 0 for never." in page
    fields = {
        "name": vendor_a.name,
        "contact_email": vendor_a.contact_email,
        "is_active": "on",
        "review": "two",
        "hold_price_jump": "20",
        "hold_stock_zeroed": "0",
        "members-TOTAL_FORMS": "0",
        "members-INITIAL_FORMS": "0",
    }
    assert as_admin.post(page_of(vendor_a), fields).status_code == 302
    vendor_a.refresh_from_db()
    assert (vendor_a.review, vendor_a.hold) == ("two", {"PRICE_JUMP": 20, "STOCK_ZEROED": 0})
    assert 'value="20"' in as_admin.get(page_of(vendor_a)).content.decode()
    as_admin.post(page_of(vendor_a), {**fields, "hold_price_jump": "", "review": ""})
    vendor_a.refresh_from_db()
    assert (vendor_a.review, vendor_a.hold) == ("", {"STOCK_ZEROED": 0})


def test_no_list_says_that_a_held_upload_was_imported(
    as_reviewer: Client, held: HeldUpload, vendor_a: Vendor
) -> None:
    listed = as_reviewer.get(list_of(Upload)).content.decode()
    assert "21 wait for a release" in listed
    assert "21 of 21" not in listed
    overview = as_reviewer.get(page_of(vendor_a, "overview")).content.decode()
    row = re.sub(r"<[^>]+>|\s+", " ", overview[overview.index("dear.csv") :]).split("products.csv")
    assert re.search(r"Held\s+–\s+0 ", row[0]), row[0]
    assert "check only" not in row[0]
    portal = as_reviewer.get("/uploads/").content.decode()
    assert re.findall(r'data-label="Success" class="number">([^<]+)<', portal) == ["–", "100%"]
