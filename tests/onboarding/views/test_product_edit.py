"""Editing one product: the rules of files, only what was changed, nothing overwritten unseen."""

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.utils.timezone import now

from catalog.content_order import FieldStamps
from catalog.models import Category, Product, ProductChange
from imports.datasets.products import DATASET
from imports.destinations.postgres import PostgresTable
from imports.models import RowError, Upload
from onboarding.products.product_edit import COLUMNS, SHOWN
from tests.conftest import arrived, drive
from tests.onboarding.conftest import Browse, text_of, wait_for_a_lock
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
FILLED = {
    "subcategory": "Mice",
    "description": "First line\nsecond line",
    "brand": "Clicky",
    "compare_at_price": "24.99",
    "weight_kg": "0.085",
    "gtin": "4006381333931",
}


@pytest.fixture
def product(run_upload: Run) -> Product:
    run_upload([good_row(1, **FILLED)])
    return Product.objects.get()


def form_of(client: Client, product: Product) -> dict[str, str]:
    """What a browser sends of the form as it is shown."""
    return sent_by(text_of(client.get(f"/products/{product.pk}/edit/")))


def sent_by(page: str) -> dict[str, str]:
    form = page.split('id="edit-form"')[1].split("</form>", maxsplit=1)[0]
    found = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input [^>]*?name="([^"]*)"[^>]*? value="([^"]*)"', form)
    }
    for name, text in re.findall(
        r'<textarea name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = html.unescape(text)
    for name, options in re.findall(r'<select name="([^"]*)"(.*?)</select>', form, re.DOTALL):
        [chosen] = re.findall(r'value="([^"]*)" selected', options)
        found[name] = html.unescape(chosen)
    del found["csrfmiddlewaretoken"]
    return {name: text.replace("\n", "\r\n") for name, text in found.items()}


def save(client: Client, product: Product, **changes: str) -> Any:
    form = form_of(client, product)
    return client.post(f"/products/{product.pk}/edit/", form | changes)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def found_in(answer: Any) -> dict[str, list[str]]:
    """The codes beside each field."""
    fields = text_of(answer).split('data-field="')[1:]
    found = {each.split('"')[0]: re.findall(r'data-code="(\w+)"', each) for each in fields}
    return {name: codes for name, codes in found.items() if codes}


def test_the_form_has_a_field_for_each_column_that_can_change(
    as_alice: Client, product: Product
) -> None:
    form = form_of(as_alice, product)
    keys = [column.key for column in COLUMNS]
    assert sorted(form) == sorted([*keys, *(SHOWN.format(key) for key in keys)])
    assert {*keys} == {column.key for column in DATASET.columns} - {"vendor_product_id", "sku"}
    assert form["description"] == "First line\r\nsecond line"
    assert (form["price"], form["weight_kg"], form["unit"]) == ("19.99", "0.085", "")
    page = text_of(as_alice.get(f"/products/{product.pk}/edit/"))
    for column in COLUMNS:
        assert f'<label for="id_{column.key}">{column.label}' in page
        assert str(column.about) in html.unescape(page)
    assert 'data-fixed="sku"><dt>SKU</dt><dd class="value">SKU-1</dd>' in page
    assert 'data-fixed="vendor_product_id"><dt>Vendor Product ID</dt>' in page


def test_only_what_was_changed_is_stored_and_recorded_with_who(
    as_alice: Client, alice: User, product: Product
) -> None:
    answer = save(as_alice, product, price="21.50", product_name=" Mouse  M1 ", brand="")
    assert (answer.status_code, answer["Location"]) == (302, f"/products/{product.pk}/")
    assert said(answer) == ["Changes saved."]
    before = product
    product = Product.objects.get()
    assert (product.price, product.product_name, product.brand) == (
        Decimal("21.50"),
        "Mouse  M1",
        None,
    )
    change = ProductChange.objects.get(kind="U")
    assert (change.by, change.upload_id) == (alice, None)
    assert change.before == {
        "price": "19.99",
        "product_name": "Wireless mouse",
        "brand": "Clicky",
    }
    assert product.content_times is not None
    assert product.content_times.keys() == change.before.keys()
    assert product.description == before.description
    assert "by alice" in text_of(as_alice.get(f"/products/{product.pk}/"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"price": " +19.99 ", "weight_kg": "0.0850"},
        {"product_name": "Wireless mouse\u200b "},
        {"gtin": "400-6381-333931"},
        {"category": "computer ACCESSORIES"},
        {"unit": "  "},
        {"unit": "(clear)"},
    ],
)
def test_what_changes_nothing_says_so_and_records_nothing(
    changes: dict[str, str], as_alice: Client, product: Product
) -> None:
    answer = save(as_alice, product, **changes)
    assert said(answer) == ["Nothing was changed: the product already has these values."]
    assert ProductChange.objects.count() == 1
    assert Product.objects.get().updated_at == product.updated_at


def test_mistakes_are_those_of_a_file_and_nothing_is_saved(
    as_alice: Client, product: Product
) -> None:
    answer = save(
        as_alice,
        product,
        price="-1",
        category="Audoi",
        gtin="4006381333932",
        product_name="",
        brand="Other",
        description="x" * 2001,
    )
    assert answer.status_code == 422
    assert found_in(answer) == {
        "product_name": ["REQUIRED_FIELD"],
        "category": ["INVALID_CATEGORY"],
        "description": ["FIELD_TOO_LONG"],
        "price": ["INVALID_PRICE"],
        "gtin": ["INVALID_GTIN"],
    }
    page = html.unescape(text_of(answer))
    assert "Category 'Audoi' is not approved. Did you mean 'Audio'?" in page
    assert "Enter a number from 0.01 to 999,999.99" in page
    assert 'value="Other"' in page
    assert Product.objects.get().updated_at == product.updated_at
    answer = as_alice.post(f"/products/{product.pk}/edit/", sent_by(text_of(answer)))
    assert answer.status_code == 422


def test_a_warning_is_shown_and_does_not_block(as_alice: Client, product: Product) -> None:
    answer = save(as_alice, product, product_name="MÃ¤use")
    saved, warning = said(answer)
    assert saved == "Changes saved."
    assert warning.startswith(
        "Product Name contains 'MÃ¤use': letters look wrong. Should it be 'Mäuse'? Another program"
    )
    assert Product.objects.get().product_name == "MÃ¤use"
    answer = save(as_alice, product, product_name="FÃ¼r", price="x")
    assert found_in(answer) == {"product_name": ["MOJIBAKE"], "price": ["INVALID_PRICE"]}


def test_a_category_that_is_no_longer_approved_may_stay(as_alice: Client, product: Product) -> None:
    Category.objects.filter(name="Computer Accessories").update(is_active=False)
    assert save(as_alice, product, price="5.00").status_code == 302
    assert save(as_alice, product, category="Audio").status_code == 302
    answer = save(as_alice, product, category="Computer Accessories")
    assert found_in(answer) == {"category": ["INVALID_CATEGORY"]}
    product.refresh_from_db()
    assert (product.category, product.price) == ("Audio", Decimal("5.00"))


def test_a_stored_value_that_rules_would_reject_today_may_stay(
    as_alice: Client, product: Product
) -> None:
    Product.objects.update(brand="x" * 100, image_url="ftp://old.example/1.jpg")
    assert save(as_alice, product, price="5.00").status_code == 302


def test_line_breaks_survive_fields_that_were_not_touched(
    as_alice: Client, product: Product
) -> None:
    stored = {"product_name": "Two\nlines", "description": "\n a\r\nb\rc", "brand": "a\r\nb"}
    Product.objects.update(**stored)
    assert save(as_alice, product, price="5.00").status_code == 302
    product.refresh_from_db()
    assert {name: getattr(product, name) for name in stored} == stored
    assert save(as_alice, product, description="a\r\nb").status_code == 302
    product.refresh_from_db()
    assert product.description == "a\nb"


def test_a_field_that_an_older_file_left_empty_can_be_filled(
    run_upload: Run, as_alice: Client
) -> None:
    run_upload([good_row(1, brand="")], mode="update")
    product = Product.objects.get()
    assert save(as_alice, product, brand="Clicky").status_code == 302
    product.refresh_from_db()
    assert product.brand == "Clicky"


def test_a_change_in_the_meantime_is_shown_and_asked_about(
    as_alice: Client, product: Product, admin: User
) -> None:
    opened = form_of(as_alice, product)
    product.price, product.brand, product.unit = Decimal("30.00"), None, "box"
    product.save_edit(["price", "brand", "unit"], by=admin)
    path = f"/products/{product.pk}/edit/"
    answer = as_alice.post(path, opened | {"price": "21.50", "brand": "Other", "weight_kg": "1"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Changed from “19.99” to “30.00” in the meantime." in page
    assert "Emptied in the meantime; it was “Clicky”." in page
    assert page.count("-conflict") == page.count("price-conflict") + page.count("brand-conflict")
    product.refresh_from_db()
    assert product.price == Decimal("30.00")
    again = sent_by(page)
    assert (again["price"], again["brand"], again["unit"]) == ("21.50", "Other", "box")
    assert as_alice.post(path, again).status_code == 302
    stored = Product.objects.get()
    assert (stored.price, stored.brand, stored.unit) == (Decimal("21.50"), "Other", "box")
    assert stored.weight_kg == Decimal("1.000")


def test_a_change_of_other_fields_in_the_meantime_stays_and_asks_nothing(
    as_alice: Client, product: Product, run_upload: Run
) -> None:
    opened = form_of(as_alice, product)
    run_upload([{"vendor_product_id": "VP-1", "price": "3.00", "unit": "box"}], mode="update")
    changes = {"brand": "Other", "unit": "box"}  # the same as in the file
    assert as_alice.post(f"/products/{product.pk}/edit/", opened | changes).status_code == 302
    product.refresh_from_db()
    assert (product.price, product.brand, product.unit) == (Decimal("3.00"), "Other", "box")


def test_a_form_that_is_sent_twice_changes_once(as_alice: Client, product: Product) -> None:
    form = form_of(as_alice, product) | {"price": "5.00"}
    for _ in range(2):
        assert as_alice.post(f"/products/{product.pk}/edit/", form).status_code == 302
    assert ProductChange.objects.filter(kind="U").count() == 1


def test_viewers_have_no_buttons(browse: Browse, viewer: User, product: Product) -> None:
    page = text_of(browse(viewer).get(f"/products/{product.pk}/"))
    assert "/edit/" not in page
    assert "/status/" not in page
    assert "/status/" not in text_of(browse(viewer).get("/products/"))


def test_a_reviewer_edits_for_the_vendor(browse: Browse, reviewer: User, product: Product) -> None:
    assert save(browse(reviewer), product, price="5.00").status_code == 302
    assert ProductChange.objects.get(kind="U").by == reviewer


def test_a_file_of_before_does_not_change_what_was_edited(
    as_alice: Client, product: Product, vendor_a: Vendor
) -> None:
    row = {"vendor_product_id": "VP-1", "price": "3.00", "unit": "box"}
    older = arrived([row], vendor=vendor_a, mode="update")
    Upload.objects.filter(pk=older.pk).update(next_attempt_at=now() + timedelta(hours=1))
    save(as_alice, product, price="21.50")
    Upload.objects.filter(pk=older.pk).update(next_attempt_at=now())
    drive()
    product.refresh_from_db()
    assert (product.price, product.unit) == (Decimal("21.50"), "box")
    assert "This product was changed on" in RowError.objects.get(upload=older).error_message


@pytest.mark.django_db(transaction=True)
def test_an_import_that_looked_before_an_edit_decides_again(
    run_upload: Run, as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_upload([good_row(1)])
    product = Product.objects.get()
    form = form_of(as_alice, product) | {"price": "21.50"}
    arrived([good_row(1, price="1.00", brand="File")], vendor=vendor_a, mode="update")
    update = PostgresTable.update
    answers: list[int] = []

    def edit() -> None:
        answers.append(as_alice.post(f"/products/{product.pk}/edit/", form).status_code)
        connection.close()

    def edited_meanwhile(*args: Any) -> Any:
        if not answers:
            with ThreadPoolExecutor() as other:
                other.submit(edit).result()
        return update(*args)

    monkeypatch.setattr(PostgresTable, "update", edited_meanwhile)
    drive()
    product.refresh_from_db()
    assert answers == [302]
    assert (product.price, product.brand) == (Decimal("21.50"), "File")
    befores = ProductChange.objects.filter(kind="U").order_by("pk").values_list("before", flat=True)
    assert [*befores] == [{"price": "19.99"}, {"brand": None}]


@pytest.mark.django_db(transaction=True)
def test_an_edit_that_waits_for_an_import_sees_what_it_wrote(
    run_upload: Run, as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit begins while the import's transaction has changed the product."""
    run_upload([good_row(1)])
    product = Product.objects.get()
    form = form_of(as_alice, product) | {"price": "21.50", "unit": "box"}
    arrived([{"vendor_product_id": "VP-1", "price": "1.00"}], vendor=vendor_a, mode="update")
    confirm = PostgresTable._confirm

    def edit() -> Any:
        try:
            return as_alice.post(f"/products/{product.pk}/edit/", form)
        finally:
            connection.close()

    with ThreadPoolExecutor() as other:
        answers = []

        def edited_meanwhile(*args: Any) -> None:
            answers.append(other.submit(edit))
            wait_for_a_lock()
            confirm(*args)

        monkeypatch.setattr(PostgresTable, "_confirm", edited_meanwhile)
        drive()
        [answer] = [each.result() for each in answers]
    assert answer.status_code == 409
    assert "Changed from “19.99” to “1.00” in the meantime." in text_of(answer)
    product.refresh_from_db()
    assert (product.price, product.unit) == (Decimal("1.00"), None)


@pytest.mark.django_db(transaction=True)
def test_a_product_that_stays_locked_is_not_an_error_of_ours(
    run_upload: Run, as_alice: Client
) -> None:
    run_upload([good_row(1)])
    product = Product.objects.get()
    form = form_of(as_alice, product) | {"price": "21.50"}

    def edit() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            return as_alice.post(f"/products/{product.pk}/edit/", form)
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor() as other:
        Product.objects.select_for_update().get()
        answer = other.submit(edit).result()
    assert answer.status_code == 503
    assert 'id="locked"' in text_of(answer)
    assert sent_by(text_of(answer))["price"] == "21.50"


def test_a_stamp_of_an_edit_is_above_those_of_the_field() -> None:
    at = now()
    later = FieldStamps.read(at + timedelta(hours=1), "UPLOAD_1", '{"brand": ""}')
    assert later.edited("price", at) > later.of("price")
    assert later.edited("brand", at).startswith(at.isoformat(timespec="microseconds"))
