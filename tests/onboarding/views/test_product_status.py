"""Deactivating and reactivating products: one, those selected, and all that match."""

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from catalog import bulk, status
from catalog.content_order import stamp
from catalog.models import Product, ProductChange
from imports.destinations.postgres import PostgresTable
from imports.models import Upload
from onboarding.views.products import product_status
from tests.admin.conftest import make_product
from tests.conftest import arrived, drive
from tests.onboarding.conftest import Browse, text_of, wait_for_a_lock
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
ACTIVE, INACTIVE = Product.Status.ACTIVE, Product.Status.INACTIVE


def statuses() -> list[str]:
    return [*Product.objects.order_by("pk").values_list("status", flat=True)]


def said(answer: Any) -> str:
    """The last message."""
    return [str(message) for message in get_messages(answer.wsgi_request)][-1]


def keys() -> list[int]:
    return [*Product.objects.order_by("pk").values_list("pk", flat=True)]


def many(vendor: Vendor, count: int, first: int = 1) -> list[int]:
    made = Product.objects.bulk_create(
        Product(
            vendor=vendor,
            vendor_product_id=f"VP-{number}",
            product_name=f"Mouse {number}",
            category="Audio",
            sku=f"SKU-{vendor.pk}-{number}",
            price="19.99",
            stock_quantity=5,
        )
        for number in range(first, first + count)
    )
    return [product.pk for product in made]


def test_a_product_is_deactivated_and_reactivated_on_its_page(
    as_alice: Client, alice: User, vendor_a: Vendor
) -> None:
    product = make_product(vendor_a, 1)
    path = f"/products/{product.pk}/"
    answer = as_alice.post(f"{path}status/", {"to": "inactive"})
    assert (answer["Location"], said(answer)) == (path, "1 product deactivated.")
    stored = Product.objects.get()
    assert stored.status == "inactive"
    assert stored.deactivated_at == stored.updated_at > product.updated_at
    assert (stored.content_at, stored.content_times) == (
        product.updated_at,
        {"status": stamp(stored.updated_at)},
    )
    page = text_of(as_alice.get(path))
    assert f'since <time datetime="{stored.deactivated_at.isoformat()}">' in page
    assert 'id="reactivate"' in page

    answer = as_alice.post(f"{path}status/", {"to": "inactive"})
    assert said(answer) == "Nothing was changed: none of these products is active."
    assert Product.objects.get().updated_at == stored.updated_at

    assert said(as_alice.post(f"{path}status/", {"to": "active"})) == "1 product reactivated."
    assert Product.objects.get().deactivated_at is None
    changes = ProductChange.objects.order_by("pk")
    assert [(change.kind, change.by, change.before) for change in changes] == [
        ("U", alice, {"status": "active"}),
        ("U", alice, {"status": "inactive"}),
    ]


def test_an_inactive_product_of_an_older_version_has_no_time(
    as_alice: Client, vendor_a: Vendor
) -> None:
    product = make_product(vendor_a, 1, status="inactive")
    page = text_of(as_alice.get(f"/products/{product.pk}/"))
    assert "Inactive" in page
    assert "inactive-since" not in page


def test_the_migration_fills_the_time_of_those_that_are_inactive(vendor_a: Vendor) -> None:
    migration = import_module("catalog.migrations.0011_deactivated_at")
    made = [make_product(vendor_a, n, status=s) for n, s in enumerate(Product.Status.values)]
    with connection.cursor() as cursor:
        cursor.execute(migration.FILL)
    found = Product.objects.order_by("pk").values_list("deactivated_at", flat=True)
    assert [*found] == [None, made[1].updated_at]


def test_those_selected_are_changed_and_the_list_comes_back_with_its_filters(
    as_alice: Client, vendor_a: Vendor
) -> None:
    one, two, three = many(vendor_a, 3)
    page = text_of(as_alice.get("/products/?q=mouse&select=page&page=1"))
    assert 'action="/products/status/?q=mouse&page=1" id="picking"' in html.unescape(page)
    assert page.count(" checked>") == 3
    assert text_of(as_alice.get("/products/?q=mouse")).count(" checked>") == 0
    chosen = {"product": [one, three], "to": "inactive"}
    answer = as_alice.post("/products/status/?q=mouse&page=1", chosen)
    assert answer["Location"] == "/products/?q=mouse&page=1"
    assert said(answer) == "2 products deactivated."
    assert statuses() == ["inactive", "active", "inactive"]
    answer = as_alice.post("/products/status/", {"product": [one, two], "to": "active"})
    assert said(answer) == "1 product reactivated."
    assert statuses() == ["active", "active", "inactive"]


def test_without_a_selection_nothing_happens(as_alice: Client, vendor_a: Vendor) -> None:
    many(vendor_a, 1)
    for product in ([], ["x", "-1", "9" * 30, ""]):
        answer = as_alice.post("/products/status/", {"product": product, "to": "inactive"})
        assert said(answer) == "Select at least one product."
    assert statuses() == ["active"]


@pytest.mark.parametrize("wrong", [{}, {"to": "gone"}, {"to": ""}])
def test_an_unknown_status_is_refused(
    wrong: dict[str, str], as_alice: Client, vendor_a: Vendor
) -> None:
    [key] = many(vendor_a, 1)
    assert as_alice.post(f"/products/{key}/status/", wrong).status_code == 400
    assert as_alice.post("/products/status/", {"product": key, **wrong}).status_code == 400
    answer = as_alice.get("/products/status/", wrong)
    assert answer["Location"].startswith("/products/")


def test_products_of_another_vendor_are_not_changed(
    as_alice: Client, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    [hers], [his] = many(vendor_a, 1), many(vendor_b, 1)
    assert as_alice.post(f"/products/{his}/status/", {"to": "inactive"}).status_code == 404
    as_alice.post("/products/status/", {"product": [hers, his], "to": "inactive"})
    assert statuses() == ["inactive", "active"]
    Product.objects.update(status="active")
    confirm(as_alice, "to=inactive")
    assert statuses() == ["inactive", "active"]


def test_viewers_change_nothing(browse: Browse, viewer: User, vendor_a: Vendor) -> None:
    [key] = many(vendor_a, 1)
    client = browse(viewer)
    assert client.post(f"/products/{key}/status/", {"to": "inactive"}).status_code == 403
    chosen = {"product": key, "to": "inactive"}
    assert client.post("/products/status/", chosen).status_code == 403
    assert client.get("/products/status/?to=inactive").status_code == 403
    assert statuses() == ["active"]


def asked(client: Client, query: str) -> dict[str, str]:
    """What the page that asks sends when it is confirmed."""
    page = text_of(client.get(f"/products/status/?{query}"))
    return dict(re.findall(r'<input type="hidden" name="(number|last)" value="(\d+)"', page))


def confirm(client: Client, query: str) -> Any:
    return client.post(f"/products/status/?{query}", asked(client, query))


def test_all_that_match_are_changed_once_the_number_is_confirmed(
    as_alice: Client, alice: User, vendor_a: Vendor
) -> None:
    many(vendor_a, 60)
    make_product(vendor_a, 99, product_name="Keyboard")
    page = text_of(as_alice.get("/products/?q=mouse"))
    assert 'href="/products/status/?q=mouse&amp;to=inactive"' in page
    page = text_of(as_alice.get("/products/status/?to=inactive&q=mouse"))
    assert "Deactivate 60 products?" in page
    assert statuses() == ["active"] * 61
    answer = confirm(as_alice, "to=inactive&q=mouse")
    assert (answer["Location"], said(answer)) == (
        "/products/?q=mouse",
        "60 products deactivated.",
    )
    assert statuses() == ["inactive"] * 60 + ["active"]
    assert ProductChange.objects.filter(by=alice, before={"status": "active"}).count() == 60
    answer = as_alice.get("/products/status/?to=inactive&q=mouse")
    assert said(answer) == "Nothing was changed: none of these products is active."
    assert said(confirm(as_alice, "to=active&status=inactive")) == "60 products reactivated."


def test_a_second_click_changes_nothing(as_alice: Client, vendor_a: Vendor) -> None:
    many(vendor_a, 3)
    form = asked(as_alice, "to=inactive")
    for _ in range(2):
        assert as_alice.post("/products/status/?to=inactive", form).status_code == 302
    assert ProductChange.objects.count() == 3


def test_if_others_match_by_then_it_asks_again(
    as_alice: Client, vendor_a: Vendor, categories: list[str]
) -> None:
    first = many(vendor_a, 3)
    form = asked(as_alice, "to=inactive&category=Audio")
    many(vendor_a, 2, first=10)  # added since, and not meant
    Product.objects.filter(pk=first[0]).update(category="Books")
    answer = as_alice.post("/products/status/?to=inactive&category=Audio", form)
    assert answer.status_code == 409
    assert 'id="has-changed"' in text_of(answer)
    assert "Deactivate 4 products?" in text_of(answer)
    assert statuses() == ["active"] * 5
    Product.objects.filter(pk=first[0]).update(category="Audio")
    answer = as_alice.post("/products/status/?to=inactive&category=Audio", form)
    assert said(answer) == "3 products deactivated."
    assert statuses() == ["inactive"] * 3 + ["active"] * 2


def test_too_many_are_refused(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_status, "MOST_AT_ONCE", 5)
    many(vendor_a, 6)
    answer = as_alice.get("/products/status/?to=inactive")
    assert said(answer) == (
        "More than 5 products match. Search or filter for fewer, then try again."
    )
    forged = {"number": "6", "last": str(max(keys()))}
    as_alice.post("/products/status/?to=inactive", forged)
    assert statuses() == ["active"] * 6


def test_an_invalid_filter_changes_nothing(as_alice: Client, vendor_a: Vendor) -> None:
    many(vendor_a, 2)
    for query in ("to=inactive&status=lost", "to=inactive&category=Nothing"):
        assert as_alice.get(f"/products/status/?{query}").status_code == 302
        form = {"number": "2", "last": str(max(keys()))}
        assert as_alice.post(f"/products/status/?{query}", form).status_code == 302
    assert statuses() == ["active"] * 2


def test_staff_are_shown_how_many_vendors_it_concerns(
    browse: Browse, reviewer: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    many(vendor_a, 2)
    many(vendor_b, 2)
    page = text_of(browse(reviewer).get("/products/status/?to=inactive"))
    assert "Deactivate 4 products?" in page
    assert "They belong to 2 vendors." in page
    assert said(confirm(browse(reviewer), "to=inactive")) == "4 products deactivated."


def test_thousands_take_a_constant_number_of_statements_per_piece(
    vendor_a: Vendor, vendor_b: Vendor, alice: User
) -> None:
    products = [*many(vendor_a, 2_500), *many(vendor_b, 500)]
    counts = []
    for piece in (products[:1], products[1:1001], products[1001:2001]):
        with CaptureQueriesContext(connection) as queries:
            assert status.set_status(piece, INACTIVE, by=alice) == len(piece)
        counts.append(len(queries))
    assert counts == [counts[0]] * 3
    with CaptureQueriesContext(connection) as queries:
        assert [*status.set_in_pieces(products, INACTIVE, by=alice)] == [0, 0, 999]
    assert len(queries) < 3 * counts[0]
    assert {*statuses()} == {"inactive"}
    assert ProductChange.objects.count() == len(products)
    assert {change.vendor_id for change in ProductChange.objects.all()} == {"VEND001", "VEND002"}


def test_the_status_of_products_in_another_one_is_left_alone(vendor_a: Vendor, alice: User) -> None:
    """A later version may have more statuses."""
    made = many(vendor_a, 2)
    Product.objects.filter(pk=made[0]).update(status="archived")
    assert status.set_status(made, INACTIVE, by=alice) == 1
    assert statuses() == ["archived", "inactive"]


def test_it_is_stamped_above_what_set_it_before_also_if_the_clock_of_s3_is_ahead(
    vendor_a: Vendor, alice: User
) -> None:
    made = many(vendor_a, 3)
    later = now() + timedelta(minutes=1)
    own = {"price": stamp(later, "UPLOAD_2")}
    Product.objects.filter(pk=made[0]).update(content_at=later, content_upload_id="UPLOAD_1")
    Product.objects.filter(pk=made[1]).update(content_at=now(), content_times=own)
    status.set_status(made, INACTIVE, by=alice)
    first, second, third = Product.objects.order_by("pk")
    assert first.content().of("status") > stamp(later, "UPLOAD_1")
    assert (first.content_at, first.content_upload_id) == (later, "UPLOAD_1")
    assert second.content().of("price") == own["price"]
    assert second.content().of("status") == third.content().of("status") == stamp(third.updated_at)


def test_a_file_neither_reactivates_nor_misses_an_inactive_product(
    run_upload: Run, alice: User
) -> None:
    run_upload([good_row(1)])
    status.set_status(keys(), INACTIVE, by=alice)
    run_upload([good_row(1, price="5.00")], mode="update")
    product = Product.objects.get()
    assert (product.status, str(product.price)) == ("inactive", "5.00")
    assert product.deactivated_at is not None


@pytest.mark.usefixtures("never_held")
@pytest.mark.django_db(transaction=True)
def test_an_import_that_looked_before_keeps_the_status_and_sets_the_rest(
    run_upload: Run, alice: User, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch holds the vendor's lock already: the deactivation waits until it has ended."""
    run_upload([good_row(n) for n in range(20)])
    descending = [good_row(n, price="5.00") for n in reversed(range(20))]
    arrived(descending, vendor=vendor_a, mode="update")
    wanted = keys()
    confirm = PostgresTable._confirm

    def deactivate() -> int:
        try:
            return status.set_status(wanted, INACTIVE, by=alice)
        finally:
            connection.close()

    waiting = []
    with ThreadPoolExecutor() as other:

        def meanwhile(*args: Any) -> None:
            waiting.append(other.submit(deactivate))
            wait_for_a_lock()
            confirm(*args)

        monkeypatch.setattr(PostgresTable, "_confirm", meanwhile)
        drive()
        assert [each.result() for each in waiting] == [20]
    assert {*Product.objects.values_list("status", "price")} == {("inactive", Decimal("5.00"))}
    befores = ProductChange.objects.filter(kind="U").order_by("pk").values_list("before", flat=True)
    assert [*befores] == [{"price": "19.99"}] * 20 + [{"status": "active"}] * 20


@pytest.mark.usefixtures("never_held")
@pytest.mark.django_db(transaction=True)
def test_an_import_that_comes_meanwhile_waits(
    run_upload: Run, alice: User, vendor_a: Vendor
) -> None:
    run_upload([good_row(n) for n in range(20)])
    descending = [good_row(n, price="5.00") for n in reversed(range(20))]
    upload = arrived(descending, vendor=vendor_a, mode="update")

    def work() -> None:
        try:
            drive()
        finally:
            connection.close()

    with ThreadPoolExecutor() as other:
        with transaction.atomic():
            assert status.set_status(keys(), INACTIVE, by=alice) == 20
            importing = other.submit(work)
            wait_for_a_lock()
        importing.result()
    upload.refresh_from_db()
    assert (upload.status, upload.updated_records, upload.attempts) == ("completed", 20, 0)
    assert {*Product.objects.values_list("status", "price")} == {("inactive", Decimal("5.00"))}


@pytest.mark.django_db(transaction=True)
def test_two_people_who_change_the_same_products_do_not_wait_for_each_other_forever(
    vendor_a: Vendor, vendor_b: Vendor, alice: User, bob: User
) -> None:
    both = [*many(vendor_a, 300), *many(vendor_b, 300)]

    def work(by: User, products: list[int], to: Product.Status) -> None:
        try:
            for _ in range(5):
                status.set_status(products, to, by=by)
        finally:
            connection.close()

    with ThreadPoolExecutor() as others:
        running = [
            others.submit(work, alice, both, INACTIVE),
            others.submit(work, bob, both[::-1], ACTIVE),
        ]
        for each in running:
            each.result()
    for product in Product.objects.all():
        changes = ProductChange.objects.filter(product_id=product.pk).order_by("pk")
        held = [*(change.before["status"] for change in changes if change.before), product.status]
        assert held[0] == "active"
        assert all(before != after for before, after in pairwise(held))


@pytest.mark.django_db(transaction=True)
def test_products_that_stay_locked_are_named_and_the_others_are_changed(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PER_TRANSACTION", 2)
    made = sorted(many(vendor_a, 4))

    def click() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            chosen = {"product": made, "to": "inactive"}
            return as_alice.post("/products/status/", chosen)
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor() as other:
        Product.objects.select_for_update().get(pk=made[1])
        answer = other.submit(click).result()
    assert said(answer).startswith(
        "2 products deactivated. We’re importing a file with these products"
    )
    assert statuses().count("inactive") == 2
