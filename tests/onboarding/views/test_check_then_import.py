"""A check shows what an import would do, and then does it without another upload."""

import csv
import html
import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Product, ProductChange
from imports import actions
from imports.models import Notification, PlannedChange, RowError, Upload
from imports.models.plan import Plan
from imports.storage import s3
from tests.conftest import drive
from tests.product_files import good_row

Run = Callable[..., Upload]


def page_of(client: Client, upload: Upload) -> str:
    text = client.get(reverse("upload", args=[upload.upload_id])).content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


@pytest.fixture
def check(run_upload: Run) -> Upload:
    """Of four products, two of which are in the catalog, and of one invalid row."""
    run_upload([good_row(1, price="5.00", brand="Clicky"), good_row(2, price="8.00")])
    rows = [
        good_row(1, price="10.00", brand="Clacky"),
        good_row(2, price="8.00"),
        good_row(3),
        good_row(4, price="free"),
    ]
    return run_upload(rows, mode="update", only_check=True)


def test_its_page_says_what_would_change(check: Upload, as_alice: Client) -> None:
    page = page_of(as_alice, check)
    assert "1 of 4 rows would be rejected. 1 new, 1 changed, 1 unchanged." in page
    assert "Brand in 1 product, Price in 1 product." in page
    assert "2 VP-1 Brand: Clicky → becomes Clacky Price: 5.00 → becomes 10.00" in page
    assert "The largest price moves" in page
    assert "5.00 10.00 +100%" in page
    assert "Import these 2 rows" in page
    assert "Rows with errors are left out." in page
    assert not ProductChange.objects.filter(upload_id=check.pk).exists()


def test_all_changes_are_a_file(check: Upload, as_alice: Client) -> None:
    answer = as_alice.get(reverse("changes", args=[check.upload_id]))
    assert "products - changes.csv" in answer.headers["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(text))) == [
        ["Row", "Vendor Product ID", "Change", "Column", "Before", "After"],
        ["2", "VP-1", "changed", "Brand", "Clicky", "Clacky"],
        ["2", "VP-1", "changed", "Price", "5.00", "10.00"],
        ["4", "VP-3", "new", "", "", ""],
    ]


def test_it_is_imported_without_another_upload(
    check: Upload, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(s3, "put_new")
    answer = as_alice.post(reverse("import_checked", args=[check.upload_id]), follow=True)
    assert "We’re importing the file that you checked." in html.unescape(answer.content.decode())
    drive()
    check.refresh_from_db()
    assert (check.status, check.mode, check.is_check, check.run) == ("partial", "update", False, 2)
    assert (check.created_records, check.updated_records, check.unchanged_records) == (1, 1, 1)
    assert Product.objects.get(sku="SKU-1").price == Decimal("10.00")
    kinds = check.actions.filter(run=2).values_list("kind", "by__username")
    assert [*kinds] == [("retry", "alice"), ("import", "alice")]
    assert not RowError.objects.notices().exists()
    assert not PlannedChange.objects.exists()
    assert Notification.objects.filter(upload=check).count() == 2
    assert "Import these" not in page_of(as_alice, check)


def test_a_retry_after_the_import_imports_and_does_not_check(check: Upload) -> None:
    """The object still says that it is a check."""
    for again in (actions.import_checked, actions.retry):
        again(check.upload_id, by=None)
        drive()
        check.refresh_from_db()
        assert not check.is_check
    assert check.run == 3


def test_products_that_changed_since_the_check_are_named(
    check: Upload, as_alice: Client, run_upload: Run, staff: User
) -> None:
    product = Product.objects.get(sku="SKU-1")
    product.price = Decimal("7.00")
    product.save_edit(["price"], by=staff)
    Product.objects.filter(sku="SKU-2").update(stock_quantity=7)
    run_upload([good_row(3, price="1.00", brand="Other")])
    # Content that is newer than the file is not changed by it.
    Product.objects.filter(sku="SKU-3").update(content_at=check.upload_timestamp.replace(year=2000))
    actions.import_checked(check.upload_id, by=None)
    drive()
    check.refresh_from_db()
    found = RowError.objects.of_run(check).filter(error_type="CHANGED_SINCE_CHECK")
    said = dict(found.order_by("row_number").values_list("row_number", "error_message"))
    start = "The catalog has changed since the check. The check said: "
    assert said == {
        2: f"{start}Brand Clicky → Clacky, Price 5.00 → 10.00. The import did: "
        "Brand Clicky → Clacky",
        3: f"{start}unchanged. The import did: Stock Quantity 7 → 150",
        4: f"{start}new. The import did: Price 1.00 → 19.99",
    }
    assert "The catalog has changed since the check." in page_of(as_alice, check)


def test_a_check_of_which_no_row_would_change_anything_cannot_be_imported(
    run_upload: Run, as_alice: Client
) -> None:
    run_upload([good_row(1)])
    for check in (
        run_upload([good_row(1)], mode="update", only_check=True),
        run_upload([good_row(2, price="free")], only_check=True),
    ):
        assert "Import th" not in page_of(as_alice, check)
        with pytest.raises(actions.NotPossible, match="no rows to import"):
            actions.import_checked(check.upload_id, by=None)


def test_an_import_cannot_be_imported_again(run_upload: Run) -> None:
    upload = run_upload([good_row(1)])
    with pytest.raises(actions.NotPossible, match="imported already"):
        actions.import_checked(upload.upload_id, by=None)


def test_a_check_whose_file_is_deleted_says_what_to_do(check: Upload, as_alice: Client) -> None:
    Upload.objects.filter(pk=check.pk).update(source_deleted_at=check.upload_timestamp)
    page = page_of(as_alice, check)
    assert "Import these" not in page
    assert "To import the file, upload it again without “Check only”." in page
    with pytest.raises(actions.NotPossible, match="The file is not stored"):
        actions.import_checked(check.upload_id, by=None)


def test_a_check_of_new_products_is_imported(run_upload: Run, as_alice: Client) -> None:
    check = run_upload([good_row(1)], only_check=True)
    page = page_of(as_alice, check)
    assert "Import this row" in page
    assert "What would change" not in page
    actions.import_checked(check.upload_id, by=None)
    drive()
    check.refresh_from_db()
    assert (check.status, check.created_records) == ("completed", 1)


def test_the_summary_has_a_bounded_size_and_the_largest_moves(
    run_upload: Run, settings: Any, row_by_row: None
) -> None:
    run_upload([good_row(n, price="10.00") for n in range(30)])
    prices = {n: f"{10 + n}.00" for n in range(1, 29)} | {29: "1.00"}
    rows = [good_row(n, price=price) for n, price in prices.items()]
    check = run_upload(rows, mode="update", only_check=True)
    plan = Plan.of(check)
    assert plan.fields == {"price": 29}
    assert [example.row for example in plan.examples] == [*range(2, 22)]
    assert [move.percent for move in plan.moves[:3]] == [-90, 280, 270]
    assert len(plan.moves) == 10


def test_another_vendor_sees_no_plan(check: Upload, client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get(reverse("changes", args=[check.upload_id])).status_code == 404
