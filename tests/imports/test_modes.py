"""Modes update and check."""

from collections.abc import Callable
from decimal import Decimal

from catalog.models import Product
from imports.models import ClaimedKey, Notification, RowError, Upload
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
        (5, "sku", "DUPLICATE_SKU"),
        (5, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"),
    }
    assert Product.objects.count() == 1
    mail = Notification.objects.get(upload=upload)
    assert "Check only: nothing was imported" in mail.text_body
    assert "Check only: nothing was imported" in mail.html_body
