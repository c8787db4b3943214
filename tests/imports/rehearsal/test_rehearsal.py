"""What a rehearsal says is what happens when the same files are imported again after the change."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Category, ContentConfirmation, Product
from imports import datasets
from imports.models import ErrorCounts, RowError, Upload, ValueMap
from imports.rehearsal import imported, rejected
from imports.rehearsal.changes import NoSuchLimit, RuleChange, of_categories, of_limit
from imports.rehearsal.rehearse import rehearse
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
EXAMPLES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=12,
    deadline=None,
)


@dataclass(frozen=True)
class File:
    """A file of one of two vendors. Rows are (product, category, price)."""

    is_first_vendor: bool
    name: str
    has_category: bool
    rows: list[tuple[int, str, str]]

    def cells(self) -> list[dict[str, str]]:
        start = "A" if self.is_first_vendor else "B"
        cells = [
            good_row(
                product,
                sku=f"{start}-{product}",
                product_name="Cup" if product % 2 else "Large lamp",
                price=price,
                category=category,
            )
            for product, category, price in self.rows
        ]
        for row in cells if not self.has_category else ():
            del row["category"]
        return cells


rows = st.lists(
    st.tuples(
        st.integers(1, 4),
        # The first vendor has said to read Bookz and Audio as Books.
        st.sampled_from(["Books", " bOOks ", "Audio", "Toys", "Bookz", "Audoi", "Home & Kitchen"]),
        st.sampled_from(["1", "50", "5000.00", "-1", "12.55", "2000000"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[0],
)
files = st.lists(
    st.builds(File, st.booleans(), st.sampled_from(["a.csv", "b.csv"]), st.booleans(), rows),
    min_size=1,
    max_size=3,
)
LIMITS = (
    *("price.max=40", "price.max=3000000", "price.min=2", "price.decimals=1"),
    *("product_name.length=5", "stock_quantity.max=100"),
)
CATEGORIES = {
    "deactivate": {"Books": ("Books", False)},
    "deactivate, with a remembered value": {"Audio": ("Audio", False)},
    "activate": {"Toys": ("Toys", True)},
    "rename": {"Books": ("Novels", True)},
    "rename to what files say": {"Books": ("Audoi", True)},
    "change case": {"Books": ("BOOKS", True)},
    "several": {"Books": ("Books", False), "Toys": ("Toys", True), "Audio": ("Audoi", True)},
}


@pytest.mark.slow
@EXAMPLES
@given(
    files=files,
    wanted=st.sampled_from([*LIMITS, *CATEGORIES]),
    edited=st.sets(st.integers(1, 4), max_size=1),
)
def test_a_rehearsal_says_what_happens(  # noqa: PLR0917 - fixtures
    vendor_a: Vendor,
    vendor_b: Vendor,
    categories: list[str],
    admin: User,
    files: list[File],
    wanted: str,
    edited: set[int],
) -> None:
    """Each file is imported again alone, by the rules of before and of after the change."""
    with rolled_back():
        Category.objects.create(name="Toys", is_active=False)
        for cell in ("Bookz", "Audio"):
            known = {"column_name": "category", "cell": cell, "text": "Books"}
            ValueMap.objects.create(vendor=vendor_a, dataset="products", at=now(), **known)
        vendors = [vendor_a if file.is_first_vendor else vendor_b for file in files]
        imported = [run(file, vendor) for file, vendor in zip(files, vendors, strict=True)]
        column = "category" if wanted in CATEGORIES else wanted.partition(".")[0]
        products = Product.objects.filter(sku__in=[f"A-{number}" for number in edited])
        for product in products:
            product.save_edit([column], by=admin)
        change = change_of(wanted)
        assert change is not None
        found = rehearse(change)

        before = [rejected_again(file, vendor) for file, vendor in zip(files, vendors, strict=True)]
        with applied(wanted, change):
            after = [
                rejected_again(file, vendor) for file, vendor in zip(files, vendors, strict=True)
            ]

        newest: dict[str, tuple[int, int]] = {}
        newest_of_name = {(file.is_first_vendor, file.name): n for n, file in enumerate(files)}
        accepted = []
        for n in sorted(range(len(files)), key=lambda n: imported[n][0].content_order):
            upload, rejected_rows = imported[n]
            for number, cells in enumerate(files[n].cells(), 2):
                if number not in rejected_rows and (column != "category" or files[n].has_category):
                    newest[cells["sku"]] = (n, number)
                is_newest = newest_of_name[files[n].is_first_vendor, files[n].name] == n
                was_rejected = number in rejected_rows and number in before[n]
                if is_newest and was_rejected and number not in after[n]:
                    accepted.append((upload.upload_id, number))
        by_person = {product.sku for product in products}
        lost = {
            sku
            for sku, (n, number) in newest.items()
            if sku not in by_person and number not in before[n] and number in after[n]
        }
        assert {each.name.partition(" ")[0] for each in found.rejected.examples} == lost
        assert found.rejected.rows == len(lost)
        assert sorted((e.upload_id, e.row) for e in found.accepted.examples) == sorted(accepted)
        assert found.accepted.rows == len(accepted)


def run(file: File, vendor: Vendor) -> tuple[Upload, set[int]]:
    """Import the file; the upload and the numbers of the rows that it rejected."""
    upload = arrived(file.cells(), vendor=vendor, mode="update", file_name=file.name)
    drive()
    upload.refresh_from_db()
    assert upload.has_ended
    assert not upload.failure_code
    return upload, {*RowError.objects.of_run(upload).errors().values_list("row_number", flat=True)}


def rejected_again(file: File, vendor: Vendor) -> set[int]:
    with rolled_back():
        return run(file, vendor)[1]


def change_of(wanted: str) -> RuleChange | None:
    if wanted not in CATEGORIES:
        return of_limit(wanted)
    keys = dict(Category.objects.values_list("name", "pk"))
    return of_categories({keys[name]: edit for name, edit in CATEGORIES[wanted].items()})


@contextmanager
def applied(wanted: str, change: RuleChange) -> Iterator[None]:
    """The change is made until the end of the block."""
    for name, (new_name, is_active) in CATEGORIES.get(wanted, {}).items():
        Category.objects.filter(name=name).update(name=new_name, is_active=is_active)
    known = datasets.all_datasets()
    present = known["products"]
    if wanted in LIMITS:
        known["products"] = change.after
    try:
        yield
    finally:
        known["products"] = present


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def deactivated(name: str) -> RuleChange:
    change = of_categories({Category.objects.get(name=name).pk: (name, False)})
    assert change is not None
    return change


def added(name: str) -> RuleChange:
    change = of_categories({None: (name, True)})
    assert change is not None
    return change


def test_only_rows_of_the_last_days_count(run_upload: Run) -> None:
    upload = run_upload([good_row(n, category="Books") for n in (1, 2, 3)])
    Product.objects.filter(sku="SKU-2").update(content_at=now() - timedelta(days=31))
    assert dict(rehearse(deactivated("Books")).rejected.by_vendor) == {upload.vendor_id: 2}
    run_upload([good_row(2, category="books")], mode="update")  # changes nothing, and confirms it
    assert ContentConfirmation.objects.exists()
    assert rehearse(deactivated("Books")).rejected.rows == 3
    Product.objects.update(content_at=now() - timedelta(days=31))
    ContentConfirmation.objects.update(content_at=now() - timedelta(days=31))
    assert not rehearse(deactivated("Books"))


def test_a_rejected_row_counts_if_nothing_else_keeps_it_out(run_upload: Run) -> None:
    run_upload([good_row(9)], file_name="first.csv")
    run_upload(
        [
            good_row(1, category="Toys"),
            good_row(2, category="toys", price="x"),
            good_row(3, category="TOYS", sku="SKU-9"),
            good_row(4, category="Toyz"),
            good_row(5, category="Toys"),
            good_row(5, category="Toys"),
        ]
    )
    found = rehearse(added("Toys"))
    assert [each.row for each in found.accepted.examples] == [2, 6]
    assert not found.rejected
    run_upload([good_row(1, category="Toys"), good_row(7, category="Toys")], only_check=True)
    assert rehearse(added("Toys")).accepted.rows == 2  # a check rejects nothing
    run_upload([good_row(1)])  # the same file, corrected
    assert not rehearse(added("Toys"))


def test_what_cannot_be_looked_at_is_said(
    run_upload: Run, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_STORED_ERRORS = 3
    run_upload([good_row(n, category="Toys") for n in range(5)])
    assert ErrorCounts.objects.get().unlisted_errors == 2
    found = rehearse(added("Toys"))
    assert (found.accepted.rows, found.unlisted, found.looked_at) == (3, 2, None)
    assert len(found.unknown) == 1
    with monkeypatch.context() as patch:
        patch.setattr(rejected, "MOST_JUDGED", 2)
        found = rehearse(added("Toys"))
    assert (found.accepted.rows, found.looked_at) == (2, 2)
    # Of another name, or it would be in place of the first.
    run_upload([good_row(n, category="toys") for n in (7, 8, 9)], file_name="more.csv")
    found = rehearse(added("Toys"), seconds=0)  # for one of the two uploads
    assert (found.accepted.rows, found.looked_at) == (3, 3)
    assert "only the newest 3 were looked at" in found.unknown[0]
    assert "2 more rejected rows are not stored" in found.unknown[1]
    assert not rehearse(deactivated("Books"))


def test_a_value_that_is_only_accepted_by_what_it_is_replaced_by_is_lost_with_it(
    run_upload: Run,
) -> None:
    """“Audio” was imported, is no longer on the list, and is to be read as “Books”."""
    upload = run_upload([good_row(n, category="Audio") for n in (1, 2)])
    Category.objects.filter(name="Audio").update(is_active=False)
    assert not rehearse(deactivated("Books"))
    known = {"dataset": "products", "column_name": "category", "cell": "Audio", "text": "Books"}
    ValueMap.objects.create(vendor_id=str(upload.vendor_id), at=now(), **known)
    assert rehearse(deactivated("Books")).rejected.rows == 2
    assert run_upload([good_row(1, category="Audio")], mode="update").error_records == 0
    Category.objects.filter(name="Books").update(is_active=False)
    assert run_upload([good_row(2, category="Audio")], mode="update").error_records == 1


def test_products_of_several_queries_are_added_up(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imported, "MOST_LOOKED_FOR", 1)
    monkeypatch.setattr(imported, "AT_ONCE", 1)
    upload = run_upload([good_row(n, price=f"{50 + n // 2}") for n in range(10, 22)])
    found = rehearse(of_limit("price.max=57")).rejected
    assert dict(found.by_vendor) == {upload.vendor_id: 6}
    assert [each.name.split()[0] for each in found.examples] == [
        f"SKU-{n}" for n in range(21, 15, -1)
    ]


def test_uploads_for_which_there_is_no_time_are_not_read(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejected, "UPLOADS", 1)
    change = added("Toys")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert rehearse(change, seconds=0).accepted.rows == 1
        return len(captured)

    run_upload([good_row(1, category="Toys")], file_name="1.csv")
    alone = queries()
    for n in (2, 3, 4):
        run_upload([good_row(n, category="Toys")], file_name=f"{n}.csv")
    assert queries() <= alone + 2  # of the second upload, for which there is no time any more


def test_the_command_rehearses_a_limit(run_upload: Run) -> None:
    upload = run_upload([good_row(1, price="50"), good_row(2), good_row(3, price="2000000")])

    def said(limit: str) -> str:
        out = io.StringIO()
        call_command("rehearse", limit=limit, stdout=out)
        return out.getvalue()

    text = said("price.max=20")
    assert (
        "1 row that was imported would be rejected, and 0 rejected rows would be imported" in text
    )
    assert f"  {upload.vendor_id}: 1 rejected\n" in text
    assert f"SKU-1 · Wireless mouse: 50.00 ({upload.upload_id})" in text
    assert f"products.csv: 2000000 ({upload.upload_id}, row 4)" in said("price.max=2000000")
    assert "price.max=999999.99\nprice.decimals=2\n" in said("")
    for wrong in ("max=many", "max=NaN", "decimals=0", "most=5", "max"):
        with pytest.raises(CommandError, match=r"cannot be this limit|There is no limit"):
            said(f"price.{wrong}")


def test_a_limit_that_no_rule_has_is_refused() -> None:
    with pytest.raises(NoSuchLimit):
        of_limit("sku.length=5")  # what identifies a product has no stamp of its own
    with pytest.raises(NoSuchLimit, match=r"There are: .*price.max=999999.99, price.decimals=2"):
        of_limit("price.length=5")
