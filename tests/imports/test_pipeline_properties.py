"""Any row is either imported or rejected, and the counts add up."""

import csv
import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Product
from imports.models import RowError, Upload
from tests.conftest import arrived, drive, report_text
from vendors.models import Vendor

COLUMNS = (
    "vendor_product_id",
    "product_name",
    "category",
    "sku",
    "price",
    "stock_quantity",
    "description",
)
# Few keys, so that many clash, and any text in the other cells.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
rows = st.tuples(
    st.one_of(st.sampled_from(["A", "B", "C", "", " A "]), texts),
    st.one_of(st.just("Lamp"), texts),
    st.sampled_from(["Audio", "AUDIO", "Audoi", "", "Books"]),
    st.one_of(st.sampled_from(["S1", "S2", "S3", "s1", ""]), texts),
    st.one_of(st.sampled_from(["1", "0.01", "-1", "1,5", "NaN", "", "1e3"]), texts),
    st.one_of(st.sampled_from(["0", "7", "1.5", "-1", ""]), texts),
    texts,
)


def file_of(table: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(table)
    return text.getvalue().encode()


@pytest.mark.slow
@given(st.lists(rows, min_size=1, max_size=12))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@pytest.mark.django_db
def test_every_row_is_either_imported_or_rejected(
    vendor_a: Vendor, categories: list[str], table: list[tuple[str, ...]]
) -> None:
    Product.objects.all().delete()
    upload = arrived(file_of(table), vendor=vendor_a)
    drive()
    upload.refresh_from_db()

    in_catalog = set(
        Product.objects.filter(upload_id=upload.pk).values_list("upload_row", flat=True)
    )
    rejected = set(RowError.objects.filter(upload=upload).values_list("row_number", flat=True))
    if upload.is_refused:
        assert not in_catalog | rejected
        return
    filled = {number for number, row in enumerate(table, 2) if any(cell.strip() for cell in row)}
    assert in_catalog | rejected == filled
    assert not in_catalog & rejected
    assert_counts(upload, in_catalog, rejected)
    assert_report(upload)
    assert_first_clean_row_wins(upload)


def assert_counts(upload: Upload, in_catalog: set[int | None], rejected: set[int]) -> None:
    assert upload.valid_records == len(in_catalog)
    assert upload.error_records == len(rejected)
    assert upload.valid_records + upload.error_records == upload.total_records
    expected = "completed" if not rejected else "partial" if in_catalog else "failed"
    assert upload.status == expected


def assert_report(upload: Upload) -> None:
    stored = Counter(RowError.objects.filter(upload=upload).values_list("row_number", "error_type"))
    if not stored:
        assert upload.error_file_s3_key == ""
        return
    lines = csv.DictReader(io.StringIO(report_text(upload), newline=""))
    assert Counter((int(line["Row Number"]), line["Error Type"]) for line in lines) == stored


def assert_first_clean_row_wins(upload: Upload) -> None:
    """A duplicate within the file always refers to an earlier row that was imported."""
    sku_rows: dict[str, Any] = dict(Product.objects.values_list("sku", "upload_row"))
    for error in RowError.objects.filter(upload=upload, error_type="DUPLICATE_SKU"):
        holder = int(error.error_message.rpartition("row ")[2].split()[0])
        assert holder < error.row_number
        assert holder in sku_rows.values()
