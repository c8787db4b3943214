"""Older content never overwrites newer, in whatever order files are imported and retried."""

import html
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.content_order import FieldStamps, stamp
from catalog.models import Category, Product
from imports import actions, datasets, pipeline
from imports.destinations.postgres import PostgresTable
from imports.models import Notification, RowError, Upload
from imports.reports.correctable_file import correctable_file
from imports.reports.result import in_words, result_of
from tests.conftest import arrived, drive, report_text
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
BAD = {"vendor_product_id": "VP-99", "price": "x"}  # makes a retry possible


STAMPS = [stamp(datetime(2026, 11, day, tzinfo=UTC), "UPLOAD_1") for day in range(1, 5)]
NAMES = "abcdef"


@given(
    st.sampled_from(STAMPS),
    st.dictionaries(st.sampled_from(NAMES + "z"), st.sampled_from(STAMPS)),
    st.dictionaries(st.sampled_from(NAMES + "y"), st.sampled_from(STAMPS)),
)
def test_fields_get_the_stamps_of_a_change_and_keep_the_others(
    most: str, others: dict[str, str], changed: dict[str, str]
) -> None:
    before = FieldStamps(most, others)
    after = before.after(changed, NAMES)
    of_all = {*NAMES, *others, *changed}
    assert {name: after.of(name) for name in of_all} == {
        name: changed.get(name, before.of(name)) for name in of_all
    }
    assert len(after.others) <= min(
        sum(after.of(name) != own for name in of_all) for own in map(after.of, of_all)
    )


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
    assert "1 row (2)" in in_words(monday)
    assert "1 × A newer file, 'tuesday.csv'" in in_words(monday)
    mail = Notification.objects.get(upload=monday)
    for body in (mail.text_body, html.unescape(mail.html_body)):
        assert "1 of 2 products imported. 1 updated, 1 unchanged." in body
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


def stocks(*rows: tuple[int, str]) -> list[dict[str, str]]:
    return [{"vendor_product_id": f"VP-{n}", "stock_quantity": stock} for n, stock in rows]


def test_a_retried_price_list_applies_after_a_newer_stock_list(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1)])
    monday = sent([*prices((1, "1.00")), BAD], vendor_a, "monday.csv")
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_upload(stocks((1, "7")), mode="update")
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now())
    drive()

    product = Product.objects.get(sku="SKU-1")
    assert (product.price, product.stock_quantity) == (Decimal("1.00"), 7)
    monday.refresh_from_db()
    assert (monday.valid_records, monday.unchanged_records) == (1, 0)
    assert not RowError.objects.notices().filter(upload=monday).exists()

    run_upload(prices((1, "2.00")), mode="update")
    actions.retry(monday.upload_id, by=None)
    drive()
    assert price_of(1) == Decimal("2.00")


def test_a_row_sets_the_fields_that_no_newer_file_has_set(
    run_upload: Run, vendor_a: Vendor, client: Client, alice: User
) -> None:
    run_upload([good_row(1)])
    monday = sent([good_row(1, price="1.00", brand="Clicky", stock_quantity="3")], vendor_a)
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now() + timedelta(hours=1))
    tuesday = sent(
        [{"vendor_product_id": "VP-1", "price": "2.00", "stock_quantity": "7", "brand": ""}],
        vendor_a,
        "tuesday.csv",
    )
    drive()
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now())
    drive()

    product = Product.objects.get()
    assert (product.price, product.stock_quantity, product.brand) == (Decimal("2.00"), 7, "Clicky")
    monday.refresh_from_db()
    assert (monday.valid_records, monday.unchanged_records) == (1, 0)
    when = f"{tuesday.content_at:%Y-%m-%d %H:%M:%S} UTC"
    said = (
        "Not changed: Price, Stock Quantity. A newer file, 'tuesday.csv' of "
        f"{when}, has already changed this product"
    )
    assert RowError.objects.get(upload=monday).error_message == said
    client.force_login(alice)
    page = html.unescape(client.get(f"/uploads/{monday.upload_id}/").content.decode())
    assert f"1 row: {said}." in page
    assert "unchanged" not in page


def test_an_edit_by_staff_keeps_only_what_was_edited(
    run_upload: Run, vendor_a: Vendor, staff: User
) -> None:
    run_upload([good_row(1)])
    monday = sent([good_row(1, price="1.00", description="Old")], vendor_a)
    product = Product.objects.get()
    product.description = None
    product.save_edit(["description"], by=staff)
    drive()
    product.refresh_from_db()
    assert (product.price, product.description) == (Decimal("1.00"), None)
    notice = RowError.objects.get(upload=monday)
    assert notice.error_message.startswith("Not changed: Description. This product was changed on ")


def test_an_edit_by_staff_lasts_when_the_clock_of_s3_is_ahead(
    run_upload: Run,
    vendor_a: Vendor,
    staff: User,
) -> None:
    run_upload([good_row(1)])
    update = sent([*prices((1, "1.00")), BAD], vendor_a)
    Upload.objects.filter(pk=update.pk).update(stored_at=now() + timedelta(seconds=20))
    drive()
    product = Product.objects.get()
    assert product.price == Decimal("1.00")
    product.price = Decimal("9.00")
    product.save_edit(["price"], by=staff)
    actions.retry(update.upload_id, by=None)
    drive()
    product.refresh_from_db()
    assert product.price == Decimal("9.00")


def test_a_new_product_leaves_its_empty_cells_to_older_files(
    run_upload: Run, vendor_a: Vendor
) -> None:
    monday = sent([good_row(1, brand="Clicky", price="1.00")], vendor_a)
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_upload([good_row(1, brand="", price="2.00")], mode="update")
    Upload.objects.filter(pk=monday.pk).update(next_attempt_at=now())
    drive()
    product = Product.objects.get()
    assert (product.price, product.brand) == (Decimal("2.00"), "Clicky")


def test_products_of_before_remember_their_last_change_beside_newer_fields(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1)])
    Product.objects.update(content_at=None, content_upload_id=None)
    monday = sent([good_row(1, price="1.00", stock_quantity="3")], vendor_a)
    before = now()  # the release of before changes the product after Monday
    Product.objects.update(updated_at=before)
    run_upload(prices((1, "2.00")), mode="update")
    drive()
    product = Product.objects.get()
    assert (product.price, product.stock_quantity) == (Decimal("2.00"), 150)
    assert product.content_at == before
    monday.refresh_from_db()
    assert monday.unchanged_records == 1


def test_a_file_of_all_columns_needs_no_stamps_of_single_fields(run_upload: Run) -> None:
    run_upload([good_row(1)])
    run_upload(prices((1, "2.00")), mode="update")
    assert Product.objects.get().content_times is not None
    every = {column.key: column.example for column in datasets.get("products").columns}
    upload = run_upload([every | good_row(1)], mode="update")
    product = Product.objects.get()
    assert (product.content_upload_id, product.content_times) == (upload.upload_id, None)


@pytest.mark.django_db(transaction=True)
def test_an_edit_by_staff_between_lookup_and_update_stays(
    run_upload: Run,
    vendor_a: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    staff: User,
) -> None:
    """The batch is decided again, with the edit."""
    run_upload([good_row(1)])
    sent([good_row(1, price="1.00", description="Old")], vendor_a)
    edits = [Product.objects.get()]
    insert = PostgresTable._insert

    def edit() -> None:
        product = edits.pop()
        product.description = "By staff"
        product.save_edit(["description"], by=staff)
        connection.close()

    def edited_meanwhile(*args: Any) -> None:
        if edits:
            with ThreadPoolExecutor() as other:
                other.submit(edit).result()
        insert(*args)

    monkeypatch.setattr(PostgresTable, "_insert", edited_meanwhile)
    drive()
    product = Product.objects.get()
    assert (product.price, product.description) == (Decimal("1.00"), "By staff")


FIELDS = ("price", "stock_quantity", "brand", "description")
REQUIRED = ("vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity")
KNOWN = range(2)  # products that exist before the files
CELLS = st.one_of(st.just(""), st.integers(1, 999).map(str))
Values = dict[str, str]


@dataclass(frozen=True)
class File:
    """A file of an update: the cells of some products in some columns. Only a file with all
    required columns has products that are new."""

    columns: tuple[str, ...]
    rows: dict[int, Values]

    def set_by(self) -> dict[int, Values]:
        """What it sets: filled cells."""
        return {n: {k: v for k, v in row.items() if v} for n, row in self.rows.items()}

    def lines(self, order: list[int]) -> list[dict[str, str]]:
        return [self._line(n, self.rows[n]) for n in order] + [self._line(99, {"price": "x"})]

    def _line(self, number: int, cells: Values) -> dict[str, str]:
        whole = good_row(number) if set(REQUIRED) <= set(self.columns) else {}
        line = whole | {"vendor_product_id": f"VP-{number}"} | cells
        return {column: line.get(column, "") for column in self.columns}


@st.composite
def files(draw: st.DrawFn) -> File:
    adds = draw(st.booleans())
    fields = draw(st.sets(st.sampled_from(FIELDS), min_size=1)) | (
        {*REQUIRED[-2:]} if adds else set()
    )
    columns = (*REQUIRED[:-2], *fields) if adds else ("vendor_product_id", *fields)
    rows = {}
    for number in draw(st.sets(st.integers(0, 4 if adds else 1), min_size=1)):
        cells = {field: draw(CELLS) for field in sorted(fields)}
        if number not in KNOWN:
            cells |= {field: cells[field] or "1" for field in REQUIRED[-2:]}
        rows[number] = cells
    return File(tuple(columns), rows)


@pytest.mark.slow
@pytest.mark.usefixtures("row_by_row")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    of_before=st.lists(files(), max_size=2),
    of_after=st.lists(files(), min_size=1, max_size=2),
    choices=st.data(),
)
def test_the_end_is_that_of_the_order_of_storing(
    vendor_a: Vendor,
    staff: User,
    *,
    settings: Any,
    of_before: list[File],
    of_after: list[File],
    choices: st.DataObject,
) -> None:
    """Any interleaving of slices of one row each, with any retries and edits by staff, of files
    stored before and after these edits, whose rows come in any order: every field ends with the
    newest value that was sent for it. Some products are new. Files stored after the edits cannot
    be imported before them."""
    Upload.objects.all().delete()
    Product.objects.all().delete()
    Category.objects.get_or_create(name="Computer Accessories")
    settings.SLICE_SECONDS = 0
    arrived([good_row(n) for n in KNOWN], vendor=vendor_a)
    drive()
    Product.objects.update(content_at=now() - timedelta(days=9))
    moments = [now() + timedelta(days=day) for day in (-2, -1, 1, 2)]
    stored = [*zip(moments, of_before, strict=False), *zip(moments[2:], of_after, strict=False)]
    uploads = []
    for moment, file in stored:
        lines = file.lines(choices.draw(st.permutations(sorted(file.rows))))
        upload = arrived(lines, vendor=vendor_a, mode="update")
        uploads.append(upload)
        Upload.objects.filter(pk=upload.pk).update(stored_at=moment)
    retries = choices.draw(st.lists(st.sampled_from(uploads), max_size=3))
    edits = choices.draw(st.lists(st.tuples(st.sampled_from(KNOWN), CELLS), max_size=2))
    edited = []
    before = uploads[: len(of_before)]
    while (unfinished := list(Upload.objects.exclude(step="done")) or retries) or edits:
        possible = [each for each in unfinished if each in before or not edits]
        if edits and (not possible or choices.draw(st.booleans())):
            number, text = edits.pop()
            product = Product.objects.get(vendor_product_id=f"VP-{number}")
            product.description = text or None
            product.save_edit(["description"], by=staff)
            edited.append({number: {"description": text}})
            continue
        one = choices.draw(st.sampled_from(possible))
        if one in retries and not Upload.objects.filter(pk=one.pk).exclude(step="done").exists():
            retries.remove(one)
            actions.retry(one.upload_id, by=None)
        later = now() + timedelta(hours=1)
        Upload.objects.exclude(step="done").exclude(pk=one.pk).update(next_attempt_at=later)
        Upload.objects.filter(pk=one.pk).exclude(step="done").update(next_attempt_at=now())
        pipeline.advance()

    expected: dict[int, Values] = {n: {"price": "19.99", "stock_quantity": "150"} for n in KNOWN}
    in_order = [*(f.set_by() for f in of_before), *edited, *(f.set_by() for f in of_after)]
    for content in in_order:
        for number, values in content.items():
            expected[number] = expected.get(number, {}) | values
    assert {
        int(product.vendor_product_id.removeprefix("VP-")): [
            str(getattr(product, field) or "").removesuffix(".00") for field in FIELDS
        ]
        for product in Product.objects.all()
    } == {
        number: [values.get(field, "") for field in FIELDS] for number, values in expected.items()
    }
