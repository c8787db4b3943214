"""The quality score of vendors, and the file that raises it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from catalog.models import Product, ProductChange
from imports.datasets.products import DATASET
from imports.maintenance.quality import count_daily
from imports.models import RowError, Upload, VendorQuality
from imports.reports import quality
from imports.reports.quality import count_quality, lines_of
from tests.admin.conftest import list_of, make_product
from tests.conftest import arrived, import_due
from tests.downloads import Download
from tests.imports.test_export import TEXTS
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
COMPLETE = {
    "image_url": "https://images.example.com/1.jpg",
    "description": "A mouse",
    "brand": "Clicky",
    "gtin": "04006381333931",
    "weight_kg": "0.085",
    "dimensions_cm": "11 x 6.5 x 4",
}
PAGES = ("improve_csv", "improve_workbook")


def complete(vendor: Vendor, number: int, **changes: Any) -> Product:
    return make_product(vendor, number, **{**COMPLETE, **changes})


def test_the_columns_that_matter_are_worth_100_points() -> None:
    assert sum(DATASET.quality.values()) == 100
    assert DATASET.quality.keys() == COMPLETE.keys()
    assert not any(DATASET.by_key[key].required for key in DATASET.quality)


def test_a_score_is_the_average_of_active_products(vendor_a: Vendor, vendor_b: Vendor) -> None:
    complete(vendor_a, 1)
    complete(vendor_a, 2, image_url=None, brand="")  # 55
    complete(vendor_a, 3, weight_kg=None)  # 90
    make_product(vendor_a, 4, status="inactive")
    make_product(vendor_b, 5)
    assert count_quality() == 2
    found = VendorQuality.objects.get(vendor=vendor_a)
    assert (found.score, found.products, found.incomplete) == (81, 3, 2)  # 245 / 3
    assert VendorQuality.objects.get(vendor=vendor_b).score == 0
    lines = [(line.column.key, line.has, line.lacks, line.gain) for line in lines_of(found)]
    assert lines[:3] == [
        ("image_url", 2, 1, "10.0"),
        ("brand", 2, 1, "5.0"),
        ("weight_kg", 2, 1, "3.3"),
    ]
    assert sum(line.tenths for line in lines_of(found)) == 183
    Product.objects.filter(vendor=vendor_a).update(status="inactive")
    assert count_quality([vendor_a.pk]) == 0
    assert [each.vendor_id for each in VendorQuality.objects.all()] == [vendor_b.pk]


def test_all_vendors_are_counted_once_a_day(vendor_a: Vendor, vendor_b: Vendor) -> None:
    complete(vendor_a, 1)
    assert count_daily() == 1
    make_product(vendor_b, 2)
    count_quality([vendor_b.pk])
    assert count_daily() == 0
    old = now() - timedelta(days=1)
    VendorQuality.objects.filter(vendor=vendor_a).update(counted_at=old)
    assert count_daily() == 2


def test_an_import_that_changes_products_counts_them(
    run_upload: Run, vendor_a: Vendor, django_capture_on_commit_callbacks: Any
) -> None:
    def scores(rows: list[dict[str, str]], **how: Any) -> list[tuple[int, int]]:
        with django_capture_on_commit_callbacks(execute=True):
            run_upload(rows, **how)
        return [*VendorQuality.objects.values_list("score", "products")]

    assert scores([good_row(1)], only_check=True) == []
    assert scores([good_row(1), good_row(2, **COMPLETE)]) == [(50, 2)]
    VendorQuality.objects.update(score=7)
    assert scores([good_row(2)], mode="update") == [(7, 2)]  # nothing is changed
    assert scores([good_row(1, brand="Clicky")], mode="update") == [(57, 2)]


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def body(client: Client, name: str) -> bytes:
    return Download(client.get(reverse(name))).content


@pytest.mark.parametrize("name", PAGES)
def test_the_file_uploaded_as_it_is_changes_nothing(
    run_upload: Run, as_alice: Client, vendor_a: Vendor, vendor_b: Vendor, name: str
) -> None:
    run_upload([good_row(0)])
    for number, text in enumerate(TEXTS, 1):
        changes = {} if number % 2 else COMPLETE | {"image_url": None}
        names = {
            "vendor_product_id": f"={number}",
            "product_name": text,
            "sku": f"SKU {text[:20].strip()} {number}",
        }
        make_product(vendor_a, number, **{**names, **changes, "description": text})
    complete(vendor_a, 99)
    make_product(vendor_b, 100)
    before = [*Product.objects.order_by("pk").values()]
    changes_before = ProductChange.objects.count()
    extension = "csv" if name == "improve_csv" else "xlsx"
    upload = run_upload(body(as_alice, name), mode="update", file_name=f"improve.{extension}")
    found = {error.error_message for error in RowError.objects.of_run(upload).errors()}
    assert (upload.status, found) == ("completed", set())
    assert upload.unchanged_records == upload.total_records == len(TEXTS) + 1
    assert [*Product.objects.order_by("pk").values()] == before
    assert ProductChange.objects.count() == changes_before


def test_the_file_has_what_lacks_most_first_and_filled_cells_raise_the_score(
    run_upload: Run, as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_upload([good_row(1, **COMPLETE), good_row(2), good_row(3, **COMPLETE | {"brand": ""})])
    make_product(vendor_a, 4, status="inactive")
    text = body(as_alice, "improve_csv").decode("utf-8-sig")
    header, *rows = text.splitlines()
    assert header == (
        "Vendor Product ID*,Product Name*,Description,SKU*,Brand,Weight kg,Dimensions cm,Image URL,"
        "GTIN"
    )
    assert rows == [
        "VP-2,Wireless mouse,,SKU-2,,,,,",
        f"VP-3,Wireless mouse,A mouse,SKU-3,,0.085,11 x 6.5 x 4,{COMPLETE['image_url']},"
        + COMPLETE["gtin"],
    ]
    filled = text.replace("SKU-3,,", "SKU-3,Clicky,")
    upload = run_upload(filled.encode(), mode="update")
    assert (upload.updated_records, upload.unchanged_records) == (1, 1)
    assert ProductChange.objects.latest("change_id").before == {"brand": None}
    count_quality()
    page = as_alice.get(reverse("quality")).content.decode()
    assert "Quality: 66 of 100" in page
    assert "Download the product that lacks something" in page
    monkeypatch.setattr(quality, "MOST", 1)
    run_upload([good_row(5)])
    assert len(body(as_alice, "improve_csv").splitlines()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_vendor_is_counted_after_its_last_file_that_is_due(
    run_upload: Run, vendor_a: Vendor
) -> None:
    for number in (1, 2, 3):
        arrived([good_row(number)], vendor=vendor_a)
    with CaptureQueriesContext(connection) as queries:
        import_due()
    counted = [each["sql"] for each in queries if 'INSERT INTO "vendor_quality"' in each["sql"]]
    assert len(counted) == 1
    assert VendorQuality.objects.get(vendor=vendor_a).products == 3
    later = arrived([good_row(4)], vendor=vendor_a)
    Upload.objects.filter(pk=later.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_upload([good_row(5)])
    assert VendorQuality.objects.get(vendor=vendor_a).products == 4


def test_pages_show_the_score_or_none(
    as_alice: Client, vendor_a: Vendor, admin: User, client: Client
) -> None:
    assert "No score yet" in as_alice.get(reverse("quality")).content.decode()
    assert as_alice.get(reverse("improve_csv"))["Location"] == reverse("quality")
    complete(vendor_a, 1)
    count_quality()
    page = as_alice.get(reverse("quality")).content.decode()
    assert "Quality: 100 of 100" in page
    assert 'data-empty="complete"' in page
    assert 'data-total="quality"' in as_alice.get(reverse("home")).content.decode()
    assert "Quality: 100 of 100" in as_alice.get(reverse("products")).content.decode()
    help_page = as_alice.get(reverse("help", args=["products"])).content.decode()
    for key in DATASET.quality:
        assert f'scope="row">{DATASET.label(key)}</th>' in help_page
    client.force_login(admin)
    overview = reverse("admin:vendors_vendor_overview", args=[vendor_a.pk])
    assert "100 of 100 (1 active product, counted" in client.get(overview).content.decode()


def test_staff_sort_vendors_by_quality(
    client: Client, admin: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    make_product(vendor_a, 1)
    complete(vendor_b, 2)
    count_quality()
    client.force_login(admin)
    position = client.get(list_of(Vendor)).context["cl"].list_display.index("quality_score")
    for order, expected in (("", [vendor_a, vendor_b]), ("-", [vendor_b, vendor_a])):
        found = client.get(list_of(Vendor), {"o": f"{order}{position}"}).context["cl"]
        assert [*found.result_list] == expected
