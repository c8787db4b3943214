"""Older content never overwrites newer, in whatever order files are imported and retried."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Category, Product
from imports import actions, pipeline
from imports.models import Notification, RowError, Upload
from imports.reports.correctable_file import correctable_file
from imports.reports.result import in_words, result_of
from tests.conftest import arrived, drive, report_text
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
BAD = {"vendor_product_id": "VP-99", "price": "x"}  # makes a retry possible


def prices(*rows: tuple[int, str]) -> list[dict[str, str]]:
    return [{"vendor_product_id": f"VP-{n}", "price": price} for n, price in rows]


def price_of(number: int) -> Decimal:
    return Product.objects.get(vendor_product_id=f"VP-{number}").price


def sent(rows: list[dict[str, str]], vendor: Vendor, name: str = "prices.csv") -> Upload:
    return arrived(rows, vendor=vendor, mode="update", file_name=name)


def test_an_older_file_that_is_imported_later_changes_nothing(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1), good_row(2)])
    monday = sent(prices((1, "1.00"), (2, "1.00")), vendor_a, "monday.csv")
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now() + timedelta(hours=1))
    tuesday = sent(prices((1, "2.00")), vendor_a, "tuesday.csv")
    drive()
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now())
    drive()

    assert (price_of(1), price_of(2)) == (Decimal("2.00"), Decimal("1.00"))
    monday.refresh_from_db()
    assert (monday.status, monday.valid_records, monday.unchanged_records) == ("completed", 2, 1)
    notice = RowError.objects.get(upload=monday)
    when = f"{tuesday.content_at:%Y-%m-%d %H:%M:%S} UTC"
    assert (notice.severity, notice.row_number, notice.error_type, notice.error_message) == (
        *("notice", 2, "OLDER_CONTENT"),
        f"A newer file, 'tuesday.csv' of {when}, has already changed this product",
    )
    assert not monday.error_file_s3_key
    assert result_of(monday)["unchanged_records"] == 1
    assert "1 × A newer file, 'tuesday.csv'" in in_words(monday)
    mail = Notification.objects.get(upload=monday)
    for body in (mail.text_body, html.unescape(mail.html_body)):
        assert "1 of 2 products imported. 1 row unchanged." in body
        assert "A newer file, 'tuesday.csv' of " in body


def test_a_retry_does_not_bring_old_values_back(run_upload: Run, vendor_a: Vendor) -> None:
    run_upload([good_row(1), good_row(2)])
    monday = run_upload([*prices((1, "1.00"), (2, "1.00")), BAD], mode="update")
    run_upload(prices((1, "2.00")), mode="update")

    actions.retry(monday.upload_id, by=None)
    drive()

    assert (price_of(1), price_of(2)) == (Decimal("2.00"), Decimal("1.00"))
    monday.refresh_from_db()
    assert (monday.valid_records, monday.unchanged_records, monday.error_records) == (2, 1, 1)


def test_a_retry_of_the_newest_file_applies_it_again(run_upload: Run, vendor_a: Vendor) -> None:
    run_upload([good_row(1)])
    upload = run_upload([*prices((1, "1.00")), BAD], mode="update")
    Product.objects.update(price="9.00")

    actions.retry(upload.upload_id, by=None)
    drive()

    assert price_of(1) == Decimal("1.00")
    upload.refresh_from_db()
    assert (upload.valid_records, upload.unchanged_records) == (1, 0)


def test_the_time_of_storing_counts_and_not_that_of_the_row(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1)])
    early, late = (sent(prices((1, price)), vendor_a) for price in ("1.00", "2.00"))
    Upload.objects.filter(pk=early.pk).update(stored_at=now() + timedelta(minutes=2))
    Upload.objects.filter(pk=late.pk).update(stored_at=now() + timedelta(minutes=1))
    drive()
    assert price_of(1) == Decimal("1.00")


def test_of_two_files_of_one_moment_the_higher_id_is_newer(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1)])
    both = [sent(prices((1, price)), vendor_a) for price in ("1.00", "2.00")]
    Upload.objects.filter(pk__in=[upload.pk for upload in both]).update(
        stored_at=now() + timedelta(minutes=1)
    )
    drive()
    newest = max(both, key=lambda upload: upload.upload_id)
    assert price_of(1) == Decimal("1.00" if newest == both[0] else "2.00")


def test_a_row_of_older_content_holds_its_id(run_upload: Run, vendor_a: Vendor) -> None:
    run_upload([good_row(1)])
    monday = sent(prices((1, "1.00"), (1, "3.00")), vendor_a)
    Product.objects.update(content_at=now() + timedelta(hours=1))
    drive()
    monday.refresh_from_db()
    assert (monday.unchanged_records, monday.error_records) == (1, 1)
    assert RowError.objects.errors().get().error_type == "DUPLICATE_VENDOR_PRODUCT_ID"
    lines = [(line.split(",")[0], line.split(",")[-1]) for line in report_text(monday).splitlines()]
    assert lines == [("Row Number", "Severity"), ("2", "notice"), ("3", "error")]
    assert len(b"".join(correctable_file(monday)).splitlines()) == 2


def test_products_of_before_are_as_new_as_their_last_change(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1), good_row(2)])
    Product.objects.update(content_at=None, content_upload_id=None)
    Product.objects.filter(sku="SKU-2").update(updated_at=now() + timedelta(hours=1))

    upload = run_upload(prices((1, "5.00"), (2, "5.00")), mode="update")

    assert (price_of(1), price_of(2)) == (Decimal("5.00"), Decimal("19.99"))
    notice = RowError.objects.notices().get(upload=upload)
    assert notice.error_message.startswith("This product was changed on ")


@dataclass(frozen=True)
class File:
    """A file of an update: products 0 to 4, all of which get this price."""

    price: int
    products: frozenset[int]


FILES = st.lists(
    st.builds(File, st.integers(1, 999), st.frozensets(st.integers(0, 4), min_size=1)),
    min_size=2,
    max_size=4,
)


@pytest.mark.usefixtures("row_by_row")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, choices=st.data())
def test_the_end_is_that_of_the_order_of_storing(
    vendor_a: Vendor, settings: Any, files: list[File], choices: st.DataObject
) -> None:
    """Any interleaving of slices of one row each, with any retries, of files whose rows come in any
    order: every product ends with the newest price it was sent. Some products are new."""
    Upload.objects.all().delete()
    Product.objects.all().delete()
    Category.objects.get_or_create(name="Computer Accessories")
    settings.SLICE_SECONDS = 0
    known = [good_row(n) for n in range(2)]
    arrived(known, vendor=vendor_a)
    drive()
    monday = now() + timedelta(minutes=1)
    uploads = []
    for place, file in enumerate(files):
        rows = [good_row(n, price=str(file.price)) for n in choices.draw(of(file.products))]
        upload = arrived([*rows, good_row(99, price="x")], vendor=vendor_a, mode="update")
        uploads.append(upload)
        Upload.objects.filter(pk=upload.pk).update(stored_at=monday + timedelta(hours=place))
    retries = choices.draw(st.lists(st.sampled_from(uploads), max_size=3))
    while unfinished := list(Upload.objects.exclude(step="done")) or retries:
        one = choices.draw(st.sampled_from(unfinished))
        if one in retries and not Upload.objects.filter(pk=one.pk).exclude(step="done").exists():
            retries.remove(one)
            actions.retry(one.upload_id, by=None)
        later = now() + timedelta(hours=1)
        Upload.objects.exclude(step="done").exclude(pk=one.pk).update(next_attempt_at=later)
        Upload.objects.filter(pk=one.pk).exclude(step="done").update(next_attempt_at=now())
        pipeline.advance()
    expected = {f"VP-{n}": Decimal("19.99") for n in range(2)}
    for file in files:
        expected |= dict.fromkeys((f"VP-{n}" for n in file.products), Decimal(file.price))
    assert dict(Product.objects.values_list("vendor_product_id", "price")) == expected


def of(products: frozenset[int]) -> st.SearchStrategy[list[int]]:
    return st.permutations(sorted(products))
