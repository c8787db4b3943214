"""Every change of a product is recorded, and what changes nothing is not written."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from catalog.models import ContentConfirmation, Product, ProductChange
from catalog.models.confirmation import ranges
from imports import actions
from imports.maintenance import changes as sweep
from imports.maintenance import retention
from imports.models import Upload
from imports.reports.result import in_words, result_of
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


def changes() -> list[tuple[Any, ...]]:
    """Kind, SKU, row and what was replaced, in order."""
    skus = dict(Product.objects.values_list("pk", "sku"))
    return [
        (change.kind, skus[change.product_id], change.upload_row, change.before)
        for change in ProductChange.objects.order_by("change_id")
    ]


def test_an_import_records_what_it_adds(run_upload: Run, vendor_a: Vendor) -> None:
    upload = run_upload([good_row(1), good_row(2, price="free"), good_row(3)])
    assert changes() == [("I", "SKU-1", 2, None), ("I", "SKU-3", 4, None)]
    change = ProductChange.objects.first()
    assert change is not None
    assert (change.upload_id, change.run, change.vendor_id) == (upload.pk, 1, vendor_a.pk)
    assert (upload.created_records, upload.updated_records, upload.unchanged_records) == (2, 0, 0)


def test_an_update_records_what_it_replaces_and_writes_nothing_else(run_upload: Run) -> None:
    run_upload([good_row(n, price="5.00", brand="Clicky") for n in (1, 2, 3)])
    before = {p.sku: p.updated_at for p in Product.objects.all()}
    upload = run_upload(
        [
            good_row(1, price="5.00", brand="Clicky"),
            good_row(2, price="5.50", brand="", weight_kg="0.25"),
            good_row(4),
        ],
        mode="update",
    )
    assert changes()[3:] == [
        ("I", "SKU-4", 4, None),
        ("U", "SKU-2", 3, {"price": "5.00", "weight_kg": None}),
    ]
    assert (upload.created_records, upload.updated_records, upload.unchanged_records) == (1, 1, 1)
    after = {p.sku: p.updated_at for p in Product.objects.all()}
    assert {sku for sku in before if after[sku] != before[sku]} == {"SKU-2"}


def test_a_number_written_differently_is_the_same(run_upload: Run) -> None:
    run_upload([good_row(1, price="5.00", weight_kg="0.5")])
    upload = run_upload([good_row(1, price="5", weight_kg="0.500")], mode="update")
    assert (upload.updated_records, upload.unchanged_records) == (0, 1)


@pytest.mark.parametrize("mode", ["create", "update"])
def test_a_check_records_nothing_and_counts_what_an_import_would_do(
    run_upload: Run, mode: str
) -> None:
    run_upload([good_row(1), good_row(2)])
    rows = [good_row(1, price="1.00"), good_row(2), good_row(3)]
    check = run_upload(rows, mode=mode, only_check=True)
    assert ProductChange.objects.count() == 2
    done = run_upload(rows, mode=mode)
    counters = ("created_records", "updated_records", "unchanged_records", "error_records")
    assert [getattr(check, c) for c in counters] == [getattr(done, c) for c in counters]
    assert ProductChange.objects.count() == 2 + (1 if mode == "create" else 2)


def test_a_retry_records_nothing_twice_and_counts_what_was_done(run_upload: Run) -> None:
    run_upload([good_row(1), good_row(2)])
    upload = run_upload(
        [good_row(1, price="1.00"), good_row(2), good_row(3), good_row(4, price="x")],
        mode="update",
    )
    counted = (upload.created_records, upload.updated_records, upload.unchanged_records)
    recorded = changes()
    actions.retry(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert changes() == recorded
    assert counted == (1, 1, 1)
    assert (upload.created_records, upload.updated_records, upload.unchanged_records) == counted


def test_an_edit_by_staff_records_who(run_upload: Run, admin: User, client: Client) -> None:
    run_upload([good_row(1)])
    product = Product.objects.get()
    client.force_login(admin)
    page = reverse("admin:catalog_product_change", args=[product.pk])
    form = client.get(page).context["adminform"].form
    fields = {name: form.initial.get(name) or "" for name in form.fields}
    assert client.post(page, fields | {"brand": "Clicky"}).status_code == 302
    change = ProductChange.objects.get(kind="U")
    assert (change.by, change.before, change.upload_id) == (admin, {"brand": None}, None)
    assert client.post(page, fields | {"brand": "Clicky"}).status_code == 302
    assert ProductChange.objects.count() == 2


def sent_for_later(rows: list[dict[str, str]], vendor: Vendor) -> Upload:
    """An update whose work is not due yet."""
    upload = arrived(rows, vendor=vendor, mode="update")
    Upload.objects.filter(pk=upload.pk).update(next_attempt_at=now() + timedelta(hours=1))
    return upload


def price(number: int, price: str) -> dict[str, str]:
    return {"vendor_product_id": f"VP-{number}", "price": price}


def test_a_value_that_a_newer_file_confirmed_is_not_changed_by_an_older_one(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1, price="5.00"), good_row(2, price="5.00")])
    older = sent_for_later(
        [price(1, "4.00") | {"brand": "Old"}, price(2, "4.00") | {"brand": "Old"}], vendor_a
    )
    newer = run_upload([price(1, "5.00")], mode="update")
    assert (newer.updated_records, newer.unchanged_records) == (0, 1)
    Upload.objects.filter(pk=older.pk).update(next_attempt_at=now())
    drive()
    found = Product.objects.order_by("sku").values_list("price", "brand")
    assert [*found] == [(Decimal("5.00"), "Old"), (Decimal("4.00"), "Old")]


def test_an_edit_outlasts_the_retry_of_a_file_that_confirmed_the_value(
    run_upload: Run, vendor_a: Vendor, staff: User
) -> None:
    """Also if S3's clock was ahead of ours."""
    run_upload([good_row(1, price="5.00")])
    upload = arrived([price(1, "5.00"), price(9, "x")], vendor=vendor_a, mode="update")
    Upload.objects.filter(pk=upload.pk).update(stored_at=now() + timedelta(seconds=20))
    drive()
    product = Product.objects.get()
    product.price = Decimal("9.00")
    product.save_edit(["price"], by=staff)
    actions.retry(upload.upload_id, by=None)
    drive()
    product.refresh_from_db()
    assert product.price == Decimal("9.00")


def test_what_a_file_confirmed_takes_a_row_for_each_set_of_fields(run_upload: Run) -> None:
    rows = [good_row(n, price="5.00", brand="Clicky") for n in range(300)]
    run_upload(rows)
    rows[7] |= {"brand": ""}
    run_upload(rows, mode="update")
    found = ContentConfirmation.objects.order_by("pk").values_list("fields", flat=True)
    assert [len(fields) for fields in found] == [5, 4]


def test_old_changes_are_deleted_in_small_pieces(
    run_upload: Run, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_DELETION", 2)
    rows = [good_row(n) for n in range(5)]
    run_upload(rows)
    run_upload([*rows, good_row(5)], mode="update")
    last = ProductChange.objects.latest("change_id")
    old = now() - timedelta(days=settings.AUDIT_KEPT_DAYS, seconds=1)
    ProductChange.objects.exclude(pk=last.pk).update(at=old)
    assert ContentConfirmation.objects.exists()
    assert sweep.delete_changes() == 5
    assert [*ProductChange.objects.all()] == [last]
    assert ContentConfirmation.objects.exists()
    ContentConfirmation.objects.update(content_at=now() - timedelta(days=31))
    assert sweep.delete_changes() == 0
    assert not ContentConfirmation.objects.exists()


@pytest.mark.parametrize(
    ("numbers", "written"),
    [([], "{}"), ([7], "{[7,8)}"), ([3, 1, 2, 9], "{[1,4),[9,10)}")],
)
def test_consecutive_numbers_are_one_range(numbers: list[int], written: str) -> None:
    assert ranges(numbers) == written


def test_what_rows_did_is_said_in_words_and_as_data(
    run_upload: Run, client: Client, alice: User
) -> None:
    run_upload([good_row(n) for n in (1, 2, 3)])
    rows = [good_row(1, price="1.00"), good_row(2), good_row(3), good_row(4)]
    check = run_upload(rows, mode="update", only_check=True)
    upload = run_upload(rows, mode="update")
    result = result_of(upload)
    assert (result["created_records"], result["updated_records"]) == (1, 1)
    assert "4 imported (1 created, 1 updated, 2 unchanged)" in in_words(upload)
    client.force_login(alice)
    page = client.get(reverse("upload", args=[upload.pk])).content.decode()
    assert "2 of 4 products imported. 1 created, 1 updated, 2 unchanged." in page
    assert "1 created, 1 updated, 2 unchanged" in client.get(reverse("uploads")).content.decode()
    page = client.get(reverse("upload", args=[check.pk])).content.decode()
    assert "All 4 rows passed the check. 1 new, 1 changed, 2 unchanged." in page
    upload = run_upload([good_row(n, price="2.00") for n in (1, 2)], mode="update")
    page = client.get(reverse("upload", args=[upload.pk])).content.decode()
    assert "All 2 products updated." in page
