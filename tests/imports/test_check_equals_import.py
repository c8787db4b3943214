"""A check says what the import of the same file into the same catalog would say, and writes
nothing: not even numbers of a sequence are used."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Product
from imports import datasets
from imports.destinations.all_or_nothing import AllOrNothing
from imports.models import ClaimedKey, ErrorCounts, RowError, Upload
from imports.storage import staging
from tests.conftest import arrived, drive
from tests.imports.dropping import dropped
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor
from warehouse.models import Customer

PRODUCT = ("vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity")
CUSTOMER = (
    *("customer_id", "full_name", "email", "age", "date_of_birth", "phone_number", "country"),
)
Batches = Callable[[int], None]
EXAMPLES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None
)
# Few keys, so that many clash: within a batch, with an earlier one, with the catalog, and with
# another vendor's products.
products = st.lists(
    st.tuples(
        st.sampled_from(["VP-1", "VP-2", "VP-3", "VP-4", "VP-5", ""]),
        st.sampled_from(["Lamp", "Cup", ""]),
        st.sampled_from(["Audio", "audio", "Audoi", ""]),
        st.sampled_from(["SKU-1", "SKU-2", "SKU-3", "SKU-4", "SKU-90", ""]),
        st.sampled_from(["1", "2.50", "-1", ""]),
        st.sampled_from(["0", "7", "1.5", ""]),
    ),
    min_size=1,
    max_size=12,
)
customers = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", "90", "x"]),
        st.sampled_from(["Zoë O'Neill", "Jo Miller", "Al"]),
        st.just("jo@example.com"),
        st.just("36"),
        st.sampled_from(["1990-04-30", "1990-05-01"]),
        st.sampled_from(["5551234567", "555"]),
        st.just("Germany"),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def vendors(vendor_a: Vendor, vendor_b: Vendor, categories: list[str]) -> tuple[Vendor, Vendor]:
    return vendor_a, vendor_b


@pytest.fixture
def in_batches(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[int], None]:
    """Sets the size of batches."""

    def use(size: int) -> None:
        settings.BATCH_ROWS = size
        monkeypatch.setattr(staging, "ROWS_PER_ITEM", size)

    return use


def file_of(columns: Sequence[str], table: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([columns, *table])
    return text.getvalue().encode()


def answer(upload: Upload) -> dict[str, Any]:
    """All that an upload says about its rows, but for its own name."""
    drive()
    upload.refresh_from_db()
    errors = RowError.objects.filter(upload=upload).order_by("error_id")
    return {
        "counts": (
            upload.total_records,
            upload.valid_records,
            upload.error_records,
            upload.skipped_records,
        ),
        "status": upload.status,
        "refused": upload.failure_code,
        "errors": list(
            errors.values_list("row_number", "column_name", "error_type", "error_message")
        ),
        "kinds": list(ErrorCounts.objects.filter(upload=upload).values_list("rows", "kinds")),
    }


def stored(model: Any) -> tuple[list[Any], Any]:
    """The rows of a table, and how many numbers of its sequence are used."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, key])
        (sequence,) = cursor.fetchone()
        used = None
        if sequence:
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
            used = cursor.fetchone()
    return list(model.objects.order_by("pk").values()), used


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["create", "update"])
@EXAMPLES
@given(table=products, size=st.integers(1, 5))
def test_products(
    vendors: tuple[Vendor, Vendor],
    in_batches: Batches,
    mode: str,
    table: list[tuple[str, ...]],
    size: int,
) -> None:
    in_batches(size)
    vendor_a, vendor_b = vendors
    Product.objects.all().delete()
    arrived([good_row(1), good_row(2)], vendor=vendor_a)
    arrived([good_row(90)], vendor=vendor_b)
    drive()
    body, before = file_of(PRODUCT, table), stored(Product)

    checked = answer(arrived(body, vendor=vendor_a, mode=mode, only_check=True))
    assert stored(Product) == before
    assert not ClaimedKey.objects.exists()
    assert checked == answer(arrived(body, vendor=vendor_a, mode=mode))


@pytest.mark.slow
@pytest.mark.django_db
@EXAMPLES
@given(table=customers, size=st.integers(1, 5))
def test_customers(in_batches: Batches, table: list[tuple[str, ...]], size: int) -> None:
    """Keys of several columns, of other types than text, and rows that are skipped."""
    in_batches(size)
    Customer.objects.all().delete()
    known = ("90", "Al", "al@example.com", "36", "1990-05-01", "5551234567", "Germany")
    dropped("customers/known.csv", file_of(CUSTOMER, [known]))
    drive()
    body, before = file_of(CUSTOMER, table), stored(Customer)

    checked = answer(arrived(body, vendor=None, dataset="customers", only_check=True))
    assert stored(Customer) == before
    assert not ClaimedKey.objects.exists()
    assert checked == answer(dropped("customers/imported.csv", body))


@pytest.mark.django_db
def test_clients(in_batches: Batches, clients: str) -> None:
    in_batches(2)
    lines = [
        f"Jo,{n % 5}@clients.example,Miller & Sons,,{'Active' if n % 4 else '?'}" for n in range(11)
    ]
    body = "\n".join(["name,email,company,phone,status", *lines])
    checked = answer(arrived(body, vendor=None, dataset="clients", only_check=True))
    assert checked == answer(dropped("client-data/uploads/imported.csv", body))
    assert checked["counts"] == (11, 5, 6, 0)


@pytest.mark.django_db
def test_a_check_is_done_in_batches(
    vendors: tuple[Vendor, Vendor], in_batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows used to be one batch: a check of 200,000 rejected customers took 1.75 GB."""
    in_batches(3)
    sizes: list[int] = []

    def read(upload: Upload, most_rows: int) -> list[staging.StagedRun]:
        runs = staged(upload, most_rows)
        sizes.append(sum(len(run.rows) for run in runs))
        return runs

    staged = staging.read
    monkeypatch.setattr(staging, "read", read)
    rows = csv_bytes([good_row(n) for n in range(10)])
    upload = arrived(rows, vendor=vendors[0], only_check=True)
    assert answer(upload)["counts"] == (10, 10, 0, 0)
    assert sizes == [3, 3, 3, 1]


def test_no_data_set_that_is_all_or_nothing_offers_a_check() -> None:
    """Its rows wait in a table before it decides; a check would have to look them up instead."""
    for dataset in datasets.all_datasets().values():
        assert not (isinstance(dataset.destination, AllOrNothing) and dataset.can_check)
