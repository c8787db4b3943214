"""A cell with (clear) empties an optional value in mode update."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from catalog.models import Product, ProductChange
from imports.models import RowError, Upload
from imports.models.plan import Plan
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


@pytest.mark.parametrize("written", ["(clear)", " (Clear) ", "(CLEAR)"])
def test_it_empties_optional_values_of_every_kind(run_upload: Run, written: str) -> None:
    columns = ("brand", "weight_kg", "gtin", "dimensions_cm")
    filled = dict(zip(columns, ("Clicky", "0.5", "4006381333931", "1 x 2"), strict=True))
    run_upload([good_row(1, **filled), good_row(2, **filled)])
    row = {"vendor_product_id": "VP-1"} | dict.fromkeys(columns, written)
    upload = run_upload([row], mode="update")
    assert (upload.status, upload.updated_records) == ("completed", 1)
    assert not RowError.objects.exists()
    one, other = Product.objects.order_by("sku").values_list(*columns)
    assert one == (None,) * 4
    assert None not in other
    change = ProductChange.objects.get(kind="U")
    assert change.before == filled | {"weight_kg": "0.500", "gtin": "04006381333931"}
    again = run_upload([row], mode="update")
    assert (again.updated_records, again.unchanged_records) == (0, 1)


def test_it_cannot_empty_what_is_required(run_upload: Run) -> None:
    run_upload([good_row(1)])
    row = {"vendor_product_id": "VP-1", "price": "(clear)", "sku": "(clear)", "brand": "(clear)"}
    nameless = {"vendor_product_id": "(clear)", "price": "1.00"}
    upload = run_upload([row, nameless], mode="update")
    assert upload.error_records == 2
    found = RowError.objects.order_by("row_number", "column_name")
    assert [(e.column_name, e.error_type, e.error_message) for e in found] == [
        ("price", "REQUIRED_FIELD", "Price cannot be emptied"),
        ("sku", "REQUIRED_FIELD", "SKU cannot be emptied"),
        ("vendor_product_id", "REQUIRED_FIELD", "Vendor Product ID cannot be emptied"),
    ]


def test_a_new_product_of_an_update_is_empty_there(run_upload: Run) -> None:
    upload = run_upload([good_row(1, brand="(clear)")], mode="update")
    assert (upload.status, upload.created_records) == ("completed", 1)
    assert Product.objects.get().brand is None


def test_where_nothing_is_updated_it_is_a_mistake(run_upload: Run) -> None:
    upload = run_upload([good_row(1, brand="(clear)")])
    assert upload.error_records == 1
    assert "some programs write for an empty cell" in RowError.objects.get().error_message


def test_an_older_file_does_not_fill_what_a_newer_one_emptied(
    run_upload: Run, vendor_a: Vendor
) -> None:
    run_upload([good_row(1, brand="Clicky")])
    older = arrived([{"vendor_product_id": "VP-1", "brand": "Old"}], vendor=vendor_a, mode="update")
    Upload.objects.filter(pk=older.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_upload([{"vendor_product_id": "VP-1", "brand": "(clear)"}], mode="update")
    Upload.objects.filter(pk=older.pk).update(next_attempt_at=now())
    drive()
    assert Product.objects.get().brand is None


def test_a_check_says_what_it_would_empty(run_upload: Run) -> None:
    run_upload([good_row(1, brand="Clicky")])
    row = {"vendor_product_id": "VP-1", "brand": "(clear)"}
    check = run_upload([row], mode="update", only_check=True)
    [example] = Plan.of(check).examples
    assert (example.before, example.after) == ({"brand": "Clicky"}, {"brand": None})
    assert Product.objects.get().brand == "Clicky"
