"""The vendor's products: the list with its filters, and a product with its history."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import history
from catalog.models import Category, Product, ProductChange
from imports.models import Upload
from onboarding.products import product_list
from tests.admin.conftest import make_product
from tests.downloads import Download
from tests.onboarding.conftest import Browse, text_of
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
MORE_THAN_60 = "More than 60 products. These are the newest; search or filter to find others."


def listed(client: Client, query: str = "") -> list[int]:
    found = re.findall(r'data-product="(\d+)"', text_of(client.get(f"/products/{query}")))
    return [int(each) for each in found]


def total(client: Client, query: str = "") -> str:
    page = text_of(client.get(f"/products/{query}"))
    return "".join(re.findall(r'data-total="products">([^<]*)<', page))


def empty(client: Client, query: str = "") -> str:
    page = text_of(client.get(f"/products/{query}"))
    return "".join(re.findall(r'data-empty="([^"]*)"', page))


@pytest.fixture
def four(vendor_a: Vendor, categories: list[str]) -> list[int]:
    """Four products, the newest first."""
    made = [
        make_product(vendor_a, 1, product_name="Wireless mouse", sku="TM-MOUSE-01"),
        make_product(vendor_a, 2, product_name="Schneeschaufel Größe L", category="Books"),
        make_product(vendor_a, 3, product_name="Keyboard, 'silent'", status="inactive"),
        make_product(vendor_a, 4, product_name="日本語 Mousepad", vendor_product_id="0042"),
    ]
    return [product.pk for product in reversed(made)]


@pytest.mark.parametrize(
    ("query", "positions"),
    [
        ("", [0, 1, 2, 3]),
        ("?q=mouse", [0, 3]),
        ("?q=MOUSE", [0, 3]),
        ("?q=mouse+wire", [3]),
        ("?q=tm-mouse-01", [3]),
        ("?q=%20TM%2FMOUSE", [3]),
        ("?q=GRÖSSE", []),
        ("?q=GRÖßE", [2]),
        ("?q=größ", [2]),
        ("?q=0042", [0]),
        ("?q=日本", [0]),
        ("?q=日", []),  # one character has to be the whole word
        ("?q=silent", [1]),
        ("?q=l", [2]),
        ("?q=ouse", []),
        ("?q=vp+sku-3", [1]),
        ("?q='%3A*+%26+|!()", []),
        ("?category=Books", [2]),
        ("?status=inactive", [1]),
        ("?status=active&category=Audio&q=mou", [0, 3]),
        ("?upload=UPLOAD_NONE", []),
    ],
)
def test_filters(query: str, positions: list[int], as_alice: Client, four: list[int]) -> None:
    assert listed(as_alice, query) == [four[position] for position in positions]


@pytest.mark.parametrize(
    "query", ["?status=lost", "?category=Nothing", "?upload=a%20b", "?upload=Ä"]
)
def test_an_invalid_filter_is_reported(query: str, as_alice: Client, four: list[int]) -> None:
    assert 'id="error-summary"' in text_of(as_alice.get(f"/products/{query}"))
    assert listed(as_alice, query) == four


def test_products_of_an_upload_are_those_it_created_or_changed(
    run_upload: Run, as_alice: Client
) -> None:
    first = run_upload([good_row(n) for n in (1, 2, 3)])
    second = run_upload([good_row(2, price="5.00"), good_row(3), good_row(4)], mode="update")
    ids = dict(Product.objects.values_list("sku", "pk"))
    assert listed(as_alice, f"?upload={first.pk}") == [ids["SKU-3"], ids["SKU-2"], ids["SKU-1"]]
    assert listed(as_alice, f"?upload={second.pk}") == [ids["SKU-4"], ids["SKU-2"]]
    page = text_of(as_alice.get(f"/products/?upload={second.pk}"))
    assert f'href="/uploads/{second.pk}/">products.csv</a>' in page


def test_each_vendor_sees_their_own_and_staff_see_all(
    as_alice: Client, browse: Browse, vendor_a: Vendor, bob: User, viewer: User
) -> None:
    hers = make_product(vendor_a, 1)
    his = make_product(bob.memberships.get().vendor, 2)
    assert listed(as_alice) == [hers.pk]
    assert listed(browse(bob)) == [his.pk]
    assert listed(browse(viewer)) == [his.pk, hers.pk]
    assert listed(browse(bob), "?q=mouse") == [his.pk]


def test_a_person_without_a_vendor_sees_none(
    browse: Browse, vendor_a: Vendor, staff: User, unassigned: User
) -> None:
    make_product(vendor_a, 1)
    assert empty(browse(staff)) == empty(browse(unassigned)) == "no-vendor"


def test_what_an_empty_list_says_depends_on_why_it_is_empty(
    as_alice: Client, browse: Browse, viewer: User
) -> None:
    assert empty(as_alice) == "none"
    assert 'href="/uploads/new/"' in text_of(as_alice.get("/products/"))
    assert empty(as_alice, "?q=mouse") == "filtered"
    assert empty(browse(viewer)) == "none"


def test_pages_hold_50_and_keep_the_filter(as_alice: Client, vendor_a: Vendor) -> None:
    for number in range(101):
        make_product(vendor_a, number)
    pages = [listed(as_alice, f"?q=mouse&page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 1]
    assert len({product for page in pages for product in page}) == 101
    assert listed(as_alice, "?page=99") == pages[2]
    assert 'href="?q=mouse&amp;page=2"' in text_of(as_alice.get("/products/?q=mouse"))
    assert total(as_alice) == "101 products"


def test_no_more_than_the_bound_is_counted_or_listed(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_list, "MOST_LISTED", 60)
    for number in range(60):
        make_product(vendor_a, number)
    assert total(as_alice) == "60 products"
    make_product(vendor_a, 60)
    assert total(as_alice) == MORE_THAN_60
    assert len(listed(as_alice, "?page=2")) == 10
    assert listed(as_alice, "?page=3") == listed(as_alice, "?page=2")


def test_of_a_search_that_finds_too_much_the_newest_are_shown(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_list, "MOST_FOUND", 60)
    made = [make_product(vendor_a, number).pk for number in range(70)]
    assert total(as_alice, "?q=mouse") == MORE_THAN_60
    assert listed(as_alice, "?q=mouse") == made[:19:-1]
    assert listed(as_alice, "?q=mouse&page=2") == made[19:9:-1]
    Product.objects.filter(pk__in=made[60:]).delete()
    assert total(as_alice, "?q=mouse") == "60 products"
    assert listed(as_alice, "?q=mouse&page=2") == made[9::-1]


def test_the_number_of_queries_does_not_depend_on_that_of_products(
    run_upload: Run, browse: Browse, viewer: User, as_alice: Client
) -> None:
    counts = []
    for first in (1, 11):
        upload = run_upload([good_row(n) for n in range(first, 11 * first)])
        product = Product.objects.latest("pk")
        for price in range(2, 2 + first):
            run_upload(
                [good_row(product.upload_row or 0, sku=product.sku, price=str(price))],
                mode="update",
            )
        paths = ("", "?q=wireless", f"?upload={upload.pk}", f"{product.pk}/")
        seen = []
        for client in (as_alice, browse(viewer)):
            for path in paths:
                with CaptureQueriesContext(
                    connection,
                ) as queries:
                    assert client.get(f"/products/{path}").status_code == 200
                seen.append(len(queries))
        counts.append(seen)
    assert counts[0] == counts[1]


def fields(client: Client, product: Product, query: str = "") -> dict[str, str]:
    page = text_of(client.get(f"/products/{product.pk}/{query}"))
    details = page.split('id="history"')[0]
    found = re.findall(r'data-field="(\w+)"><dt>[^<]*</dt><dd>(.*?)</dd>', details, re.DOTALL)
    return {name: re.sub(r"<[^>]*>", "", text) for name, text in found}


def test_a_product_shows_all_that_it_holds(run_upload: Run, as_alice: Client) -> None:
    row = good_row(
        1,
        product_name="<b>Mouse</b>",
        description="First line\nsecond line",
        gtin="4006381333931",
        weight_kg="0.5",
    )
    upload = run_upload([row])
    product = Product.objects.get()
    assert fields(as_alice, product) == {
        "vendor_product_id": "VP-1",
        "product_name": "&lt;b&gt;Mouse&lt;/b&gt;",
        "category": "Computer Accessories",
        "subcategory": "empty",
        "description": "First line\nsecond line",
        "sku": "SKU-1",
        "brand": "empty",
        "price": "19.99",
        "compare_at_price": "empty",
        "stock_quantity": "150",
        "unit": "empty",
        "weight_kg": "0.500",
        "dimensions_cm": "empty",
        "image_url": "empty",
        "gtin": "04006381333931",
        "status": "Active",
    }
    page = text_of(as_alice.get(f"/products/{product.pk}/"))
    assert f'<a href="/uploads/{upload.pk}/">products.csv</a>, row 2' in page


Shown = list[tuple[str, dict[str, tuple[str, str]]]]


def shown_history(client: Client, product: Product, query: str = "") -> Shown:
    """Of each change what it was, where it came from, and its fields: before and after."""
    page = text_of(client.get(f"/products/{product.pk}/{query}"))
    found: Shown = []
    for entry in page.split("<li data-change=")[1:]:
        head = " ".join(re.sub(r"<[^>]*>", " ", entry.split("<p", 1)[1].split("</p>")[0]).split())
        head = re.sub(r"^class=\"wrap\"> | \d+ \w+ \d{4}, \d\d:\d\d", "", head)
        replaced = re.findall(
            r'data-field="(\w+)">.*?<del>(.*?)</del>.*?<ins>(.*?)</ins>', entry, re.DOTALL
        )
        plain = {
            name: (re.sub(r"<[^>]*>", "", before), re.sub(r"<[^>]*>", "", after))
            for name, before, after in replaced
        }
        found.append((head, plain))
    return found


def test_the_history_says_what_each_change_replaced_and_by_what(
    run_upload: Run, as_alice: Client, admin: User
) -> None:
    run_upload([good_row(1, price="5.00")], file_name="first.csv")
    run_upload([good_row(1, price="5.50", brand="Clicky")], mode="update", file_name="second.csv")
    product = Product.objects.get()
    product.price, product.status = Decimal("6.00"), "inactive"
    product.save_edit(["price", "status"], by=admin)
    run_upload([good_row(1, price="7.00")], mode="update", file_name="third.csv")
    assert shown_history(as_alice, product) == [
        ("Changed third.csv , row 2", {"price": ("6.00", "7.00")}),
        ("Changed by admin", {"price": ("5.50", "6.00"), "status": ("Active", "Inactive")}),
        (
            "Changed second.csv , row 2",
            {"brand": ("empty", "Clicky"), "price": ("5.00", "5.50")},
        ),
        ("Added first.csv , row 2", {}),
    ]


def test_what_is_gone_is_named_as_far_as_it_is_known(
    run_upload: Run, as_alice: Client, admin: User
) -> None:
    upload = run_upload([good_row(1)])
    product = Product.objects.get()
    product.brand = "Clicky"
    product.save_edit(["brand"], by=admin)
    upload.delete()
    admin.delete()
    assert [head for head, _ in shown_history(as_alice, product)] == [
        "Changed by a person",
        f"Added {product.upload_id} , row 2",
    ]


def test_a_later_page_of_the_history_is_what_one_page_of_all_would_say(
    run_upload: Run, as_alice: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_upload([good_row(1)])
    product = Product.objects.get()
    for number in range(23):
        name = ("brand", "unit", "description")[number % 7 % 3]
        setattr(product, name, f"{name} {number}" if number % 5 else None)
        product.save_edit([name], by=admin)
    of_all = shown_history(as_alice, product)
    assert 15 < len(of_all) == ProductChange.objects.count()
    monkeypatch.setattr(history, "PER_PAGE", 4)
    pages = [shown_history(as_alice, product, f"?page={page}") for page in range(1, 8)]
    assert [entry for page in pages for entry in page][: len(of_all)] == of_all
    assert max(map(len, pages)) == 4


def test_a_product_without_recorded_changes_says_so(as_alice: Client, vendor_a: Vendor) -> None:
    product = make_product(vendor_a, 1)
    page = text_of(as_alice.get(f"/products/{product.pk}/"))
    assert "No changes in the last 90 days." in page


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 30, "-1", "x"])
def test_an_unknown_product_is_not_found(number: str, as_alice: Client) -> None:
    assert as_alice.get(f"/products/{number}/").status_code == 404


def test_a_product_of_another_vendor_looks_like_one_that_does_not_exist(
    browse: Browse, bob: User, vendor_a: Vendor
) -> None:
    hers = make_product(vendor_a, 1)
    client = browse(bob)
    theirs, none = client.get(f"/products/{hers.pk}/"), client.get("/products/999999/")
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content)


def test_categories_to_choose_are_all_there_are(as_alice: Client, categories: list[str]) -> None:
    Category.objects.filter(name="Books").update(is_active=False)
    page = text_of(as_alice.get("/products/"))
    assert all(f'<option value="{name.replace("&", "&amp;")}">' in page for name in categories)


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    file = Download(client.get(f"/products/export.csv{query}"))
    assert file.media_type == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="products-\d{8}-\d{6}.csv"', file.disposition)
    return [*csv.DictReader(io.StringIO(file.text))]


@pytest.mark.parametrize(
    ("query", "positions"),
    [("", [0, 1, 2, 3]), ("?q=mouse", [0, 3]), ("?status=inactive&page=7", [1]), ("?q=zzz", [])],
)
def test_what_is_listed_can_be_exported(
    query: str, positions: list[int], as_alice: Client, four: list[int]
) -> None:
    skus = [Product.objects.get(pk=four[position]).sku for position in positions]
    assert [row["SKU*"] for row in exported(as_alice, query)] == skus
    file = Download(as_alice.get(f"/products/export.xlsx{query}"))
    with zipfile.ZipFile(io.BytesIO(file.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert [sku for sku in Product.objects.values_list("sku", flat=True) if sku in sheet] == (
        [*Product.objects.filter(sku__in=skus).values_list("sku", flat=True)]
    )


def test_the_list_links_to_an_export_of_what_it_shows(as_alice: Client, four: list[int]) -> None:
    page = text_of(as_alice.get("/products/?q=mouse&category=Audio&page=1"))
    for kind in ("csv", "xlsx"):
        assert f'href="/products/export.{kind}?q=mouse&amp;category=Audio"' in page


def test_nothing_of_another_vendor_is_exported(
    browse: Browse, bob: User, viewer: User, four: list[int]
) -> None:
    assert exported(browse(bob)) == []
    assert len(exported(browse(viewer))) == 4


def test_an_invalid_filter_exports_nothing(as_alice: Client, four: list[int]) -> None:
    answer = as_alice.get("/products/export.csv?status=lost&q=mouse")
    assert (answer.status_code, answer["Location"]) == (302, "/products/?status=lost&q=mouse")


def test_a_workbook_has_no_more_rows_than_can_be_uploaded(
    as_alice: Client, four: list[int], settings: Any
) -> None:
    settings.UPLOAD_MAX_ROWS = 4
    assert as_alice.get("/products/export.xlsx").status_code == 303
    assert 'href="/products/export.xlsx' in text_of(as_alice.get("/products/"))
    settings.UPLOAD_MAX_ROWS = 3
    assert 'href="/products/export.xlsx' not in text_of(as_alice.get("/products/"))
    answer = as_alice.get("/products/export.xlsx", follow=True)
    assert "An Excel file can have 3 products." in text_of(answer)
    assert len(exported(as_alice)) == 4


def test_staff_see_the_products_of_one_vendor_and_export_them(
    browse: Browse, viewer: User, as_alice: Client, vendor_a: Vendor, bob: User
) -> None:
    hers = make_product(vendor_a, 1)
    his = make_product(bob.memberships.get().vendor, 2)
    staff = browse(viewer)
    for vendor in ("VEND002", "vend002", "garden+%26+grove"):
        assert listed(staff, f"?vendor={vendor}") == [his.pk]
        assert [row["SKU*"] for row in exported(staff, f"?vendor={vendor}")] == ["SKU-2"]
    assert listed(staff, "?vendor=VEND002&q=mouse&status=active") == [his.pk]
    page = text_of(staff.get("/products/?vendor=VEND002"))
    assert 'href="/products/export.csv?vendor=VEND002"' in page
    assert 'value="VEND002"' in page

    assert listed(staff, "?vendor=VEND999") == [his.pk, hers.pk]
    assert "There is no vendor “VEND999”." in text_of(staff.get("/products/?vendor=VEND999"))
    assert staff.get("/products/export.csv?vendor=VEND999").status_code == 302

    assert 'name="vendor"' not in text_of(as_alice.get("/products/"))
    assert listed(as_alice, "?vendor=VEND002") == [hers.pk]
