"""Guards against a severe slowdown; `make bench` measures the speed."""

import time
from collections.abc import Callable

import pytest

from bench import plain_sql
from bench.files import CATEGORIES, product_file
from bench.twins import make_twin
from catalog.models import Category
from imports.models import Upload
from vendors.models import Vendor

ROWS = 10_000
MAX_RATIO = 20  # to the time of a plain COPY; usually about 6


@pytest.fixture
def all_categories(categories: list[str]) -> None:
    missing = [Category(name=name) for name in CATEGORIES if name not in categories]
    Category.objects.bulk_create(missing)


@pytest.mark.usefixtures("all_categories")
def test_a_file_takes_at_most_twenty_times_as_long_as_a_bare_copy_of_its_rows(
    vendor_a: Vendor, run_upload: Callable[..., Upload]
) -> None:
    make_twin(plain_sql.TABLE)
    # The import is measured in CPU time of this process: a busy machine slows round trips between
    # processes more than one COPY. In turn, and the fastest of each.
    floors, imports = [], []
    for seed in (51, 52, 53):
        file = product_file(ROWS, seed=seed)
        floors.append(plain_sql.copy_and_insert(file, vendor_a.vendor_id))
        began = time.process_time()
        upload = run_upload(file.csv())
        imports.append(time.process_time() - began)
        assert upload.valid_records == ROWS
    assert min(imports) <= MAX_RATIO * min(floors)


def test_the_benchmarks_files_are_the_same_every_time_and_wrong_where_they_should_be(
    vendor_a: Vendor, run_upload: Callable[..., Upload], all_categories: None
) -> None:
    file = product_file(1_000, seed=54, mistakes=True)
    assert file == product_file(1_000, seed=54, mistakes=True)
    upload = run_upload(file.csv())
    assert upload.status == "partial"
    assert 20 < upload.error_records < 80
    types = set(upload.row_errors.values_list("error_type", flat=True))
    assert types == {
        "REQUIRED_FIELD",
        "INVALID_PRICE",
        "INVALID_STOCK",
        "INVALID_CATEGORY",
        "DUPLICATE_SKU",
        "DUPLICATE_VENDOR_PRODUCT_ID",
        "FIELD_TOO_LONG",
        "INVALID_VALUE",
        "COLUMN_COUNT",
    }
