"""What staff can change in the catalog, and what they cannot."""

import re
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client

from catalog.content_order import stamp
from catalog.models import Category, CategorySynonym, Product, ProductChange
from tests.admin.conftest import list_of, make_product, page_of
from vendors.models import Vendor


@pytest.fixture
def product(vendor_a: Vendor, categories: list[str]) -> Product:
    return make_product(vendor_a, 1, upload_id="UPLOAD_1", upload_row=7)


FORM = {
    "product_name": "Mouse 1",
    "description": "",
    "category": "Audio",
    "subcategory": "",
    "brand": "",
    "status": "active",
    "image_url": "",
}


def test_staff_mend_texts_category_and_status(as_admin: Client, product: Product) -> None:
    changes = {"product_name": "Silent mouse", "category": "Books", "status": "inactive"}
    answer = as_admin.post(page_of(product), {**FORM, **changes})
    assert answer.status_code == 302
    before = product.updated_at
    product.refresh_from_db()
    assert product.product_name == "Silent mouse"
    assert (product.category, product.status) == ("Books", "inactive")
    assert product.updated_at > before
    # A file of before the edit no longer changes these fields.
    assert product.content_times == dict.fromkeys(changes, stamp(product.updated_at))
    assert product.description is None  # what was left alone stays as it was
    assert "Product name" in LogEntry.objects.get().get_change_message()


def test_the_time_of_a_deactivation_follows_the_status(as_admin: Client, product: Product) -> None:
    page = page_of(product)
    as_admin.post(page, {**FORM, "status": "inactive", "deactivated_at": "1999-01-01"})
    product.refresh_from_db()
    since = product.deactivated_at
    assert since == product.updated_at
    as_admin.post(page, {**FORM, "status": "inactive", "brand": "Clicky"})
    product.refresh_from_db()
    assert (product.brand, product.deactivated_at) == ("Clicky", since)
    assert f"{since:%-d %b %Y}" in as_admin.get(page).content.decode()
    as_admin.post(page, {**FORM, "brand": "Clicky"})
    product.refresh_from_db()
    assert (product.status, product.deactivated_at) == ("active", None)


def test_ids_price_stock_and_origin_are_not_theirs_to_change(
    as_admin: Client, product: Product
) -> None:
    own = {"price": "1.00", "stock_quantity": "0", "sku": "OTHER", "vendor_product_id": "OTHER"}
    as_admin.post(page_of(product), {**FORM, **own, "upload_id": "X", "product_name": "New"})
    product.refresh_from_db()
    assert product.product_name == "New"
    assert (product.price, product.stock_quantity) == (Decimal("19.99"), 5)
    assert (product.sku, product.vendor_product_id, product.upload_id) == (
        "SKU-1",
        "VP-1",
        "UPLOAD_1",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_url", "javascript:alert(1)"),
        ("image_url", "ftp://files.example/x.jpg"),
        ("description", "x" * 2001),
        ("product_name", ""),
        ("status", "gone"),
    ],
)
def test_staff_cannot_write_what_an_import_would_reject(
    as_admin: Client, product: Product, field: str, value: str
) -> None:
    assert as_admin.post(page_of(product), {**FORM, field: value}).status_code == 200
    before = getattr(product, field)
    product.refresh_from_db()
    assert getattr(product, field) == before


def test_a_category_that_is_not_approved_cannot_be_chosen(
    as_admin: Client, product: Product
) -> None:
    Category.objects.create(name="Old", is_active=False)
    for name in ("Old", "Footware"):
        answer = as_admin.post(page_of(product), {**FORM, "category": name})
        assert answer.status_code == 200
        assert "is not one of the available choices" in answer.content.decode()


def test_a_product_keeps_a_category_that_was_deactivated(
    as_admin: Client, product: Product
) -> None:
    Category.objects.filter(name="Audio").update(is_active=False)
    assert as_admin.post(page_of(product), {**FORM, "brand": "Clicky"}).status_code == 302
    product.refresh_from_db()
    assert (product.category, product.brand) == ("Audio", "Clicky")


def test_a_product_leads_to_its_upload(as_admin: Client, product: Product) -> None:
    html = as_admin.get(page_of(product)).content.decode()
    assert 'href="/admin/imports/upload/UPLOAD_5F1/change/"' in html


def test_staff_add_rename_and_deactivate_categories(as_admin: Client) -> None:
    as_admin.post(list_of(Category, "add"), synonyms_form(name="Footwear"))
    category = Category.objects.get()
    assert Category.approved_names() == ["Footwear"]
    as_admin.post(page_of(category), synonyms_form(name="Shoes", is_active=""))
    assert Category.objects.get().name == "Shoes"
    assert Category.approved_names() == []
    assert [entry.user.get_username() for entry in LogEntry.objects.all()] == ["admin"] * 2


def test_two_categories_cannot_differ_by_case_only(as_admin: Client, categories: list[str]) -> None:
    answer = as_admin.post(list_of(Category, "add"), synonyms_form(name="AUDIO"))
    assert "A category with this name already exists." in answer.content.decode()


def synonyms_form(*names: str, **fields: str) -> dict[str, str]:
    """The form of a category with new synonyms."""
    counts = {"synonyms-TOTAL_FORMS": str(len(names)), "synonyms-INITIAL_FORMS": "0"}
    rows = {f"synonyms-{number}-name": name for number, name in enumerate(names)}
    return {"is_active": "on", **fields, **counts, **rows}


def test_staff_keep_synonyms_on_the_page_of_a_category(
    as_admin: Client, categories: list[str]
) -> None:
    books = Category.objects.get(name="Books")
    form = synonyms_form("Bücher", "  Livres ", name="Books")
    assert as_admin.post(page_of(books), form).status_code == 302
    assert Category.approved_synonyms() == {"Bücher": "Books", "Livres": "Books"}
    Category.objects.filter(name="Books").update(is_active=False)
    assert Category.approved_synonyms() == {}


def test_a_word_has_one_meaning(as_admin: Client, categories: list[str]) -> None:
    books, audio = Category.objects.get(name="Books"), Category.objects.get(name="Audio")
    CategorySynonym.objects.create(category=books, name="Livres")
    for name, said in (
        ("LIVRES", "A synonym with this name already exists."),
        ("aUDIO", "This is the name of a category."),
        ("Books", "This is the name of a category."),
    ):
        answer = as_admin.post(page_of(audio), synonyms_form(name, name="Audio"))
        assert said in answer.content.decode()
    new = as_admin.post(list_of(Category, "add"), synonyms_form("hats", name="Hats"))
    assert "This is the name of a category." in new.content.decode()
    new = as_admin.post(list_of(Category, "add"), synonyms_form(name="livres"))
    assert "This is a synonym of Books. Delete the synonym first." in new.content.decode()


def test_viewers_see_synonyms_and_change_none(as_viewer: Client, categories: list[str]) -> None:
    books = Category.objects.get(name="Books")
    CategorySynonym.objects.create(category=books, name="Livres")
    assert "Livres" in as_viewer.get(page_of(books)).content.decode()
    answer = as_viewer.post(page_of(books), synonyms_form("Bücher", name="Books"))
    assert answer.status_code == 403
    assert Category.approved_synonyms() == {"Livres": "Books"}


def test_renaming_a_category_in_use_says_what_does_not_follow(
    as_admin: Client, product: Product
) -> None:
    category = Category.objects.get(name="Audio")
    answer = as_admin.post(page_of(category), synonyms_form(name="Sound"))
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert any("keep the category 'Audio'" in text for text in said)
    product.refresh_from_db()
    assert product.category == "Audio"


def test_only_a_category_without_products_can_be_deleted(
    as_admin: Client, product: Product
) -> None:
    used, unused = Category.objects.get(name="Audio"), Category.objects.get(name="Books")
    page = as_admin.get(page_of(used, "delete")).content.decode()
    assert "used by products: deactivate it instead" in page
    as_admin.post(page_of(used, "delete"), {"post": "yes"})
    as_admin.post(page_of(unused, "delete"), {"post": "yes"})
    both = {"action": "delete_selected", "_selected_action": [used.pk], "post": "yes"}
    as_admin.post(list_of(Category), both)
    assert "Audio" in Category.approved_names()
    assert "Books" not in Category.approved_names()


def test_the_page_of_a_product_shows_what_was_changed(
    as_admin: Client, product: Product, admin: User
) -> None:
    ProductChange.objects.create(
        product_id=product.pk,
        vendor_id=product.vendor_id,
        upload_id="UPLOAD_1",
        upload_row=7,
        kind="U",
        before={"price": "5.00"},
    )
    product.brand = "<b>Clicky</b>"
    product.save_edit(["brand"], by=admin)
    page = as_admin.get(page_of(product)).content.decode()
    changes = " ".join(re.sub(r"<[^>]*>", " ", page.split('id="ob-changes"')[1]).split())
    assert "Changed admin Brand – → &lt;b&gt;Clicky&lt;/b&gt;" in changes
    assert "Changed UPLOAD_1 , row 7 Price 5.00 → 19.99" in changes


def test_an_invalid_form_does_not_change_what_the_history_says(
    as_admin: Client, product: Product, admin: User
) -> None:
    product.brand = "Clicky"
    product.save_edit(["brand"], by=admin)
    answer = as_admin.post(page_of(product), {**FORM, "brand": "Other", "category": "None"})
    assert "– → Clicky" in answer.content.decode()


def test_an_unknown_product_has_no_page(as_admin: Client, product: Product) -> None:
    assert as_admin.get(page_of(product).replace(str(product.pk), "999999")).status_code == 302
