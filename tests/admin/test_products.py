"""Staff find products by parts of words, narrow them down, change many at once, and export them."""

import csv
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from catalog import bulk, bulk_actions, product_admin
from catalog.content_order import stamp
from catalog.models import Category, ContentConfirmation, Product, ProductChange
from catalog.models import product as product_model
from imports.models import Upload
from tests.admin.conftest import make_product
from tests.admin.test_lists import found
from tests.downloads import Download
from tests.product_files import good_row
from vendors.models import Vendor

LIST = "/admin/catalog/product/"
Run = Callable[..., Upload]


@pytest.fixture
def four(vendor_a: Vendor, vendor_b: Vendor, categories: list[str]) -> dict[str, str]:
    """Their keys by their letters."""
    made = {
        "A": make_product(vendor_a, 1, product_name="Wireless mouse", upload_id="UPLOAD_1"),
        "B": make_product(vendor_a, 2, product_name="Mousepad", category="Books"),
        "C": make_product(vendor_b, 3, product_name="Keyboard", status="inactive"),
        "D": make_product(vendor_b, 4, vendor_product_id="0042", sku="TM-MOUSE-01"),
    }
    Product.objects.exclude(pk=made["D"].pk).update(updated_at=now() - timedelta(days=2))
    ProductChange.objects.create(product_id=made["D"].pk, vendor=vendor_b, kind="I")
    return {letter: str(product.pk) for letter, product in made.items()}


@pytest.mark.parametrize(
    ("query", "letters"),
    [
        ("", "DCBA"),
        ("q=mou", "DBA"),
        ("q=tm-mouse", "D"),
        ("q=42", ""),
        ("q=0042", "D"),
        ("q=upload_1", "A"),
        ("q=nowhere", ""),
        ("status=inactive", "C"),
        ("status=active", "DBA"),
        ("category=Books", "B"),
        ("changed=day", "D"),
        ("changed=week", "D"),  # by its changes
        ("changed=never", "DCBA"),
        ("q=mou&vendor__vendor_id__exact=VEND001", "BA"),
        ("q=mou&vendor__vendor_id__exact=VEND001&status=active&category=Audio", "A"),
    ],
)
def test_products_are_found_and_narrowed_down(
    as_reviewer: Client, four: dict[str, str], query: str, letters: str
) -> None:
    assert found(as_reviewer, Product, query) == [four[letter] for letter in letters]


def test_many_changed_products_are_found_by_their_own_time(
    as_reviewer: Client, four: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_model, "FEW_CHANGES", 0)
    assert found(as_reviewer, Product, "changed=day") == [four["D"]]
    assert found(as_reviewer, Product, "changed=week") == [four[letter] for letter in "DCBA"]


def test_pages_of_a_search_are_bounded(
    as_reviewer: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_admin, "MOST_FOUND", 60)
    keys = [str(make_product(vendor_a, number).pk) for number in range(100, 170)][::-1]
    assert found(as_reviewer, Product, "q=mouse") == keys[:50]
    assert found(as_reviewer, Product, "q=mouse&p=2") == keys[50:60]
    page = as_reviewer.get(f"{LIST}?q=mouse").content.decode()
    assert "More than 60 products" in " ".join(page.split())
    assert "70 products" in as_reviewer.get(LIST).content.decode()


def test_what_is_filtered_is_exported_in_full(as_reviewer: Client, four: dict[str, str]) -> None:
    Product.objects.filter(pk=four["B"]).update(brand="=1+1", description="two\nlines")
    file = Download(as_reviewer.get(f"{LIST}export/?vendor__vendor_id__exact=VEND001"))
    assert re.search(r'filename="products-\d{8}-\d{6}\.csv"', file.disposition)
    rows = [*csv.DictReader(io.StringIO(file.text))]
    assert [row["Product Name"] for row in rows] == ["Mousepad", "Wireless mouse"]
    shown = {"Vendor ID": "VEND001", "SKU": "SKU-2", "Brand": "'=1+1", "Status": "active"}
    assert shown.items() <= rows[0].items()
    assert rows[0]["Description"] == "two\nlines"
    assert rows[1]["Created By Upload"] == "UPLOAD_1"
    page = as_reviewer.get(f"{LIST}?category=Books&p=1").content.decode()
    assert f'href="{LIST}export/?category=Books"' in page
    assert as_reviewer.get(f"{LIST}export/?nonsense=1").status_code == 302


# --- many at once --------------------------------------------------------------------------


def run(client: Client, action: str, keys: list[str], query: str = "", **more: object) -> Any:
    sent = {"action": f"{action}_selected", "_selected_action": keys, "index": "0"}
    return client.post(f"{LIST}?{query}", {**sent, **more})


def confirm(client: Client, page: Any, query: str = "", **more: str) -> Any:
    """Send the form of the page that asks."""
    hidden: dict[str, list[str]] = {}
    fields = r'<input type="hidden" name="(\w+)" value="([^"]*)"'
    for name, value in re.findall(fields, page.content.decode()):
        hidden.setdefault(name, []).append(value)
    assert "number" in hidden
    return client.post(f"{LIST}?{query}", {**hidden, **more})


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_selected_products_are_deactivated_and_reactivated(
    as_reviewer: Client, reviewer: User, four: dict[str, str]
) -> None:
    page = run(as_reviewer, "deactivate", [four["A"], four["C"], four["D"]])
    html = page.content.decode()
    assert "Deactivate 2 products?" in html
    assert "TM-MOUSE-01" in html
    assert "Keyboard" not in html  # inactive already
    assert Product.objects.filter(status="inactive").count() == 1
    answer = confirm(as_reviewer, page)
    assert (answer.status_code, said(answer)) == (302, ["2 products changed."])
    stored = Product.objects.get(pk=four["A"])
    assert (stored.status, stored.deactivated_at) == ("inactive", stored.updated_at)
    changes = ProductChange.objects.filter(by=reviewer)
    assert {(each.product_id, str(each.before)) for each in changes} == {
        (int(four[letter]), "{'status': 'active'}") for letter in "AD"
    }
    assert {entry.get_change_message() for entry in LogEntry.objects.all()} == {"Changed Status."}
    assert {entry.object_id for entry in LogEntry.objects.all()} == {four["A"], four["D"]}

    answer = confirm(as_reviewer, run(as_reviewer, "reactivate", [four["A"]]))
    assert said(answer) == ["1 product changed."]
    assert Product.objects.get(pk=four["A"]).deactivated_at is None
    answer = run(as_reviewer, "reactivate", [four["A"]])
    assert said(answer)[-1] == "None of these products would change."


def test_the_category_of_all_that_match_is_changed(
    as_reviewer: Client, reviewer: User, vendor_a: Vendor, categories: list[str]
) -> None:
    for number in range(60):
        make_product(vendor_a, number, category="Books" if number < 3 else "Audio")
    Product.objects.filter(sku="SKU-59").update(status="inactive", deactivated_at=now())
    untouched = make_product(vendor_a, 99, product_name="Lamp")
    page = run(as_reviewer, "change_category", ["1"], "q=mouse", select_across="1")
    html = " ".join(page.content.decode().split())
    assert "Change the category of 60 products?" in html
    assert "Audio (57), Books (3)" in html
    assert "and 50 more" in html
    assert "SKU-59" in html
    answer = confirm(as_reviewer, page, "q=mouse", category="Books")
    assert said(answer) == ["57 products changed. 3 products were left as they are."]
    assert Product.objects.filter(category="Books").count() == 60
    untouched.refresh_from_db()
    assert untouched.category == "Audio"
    inactive = Product.objects.get(sku="SKU-59")
    assert inactive.deactivated_at is not None
    assert inactive.content().of("category") == stamp(inactive.updated_at)
    changes = ProductChange.objects.filter(by=reviewer, before={"category": "Audio"})
    assert changes.count() == LogEntry.objects.count() == 57


def test_what_has_changed_since_the_page_is_asked_again(
    as_reviewer: Client, vendor_a: Vendor, categories: list[str]
) -> None:
    for number in range(3):
        make_product(vendor_a, number)
    page = run(as_reviewer, "deactivate", ["1"], "q=mouse", select_across="1")
    make_product(vendor_a, 9)  # added since: left alone
    Product.objects.filter(sku="SKU-0").update(status="inactive")
    again = confirm(as_reviewer, page, "q=mouse")
    assert "Other products match now. Nothing was changed." in again.content.decode()
    assert Product.objects.filter(status="inactive").count() == 1
    assert said(confirm(as_reviewer, again, "q=mouse")) == ["3 products changed."]

    keys = [str(key) for key in Product.objects.values_list("pk", flat=True)]
    page = run(as_reviewer, "change_category", keys)
    Category.objects.filter(name="Books").update(is_active=False)
    for name in ("Books", "Footware", ""):
        answer = confirm(as_reviewer, page, category=name)
        assert "Nothing was changed. Choose a category" in answer.content.decode()
    assert {*Product.objects.values_list("category", flat=True)} == {"Audio"}


def test_more_than_can_be_changed_at_once_is_refused(
    as_reviewer: Client, four: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "MOST_AT_ONCE", 2)
    answer = run(as_reviewer, "change_category", ["1"], select_across="1")
    assert said(answer) == ["Select 2 products or fewer."]
    forged = {"number": "4", "last": "99999999", "category": "Books"}
    answer = run(as_reviewer, "change_category", ["1"], select_across="1", **forged)
    assert said(answer)[-1] == "Select 2 products or fewer."
    assert not LogEntry.objects.exists()


def test_a_thousand_take_as_many_statements_as_one(
    vendor_a: Vendor, admin: User, categories: list[str]
) -> None:
    made = Product.objects.bulk_create(
        Product(
            vendor=vendor_a,
            vendor_product_id=f"VP-{number}",
            product_name=f"Mouse {number}",
            category="Audio",
            sku=f"SKU-{number}",
            price="19.99",
            stock_quantity=5,
        )
        for number in range(1_001)
    )
    counts = []
    for piece in (made[:1], made[1:]):
        with CaptureQueriesContext(connection) as queries:
            wanted = Product.objects.filter(pk__in=[each.pk for each in piece])
            assert len(bulk.set_field(wanted, "category", "Books", by=admin)) == len(piece)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert [len(piece) for piece in bulk.in_pieces(range(2_500))] == [1_000, 1_000, 500]


def test_files_of_before_do_not_change_it_back_and_later_ones_do(
    run_upload: Run, vendor_a: Vendor, admin: User
) -> None:
    """Also where a file has confirmed the category at a time that is ahead of our clock."""
    run_upload([good_row(1)])
    product = Product.objects.get()
    later = now() + timedelta(minutes=5)
    confirmed = {product.pk: ["category"]}
    ContentConfirmation.objects.keep(vendor_a.pk, (later, "UPLOAD_2"), confirmed)
    bulk.set_field(Product.objects.all(), "category", "Books", by=admin)
    product.refresh_from_db()
    assert product.content().of("category") > stamp(later, "UPLOAD_2")
    change = ProductChange.objects.get(by=admin)
    assert (change.before, change.content) == (
        {"category": "Computer Accessories"},
        stamp(later, "UPLOAD_2"),
    )
    old = run_upload([good_row(1)], mode="update")
    product.refresh_from_db()
    assert (product.category, old.status) == ("Books", "completed")
    Product.objects.update(content_times={"category": stamp(product.created_at)})
    ContentConfirmation.objects.all().delete()
    run_upload([good_row(1)], mode="update")
    product.refresh_from_db()
    assert product.category == "Computer Accessories"


@pytest.mark.django_db(transaction=True)
def test_products_that_an_import_keeps_locked_are_left_as_they_are(
    client: Client, admin: User, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PER_TRANSACTION", 2)
    keys = [make_product(vendor_a, number).pk for number in range(4)]
    client.force_login(admin)
    page = run(client, "deactivate", [str(key) for key in keys])

    def click() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            return confirm(client, page)
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor() as other:
        Product.objects.select_for_update().get(pk=keys[0])
        answer = other.submit(click).result()
    assert said(answer) == [
        "A file with these products is being imported. Try again in a while.",
        "2 products changed. 2 products were left as they are.",
    ]
    assert {*Product.objects.filter(status="inactive").values_list("pk", flat=True)} == {*keys[2:]}
    assert LogEntry.objects.count() == ProductChange.objects.count() == 2


@pytest.mark.parametrize("action", ["deactivate", "reactivate", "change_category"])
def test_who_only_looks_changes_nothing(
    as_viewer: Client, four: dict[str, str], action: str
) -> None:
    assert "deactivate_selected" not in as_viewer.get(LIST).content.decode()
    forged = {"number": "4", "last": "99999999", "category": "Books"}
    run(as_viewer, action, [*four.values()], **forged)
    assert not ProductChange.objects.filter(by__isnull=False).exists()
