"""An upload can be undone: what still holds what it wrote holds again what it held before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.history import values_of
from catalog.models import Product, ProductChange
from catalog.models.change import as_json
from imports import actions, pipeline
from imports.models import Notification, RowError, Upload
from imports.reports.result import result_of
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
EVERY_CELL = {
    "subcategory": "Mice",
    "description": 'Two lines,\nand "quotes" \\ ü',
    "brand": "Clicky",
    "price": "1234.50",
    "compare_at_price": "2000.00",
    "stock_quantity": "0",
    "unit": "piece",
    "weight_kg": "0.250",
    "dimensions_cm": "10x20x30",
    "image_url": "https://images.example/1.jpg",
    "gtin": "4006381333931",
}


def price(number: int, price: str) -> dict[str, str]:
    return {"vendor_product_id": f"VP-{number}", "price": price}


def prices() -> dict[str, str]:
    return {p.vendor_product_id: str(p.price) for p in Product.objects.order_by("pk")}


def undone(upload: Upload, by: User | None = None) -> Upload:
    """The undo of an upload, at its end."""
    undo = actions.undo(upload.upload_id, by=by)
    drive()
    undo.refresh_from_db()
    return undo


def counted(undo: Upload) -> dict[str, int]:
    """Restored, removed, added again, kept, gone; without zeros."""
    counts = {
        "restored": undo.updated_records,
        "removed": undo.removed_records,
        "added": undo.created_records,
        "kept": undo.unchanged_records,
        "gone": undo.skipped_records,
    }
    return {name: count for name, count in counts.items() if count}


def whole() -> list[dict[str, Any]]:
    """All products, without the time of their last change."""
    return [
        {name: value for name, value in row.items() if name != "updated_at"}
        for row in Product.objects.order_by("pk").values()
    ]


def said(undo: Upload) -> list[tuple[int, str]]:
    found = RowError.objects.filter(upload=undo).order_by("row_number")
    assert {each.severity for each in found} <= {"notice"}
    return [(each.row_number, each.error_message) for each in found]


def test_products_that_an_upload_added_are_removed(run_upload: Run) -> None:
    run_upload([good_row(1)])
    before = whole()
    upload = run_upload([good_row(2), good_row(3)])
    undo = undone(upload)
    assert (undo.status, undo.total_records, counted(undo)) == ("completed", 2, {"removed": 2})
    assert whole() == before
    assert result_of(undo)["undoes"] == upload.upload_id


def test_fields_that_an_upload_changed_go_back(run_upload: Run) -> None:
    run_upload([good_row(1, price="5.00", brand="Clicky"), good_row(2, price="6.00")])
    before = whole()
    upload = run_upload(
        [price(1, "5.50") | {"brand": "(clear)"}, price(2, "6.50") | {"weight_kg": "0.25"}],
        mode="update",
    )
    assert prices() == {"VP-1": "5.50", "VP-2": "6.50"}
    undo = undone(upload)
    assert counted(undo) == {"restored": 2}
    assert whole() == before
    assert not RowError.objects.filter(upload=undo)


def test_what_has_changed_since_is_kept_and_told(run_upload: Run, staff: User) -> None:
    run_upload([good_row(n, price="5.00") for n in (1, 2, 3)])
    upload = run_upload([price(n, "7.00") | {"brand": "Clicky"} for n in (1, 2, 3)], mode="update")
    run_upload([price(1, "8.00")], mode="update", file_name="later.csv")
    edited = Product.objects.get(vendor_product_id="VP-2")
    edited.price = Decimal("9.00")
    edited.save_edit(["price"], by=staff)

    undo = undone(upload)
    assert counted(undo) == {"restored": 3}
    assert prices() == {"VP-1": "8.00", "VP-2": "9.00", "VP-3": "5.00"}
    assert not Product.objects.filter(brand="Clicky")
    by_file, by_hand = said(undo)
    assert by_file[1].startswith("Not undone: Price. Changed since, by 'later.csv' on 20")
    assert by_hand[1].startswith("Not undone: Price. Changed since, by a person on 20")
    assert (by_file[0], by_hand[0]) == (2, 3)
    mail = Notification.objects.get(upload=undo)
    assert mail.subject == f"Product Undo Complete - {upload.file_name}"
    for body in (mail.text_body, mail.html_body):
        assert "Undone. 3 restored." in body
        assert "later.csv" in body
    assert f"Undone Upload: {upload.upload_id}" in mail.text_body
    assert "Success Rate" not in mail.text_body


def test_a_value_that_was_changed_and_changed_back_goes_back(run_upload: Run) -> None:
    run_upload([good_row(1, price="5.00")])
    upload = run_upload([price(1, "7.00")], mode="update")
    run_upload([price(1, "8.00")], mode="update")
    run_upload([price(1, "7.00")], mode="update")
    assert counted(undone(upload)) == {"restored": 1}
    assert prices() == {"VP-1": "5.00"}


def test_an_added_product_that_has_changed_since_is_kept(run_upload: Run) -> None:
    upload = run_upload([good_row(1), good_row(2)])
    run_upload([price(1, "8.00")], mode="update", file_name="later.csv")
    undo = undone(upload)
    assert counted(undo) == {"removed": 1, "kept": 1}
    assert prices() == {"VP-1": "8.00"}
    assert [(row, text[:48]) for row, text in said(undo)] == [
        (2, "Not undone: Price. Changed since, by 'later.csv'")
    ]


def test_two_uploads_undone_from_the_last_one_leave_nothing(run_upload: Run) -> None:
    first = run_upload([good_row(1), good_row(2)])
    second = run_upload([price(1, "8.00"), good_row(3)], mode="update")
    assert counted(undone(second)) == {"restored": 1, "removed": 1}
    assert counted(undone(first)) == {"removed": 2}
    assert not Product.objects.exists()


def test_an_undo_can_be_undone(run_upload: Run) -> None:
    run_upload([good_row(1, price="5.00")])
    upload = run_upload([price(1, "7.00"), good_row(2), good_row(3)], mode="update")
    after = whole()
    undo = undone(upload)
    again = undone(undo)
    assert counted(again) == {"restored": 1, "added": 2}
    assert whole() == after
    assert counted(undone(again)) == {"restored": 1, "removed": 2}
    kinds = ProductChange.objects.order_by("change_id").values_list("kind", flat=True)
    assert "".join(kinds) == "IIIUUDDIIUUDD"


def test_a_product_whose_keys_were_taken_is_not_added_again(
    run_upload: Run, vendor_b: Vendor
) -> None:
    upload = run_upload([good_row(1), good_row(2)])
    undo = undone(upload)
    run_upload([good_row(1, sku="SKU-9")])
    run_upload([good_row(7, sku="SKU-2")], vendor=vendor_b)
    again = undone(undo)
    assert counted(again) == {"kept": 2}
    assert said(again) == [
        (row, "Not added again, because another product has its ID or its SKU now")
        for row in (2, 3)
    ]
    assert Product.objects.count() == 2


def test_a_product_that_is_gone_is_told(run_upload: Run) -> None:
    upload = run_upload([good_row(1), good_row(2)])
    Product.objects.get(vendor_product_id="VP-1").delete()
    undo = undone(upload)
    assert counted(undo) == {"removed": 1, "gone": 1}
    assert said(undo) == [(2, "Not undone, because this product was removed since")]


def test_a_file_that_waited_counts_as_if_the_undone_one_had_never_been(
    run_upload: Run, vendor_a: Vendor
) -> None:
    """It is older than the undone file, and newer than what that replaced."""
    run_upload([good_row(1, price="5.00")])
    waiting = arrived([price(1, "6.00")], vendor=vendor_a, mode="update")
    Upload.objects.filter(pk=waiting.pk).update(next_attempt_at=now() + timedelta(hours=1))
    undo = undone(run_upload([price(1, "7.00")], mode="update"))
    assert counted(undo) == {"restored": 1}
    Upload.objects.filter(pk=waiting.pk).update(next_attempt_at=now())
    drive()
    assert prices() == {"VP-1": "6.00"}


def test_an_older_file_still_changes_nothing_after_an_undo(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1, price="4.00")])
    oldest = arrived([price(1, "3.00")], vendor=vendor_a, mode="update")
    Upload.objects.filter(pk=oldest.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_upload([price(1, "5.00")], mode="update")
    undone(run_upload([price(1, "7.00")], mode="update"))
    Upload.objects.filter(pk=oldest.pk).update(next_attempt_at=now())
    drive()
    assert prices() == {"VP-1": "5.00"}


@pytest.mark.parametrize("rows_at_a_time", [1, 2])
def test_an_undo_goes_on_batch_by_batch(
    run_upload: Run, settings: Any, rows_at_a_time: int
) -> None:
    upload = run_upload([good_row(n) for n in range(5)])
    settings.BATCH_ROWS = rows_at_a_time
    assert counted(undone(upload)) == {"removed": 5}


def test_what_cannot_be_undone(run_upload: Run) -> None:
    upload = run_upload([good_row(1), good_row(2, price="x")])
    nothing = run_upload([good_row(1)])
    check = run_upload([good_row(3)], only_check=True)
    same = run_upload([good_row(1)], mode="update")
    for each in (nothing, check, same):
        with pytest.raises(actions.NotPossible, match="changed nothing"):
            actions.undo(each.upload_id, by=None)
    Upload.objects.filter(pk=upload.pk).update(completed_at=now() - timedelta(days=31))
    with pytest.raises(actions.NotPossible, match="for 30 days"):
        actions.undo(upload.upload_id, by=None)
    Upload.objects.filter(pk=upload.pk).update(completed_at=now())
    undo = actions.undo(upload.upload_id, by=None)
    with pytest.raises(actions.NotPossible, match="already undone"):
        actions.undo(upload.upload_id, by=None)
    with pytest.raises(actions.NotPossible, match="still in progress"):
        actions.undo(undo.upload_id, by=None)
    with pytest.raises(actions.NotPossible, match="was undone"):
        actions.retry(upload.upload_id, by=None)
    drive()
    assert not Product.objects.exists()


def test_an_undo_that_is_broken_off_goes_on_where_it_was(
    run_upload: Run, settings: Any, staff: User
) -> None:
    """What it has taken back itself is not a later change by someone else."""
    run_upload([good_row(1, price="5.00"), good_row(2, price="5.00")])
    upload = run_upload(
        [*(price(n, "7.00") | {"brand": "Clicky"} for n in (1, 2)), good_row(3), good_row(4)],
        mode="update",
    )
    edited = Product.objects.get(vendor_product_id="VP-1")
    edited.price = Decimal("9.00")
    edited.save_edit(["price"], by=staff)
    settings.BATCH_ROWS = 1
    settings.SLICE_SECONDS = 0
    undo = actions.undo(upload.upload_id, by=None)
    for _ in range(3):
        pipeline.advance()
    actions.cancel(undo.upload_id, by=None)
    drive()
    undo.refresh_from_db()
    assert (undo.status, undo.processed_records) == ("cancelled", 3)
    actions.retry(undo.upload_id, by=None)
    drive()
    undo.refresh_from_db()
    assert (undo.status, counted(undo)) == ("completed", {"restored": 2, "removed": 2})
    assert prices() == {"VP-1": "9.00", "VP-2": "5.00"}
    assert [text[:17] for _, text in said(undo)] == ["Not undone: Price"]


def test_a_canceled_undo_can_be_retried(run_upload: Run) -> None:
    upload = run_upload([good_row(n) for n in range(3)])
    undo = actions.undo(upload.upload_id, by=None)
    actions.cancel(undo.upload_id, by=None)
    drive()
    assert Product.objects.count() == 3
    actions.retry(undo.upload_id, by=None)
    drive()
    undo.refresh_from_db()
    assert (undo.status, counted(undo)) == ("completed", {"removed": 3})


def test_an_undo_that_changed_a_product_in_two_runs_can_be_undone(
    run_upload: Run, settings: Any, staff: User
) -> None:
    """What it replaced is what the first of its changes replaced in each field."""
    run_upload([good_row(n, price="5.00", brand="Plain") for n in (1, 2)])
    upload = run_upload([price(n, "7.00") | {"brand": "Clicky"} for n in (1, 2)], mode="update")

    def edit(to: str) -> None:
        edited = Product.objects.get(vendor_product_id="VP-1")
        edited.price = Decimal(to)
        edited.save_edit(["price"], by=staff)

    edit("9.00")
    settings.BATCH_ROWS = 1
    settings.SLICE_SECONDS = 0
    undo = actions.undo(upload.upload_id, by=None)
    pipeline.advance()
    actions.cancel(undo.upload_id, by=None)
    drive()
    edit("7.00")
    settings.BATCH_ROWS = 2
    actions.retry(undo.upload_id, by=None)
    drive()
    undo.refresh_from_db()
    assert counted(undo) == {"restored": 2}
    assert prices() == {"VP-1": "5.00", "VP-2": "5.00"}
    changes = ProductChange.objects.filter(upload_id=undo.pk).order_by("change_id")
    assert [[*(each.before or {})] for each in changes] == [["brand"], ["price"], ["brand", "price"]]

    assert counted(undone(undo)) == {"restored": 2}
    assert prices() == {"VP-1": "7.00", "VP-2": "7.00"}
    assert {product.brand for product in Product.objects.all()} == {"Clicky"}


def test_a_removed_product_is_recorded_as_it_was(run_upload: Run) -> None:
    """Also how new it was, if it is of before that was stored."""
    upload = run_upload([good_row(1, **EVERY_CELL), good_row(2)])
    Product.objects.filter(vendor_product_id="VP-1").update(
        content_at=None, content_upload_id=None, content_times={"price": "2026-01-01"}
    )
    one, two = Product.objects.order_by("pk")
    undone_upload = undone(upload)
    for product in (one, two):
        recorded = ProductChange.objects.get(kind="D", product_id=product.pk).before
        assert recorded is not None
        assert values_of(product).items() <= recorded.items()
    assert counted(undone(undone_upload)) == {"added": 2}
    again = {product.pk: product for product in Product.objects.all()}
    assert [again[p.pk].content() for p in (one, two)] == [p.content() for p in (one, two)]
    assert [again[p.pk].created_at for p in (one, two)] == [p.created_at for p in (one, two)]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_undo_once(run_upload: Run) -> None:
    upload = run_upload([good_row(1)])
    barrier = Barrier(2)

    def click() -> str:
        try:
            barrier.wait(10)
            return actions.undo(upload.upload_id, by=None).mode
        except actions.NotPossible as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(future.result() for future in [pool.submit(click) for _ in range(2)])
    assert answers == ["This upload was already undone.", "undo"]
    drive()
    assert Upload.objects.filter(mode="undo").count() == 1


FIELDS = ("price", "brand", "stock_quantity")
CELLS = st.fixed_dictionaries(
    {
        "price": st.sampled_from(["5.00", "6.00"]),
        "brand": st.sampled_from(["", "Clicky", "(clear)"]),
        "stock_quantity": st.sampled_from(["1", "2"]),
    }
)
STEPS = st.one_of(
    st.tuples(st.just("import"), st.dictionaries(st.integers(1, 3), CELLS, min_size=1)),
    st.tuples(st.just("edit"), st.integers(1, 3), st.sampled_from(["5.00", "6.00"])),
    st.tuples(st.just("undo"), st.integers(0, 7)),
)


class Reference:
    """A catalog in a few lines: products are values by number, and each has a name of its own, so
    that one that was removed and another that has its number later are two."""

    def __init__(self) -> None:
        self.products: dict[str, dict[str, Any]] = {}
        self.did: list[dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]] = []

    def of(self, number: int) -> str | None:
        return next((name for name in self.products if name.startswith(f"{number} ")), None)

    def write(self, name: str, values: dict[str, Any] | None) -> None:
        """Set values of a product, add it, or remove it; and remember what the step did."""
        old = self.products.get(name)
        if values is None or old is None:
            self.did[-1][name] = (old, values)
            self.products |= {} if values is None else {name: values}
            self.products = {n: v for n, v in self.products.items() if n != name or values}
        elif differ := {field: new for field, new in values.items() if old[field] != new}:
            self.did[-1][name] = ({field: old[field] for field in differ}, differ)
            self.products[name] = old | differ

    def imports(self, rows: dict[int, dict[str, str]]) -> None:
        self.did.append({})
        for number, cells in rows.items():
            name = self.of(number)
            said = {f: None if c == "(clear)" else c for f, c in cells.items() if c}
            new = f"{number} {len(self.did)}"
            self.write(name or new, said if name else {"brand": None} | said)

    def undoes(self, step: int) -> None:
        did = self.did[step]
        self.did.append({})
        for name, (before, after) in did.items():
            now = self.products.get(name)
            if before is not None and after is not None and now is not None:
                back = {field: old for field, old in before.items() if now[field] == after[field]}
                self.write(name, back)
            elif after is None and now is None and self.of(int(name.split()[0])) is None:
                self.write(name, before)
            elif before is None and now == after:
                self.write(name, None)


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=8))
def test_any_history_is_that_of_a_small_reference(
    vendor_a: Vendor, categories: list[str], staff: User, steps: list[tuple[Any, ...]]
) -> None:
    Upload.objects.all().delete()
    Product.objects.all().delete()
    ProductChange.objects.all().delete()
    reference = Reference()
    uploads: list[Upload] = []
    for kind, *asked in steps:
        if kind == "import":
            rows = [good_row(number, **cells) for number, cells in asked[0].items()]
            upload = arrived(rows, vendor=vendor_a, mode="update")
            reference.imports(asked[0])
        elif kind == "edit":
            number, text = asked
            product = Product.objects.filter(vendor_product_id=f"VP-{number}").first()
            if product is None:
                continue
            product.price = Decimal(text)
            product.save_edit(["price"], by=staff)
            name = reference.of(number)
            assert name is not None
            reference.products[name] = reference.products[name] | {"price": text}
            continue
        else:
            step = asked[0]
            if step >= len(uploads):
                continue
            try:
                upload = actions.undo(uploads[step].upload_id, by=None)
            except actions.NotPossible:
                continue
            reference.undoes(step)
        drive()
        upload.refresh_from_db()
        uploads.append(upload)
        assert upload.status == "completed"
        found = {
            product.vendor_product_id: {field: as_json(getattr(product, field)) for field in FIELDS}
            for product in Product.objects.order_by("vendor_product_id")
        }
        expected = {
            f"VP-{name.split()[0]}": values | {"stock_quantity": int(values["stock_quantity"])}
            for name, values in sorted(reference.products.items())
        }
        assert found == expected
        did = reference.did[-1]
        assert ProductChange.objects.filter(upload_id=upload.upload_id).count() == len(did)
