"""Modes update and check."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product
from imports.models import ClaimedKey, Notification, RowError, Upload
from imports.models.upload import IS_CHECK, has_base_mode
from tests.conftest import arrived
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


def errors_of(upload: Upload) -> set[tuple[int, str, str]]:
    return set(
        RowError.objects.filter(upload=upload).values_list(
            "row_number", "column_name", "error_type"
        )
    )


def test_update_changes_what_the_file_fills_and_keeps_the_rest(run_upload: Run) -> None:
    run_upload([good_row(1, brand="Clicky", description="Old"), good_row(2)])

    upload = run_upload(
        "Vendor Product ID,Price,Brand\nVP-1,25.00,\nVP-2,30.00,New brand\n", mode="update"
    )

    assert (upload.status, upload.valid_records) == ("completed", 2)
    first, second = Product.objects.order_by("sku")
    assert (first.price, first.brand, first.description) == (Decimal("25.00"), "Clicky", "Old")
    assert (second.price, second.brand, second.product_name) == (
        Decimal("30.00"),
        "New brand",
        "Wireless mouse",
    )
    assert first.updated_at > first.created_at
    assert not ClaimedKey.objects.exists()


def test_update_adds_products_that_are_not_stored_yet(run_upload: Run) -> None:
    upload = run_upload([good_row(1)], mode="update")
    assert upload.status == "completed"
    assert Product.objects.get().upload_id == upload.upload_id


def test_update_of_an_unknown_product_needs_all_required_cells(run_upload: Run) -> None:
    upload = run_upload("vendor_product_id,price\nVP-7,3.00\n", mode="update")
    assert upload.status == "failed"
    assert errors_of(upload) == {
        (2, column, "REQUIRED_FIELD")
        for column in ("product_name", "category", "sku", "stock_quantity")
    }


def test_update_cannot_change_a_sku(run_upload: Run) -> None:
    run_upload([good_row(1)])
    upload = run_upload([good_row(1, sku="SKU-OTHER")], mode="update")
    assert errors_of(upload) == {(2, "sku", "SKU_MISMATCH")}
    assert Product.objects.get().sku == "SKU-1"


def test_update_finds_the_vendors_own_products_only(run_upload: Run, vendor_b: Vendor) -> None:
    run_upload([good_row(1)], vendor=vendor_b)
    upload = run_upload([good_row(1, price="1.00")], mode="update")
    assert errors_of(upload) == {(2, "sku", "DUPLICATE_SKU")}
    assert Product.objects.get().price == Decimal("19.99")


def test_update_takes_the_first_of_two_rows_with_one_id(run_upload: Run) -> None:
    run_upload([good_row(1)])
    upload = run_upload("vendor_product_id,price\nVP-1,-1\nVP-1,5.00\nVP-1,6.00\n", mode="update")
    assert errors_of(upload) == {
        (2, "price", "INVALID_PRICE"),
        (4, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"),
    }
    assert Product.objects.get().price == Decimal("5.00")
    message = RowError.objects.get(row_number=4).error_message
    assert message == "Vendor Product ID 'VP-1' is already used in row 3 of this file"


def test_update_does_not_change_a_product_that_the_same_file_adds(run_upload: Run) -> None:
    upload = run_upload(
        [good_row(1), {"vendor_product_id": "VP-1", "price": "6.00"}], mode="update"
    )
    assert errors_of(upload) == {(3, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID")}


def test_update_remembers_ids_across_batches(run_upload: Run, settings: object) -> None:
    settings.BATCH_ROWS = 1  # type: ignore[attr-defined]
    run_upload([good_row(1)])
    long = "x" * 1_900  # long, so that there are many staged items and batches
    rows = [good_row(n, description=long) for n in range(2, 400)]
    upload = run_upload(
        [good_row(1, price="5.00", description=long), *rows, good_row(1, price="6.00")],
        mode="update",
    )
    assert errors_of(upload) == {(401, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID")}
    assert Product.objects.get(sku="SKU-1").price == Decimal("5.00")


@pytest.mark.parametrize(
    ("stored", "base_mode", "is_check"),
    [
        ({"mode": "create"}, "create", False),
        ({"mode": "update"}, "update", False),
        ({"mode": "check"}, "create", True),  # of the version before `only_check`
        ({"mode": "check", "check_of": "update", "only_check": True}, "update", True),
        ({"mode": "update", "only_check": True}, "update", True),  # of the next version
    ],
)
def test_the_row_says_what_is_asked(
    stored: dict[str, Any], base_mode: str, is_check: bool, vendor_a: Vendor
) -> None:
    upload = arrived([good_row(1)], vendor=vendor_a)
    Upload.objects.update(**stored)
    upload.refresh_from_db()
    assert (upload.base_mode, upload.is_check) == (base_mode, is_check)
    assert Upload.objects.filter(IS_CHECK).exists() == is_check
    assert Upload.objects.filter(has_base_mode(base_mode)).exists()
    other = "update" if base_mode == "create" else "create"
    assert not Upload.objects.filter(has_base_mode(other)).exists()


@pytest.mark.parametrize(
    ("asked", "only_check", "stored"),
    [
        ("update", False, ("update", "", False)),
        ("update", True, ("check", "update", True)),
        ("create", True, ("check", "create", True)),
        ("check", False, ("check", "create", True)),
    ],
)
def test_an_earlier_version_reads_check_of_a_check(
    asked: str, only_check: bool, stored: tuple[str, str, bool]
) -> None:
    upload = Upload()
    upload.ask(asked, only_check=only_check)
    assert (upload.mode, upload.check_of, upload.only_check) == stored


def test_a_check_of_an_update_says_what_the_update_would_do(run_upload: Run) -> None:
    rows = [good_row(n) for n in range(20)]
    run_upload(rows)
    before = list(Product.objects.order_by("pk").values())
    prices = [{"vendor_product_id": row["vendor_product_id"], "price": "5.00"} for row in rows]

    upload = run_upload(prices, mode="update", only_check=True)

    assert (upload.status, upload.valid_records) == ("completed", 20)
    assert list(Product.objects.order_by("pk").values()) == before
    mail = Notification.objects.get(upload=upload)
    assert mail.subject == "Product Update Check Complete - products.csv (100% Ready)"
    assert "Mode: Update products and add new ones (check only)" in mail.text_body
    assert "Update products and add new ones (check only)" in mail.html_body


def test_check_reports_what_would_happen_and_imports_nothing(run_upload: Run) -> None:
    run_upload([good_row(9)])

    upload = run_upload(
        [good_row(1), good_row(1), good_row(2, price="0"), good_row(9)], mode="check"
    )

    assert upload.status == "partial"
    assert (upload.total_records, upload.valid_records, upload.error_records) == (4, 1, 3)
    assert errors_of(upload) == {
        (3, "sku", "DUPLICATE_SKU"),
        (3, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"),
        (4, "price", "INVALID_PRICE"),
        (5, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"),
    }
    assert Product.objects.count() == 1
    mail = Notification.objects.get(upload=upload)
    assert "Check only: nothing was imported" in mail.text_body
    assert "Check only: nothing was imported" in mail.html_body


def test_a_check_uses_up_no_ids(run_upload: Run) -> None:
    """They have four bytes, and people check their files again and again."""
    first = run_upload([good_row(1)])
    run_upload([good_row(n) for n in range(2, 30)], mode="check")
    second = run_upload([good_row(2)])
    before, after = (Product.objects.get(upload_id=each.upload_id) for each in (first, second))
    assert after.product_id == before.product_id + 1
