"""The row ledger: what is found by a SKU, a vendor's ID or an upload's, and by whom."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.models import RowError, Upload
from imports.reports import ledger
from tests.admin.conftest import make_error, make_product, make_upload
from tests.conftest import arrived, drive
from tests.onboarding.conftest import Browse, text_of
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
LAMPS = """\
Artikelname;Kategorie;UGS;Vendor Product ID;Price;Stock Quantity
Lampe;Audio; LAMP-01 ;VP-77;free;1
Lampe;Audio;OTHER;VP-1;-3;x
Lampe;Audio;OTHER-2;VP-78;0;1
"""
ADMIN = "/admin/find/"


def found(client: Client, query: str) -> tuple[list[str], list[str], str]:
    """The products, the rows and the text of the page."""
    page = text_of(client.get("/products/find/", {"q": query}))
    return re.findall(r'data-product="(\d+)"', page), re.findall(r'data-row="(\d+)"', page), page


def test_a_product_its_changes_and_the_rows_that_named_it(
    as_alice: Client, run_upload: Run, browse: Browse, reviewer: User
) -> None:
    """Rows are read in the vendor's own columns. One names only the SKU, one only the ID."""
    run_upload([good_row(1, sku="Lamp-01"), good_row(2)], file_name="first.csv")
    run_upload([good_row(1, sku="Lamp-01", price="5.00")], mode="update", file_name="cheap.csv")
    rejected = run_upload(LAMPS, mode="update", file_name="lampen.csv")
    assert rejected.error_records == 3

    products, numbers, page = found(as_alice, " lamp-01 ")
    assert (len(products), numbers) == (1, ["2", "3"])
    assert "Row 2 of lampen.csv" in page
    assert "Price must be a number" in page
    assert "Stock Quantity must be" in page
    assert page.count("data-change=") == 2
    assert "cheap.csv" in page
    assert "Price" in page.split('id="found-changes"')[1].split("</section>")[0]
    answer = as_alice.get(f"/uploads/{rejected.pk}/?row=3")
    assert "Row 2 of" not in text_of(answer)

    # A row that never became a product is found by either of its names.
    for name in ("OTHER-2", "vp-78"):
        assert found(as_alice, name)[:2] == ([], ["4"])
    assert "No row that named it was rejected" in found(as_alice, "SKU-2")[2]
    _, _, page = found(as_alice, rejected.pk.lower())
    assert f'href="/uploads/{rejected.pk}/"' in page

    staff = browse(reviewer)
    assert found(staff, "LAMP-01")[:2] == (products, ["2", "3"])
    html = text_of(staff.get(ADMIN, {"q": "lamp-01"}))
    assert "Row 2 of lampen.csv" in html
    assert "Clicky Peripherals" in html
    assert "Price 19.99 → 5.00" in html
    assert f"/admin/imports/rowerror/{RowError.objects.get(row_number=2).pk}/change/" in html


def test_no_vendor_sees_that_another_has_the_sku_or_the_id(
    as_alice: Client, browse: Browse, bob: User, reviewer: User, run_upload: Run
) -> None:
    run_upload([good_row(1, price="free"), good_row(2)])
    vendor_b = Vendor.objects.get(pk="VEND002")
    theirs = run_upload([good_row(1, price="gone"), good_row(3)], vendor=vendor_b)
    nothing = found(browse(bob), "NOWHERE-2")[2].replace("NOWHERE-2", "SKU-2")
    assert without_token(found(browse(bob), "SKU-2")[2]) == without_token(nothing)
    assert found(browse(bob), "SKU-1")[1] == found(as_alice, "VP-1")[1] == ["2"]
    assert found(as_alice, theirs.pk)[2].count(theirs.pk) == 3  # what was searched for
    assert found(browse(reviewer), "SKU-1")[1] == ["2", "2"]
    assert found(browse(reviewer), "VP-1")[1] == ["2", "2"]


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


@pytest.mark.parametrize("query", ["", " ", "\u200b", "x" * 201, "\0", "%", "'"])
def test_what_is_no_name_finds_nothing(as_alice: Client, vendor_a: Vendor, query: str) -> None:
    make_error(make_upload("UPLOAD_1", vendor_a), 2, named_sku="VEND001 sku-1")
    assert ledger.as_searched(query) in {None, "\N{REPLACEMENT CHARACTER}", "%", "'"}
    if "\0" not in query:  # refused before any page sees it
        products, numbers, page = found(as_alice, query)
        assert (products, numbers) == ([], [])
        assert ('data-empty="nothing"' in page) == bool(query.strip())


def test_of_many_the_newest_are_shown(as_alice: Client, vendor_a: Vendor) -> None:
    make_product(vendor_a, 1)
    for number in range(100, 160):
        make_error(make_upload(f"UPLOAD_{number}", vendor_a), number, named_sku="VEND001 sku-1")
    _, numbers, page = found(as_alice, "SKU-1")
    assert numbers == [str(number) for number in range(159, 109, -1)]
    assert "There are more. These are the newest 50." in page


def test_only_rejected_rows_of_vendors_last_runs_have_names(
    run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    """Not those with warnings only, nor further errors of a row; never those of other files."""
    upload = run_upload([good_row(1, price="free", stock_quantity="x"), good_row(2, sku="0012")])
    assert [*RowError.objects.order_by("pk").values_list("named_sku", "named_id")][:2] == [
        ("VEND001 sku-1", "VEND001 vp-1"),
        (None, None),
    ]
    assert set(RowError.objects.exclude(severity="error").values_list("named_sku")) <= {(None,)}
    RowError.objects.all().delete()
    make_error(upload, 2, named_sku="VEND001 sku-1")
    Upload.objects.update(run=2)
    assert found(as_alice, "SKU-1")[1] == []


@pytest.mark.django_db
def test_rows_of_files_without_a_vendor_are_not_found_by_what_they_hold() -> None:
    upload = arrived(csv_bytes("sku,vendor_product_id\nA\x01,B-1\n"), vendor=None, dataset="csv")
    drive()
    error = RowError.objects.get(upload=upload)
    assert error.original_data == {"sku": "A\x01", "vendor_product_id": "B-1"}
    assert (error.named_sku, error.named_id) == (None, None)


def test_staff_need_the_rights_to_see_what_it_shows(
    client: Client, staff: User, reviewer: User
) -> None:
    client.force_login(staff)
    assert client.get(ADMIN).status_code == 403
    for codename in ("view_upload", "view_product"):
        staff.user_permissions.add(Permission.objects.get(codename=codename))
    assert client.get(ADMIN).status_code == 403
    client.force_login(reviewer)
    assert "Search for one product or upload" in text_of(client.get(ADMIN))
    assert "Nothing found for “x”" in text_of(client.get(ADMIN, {"q": "x"}))


def test_it_takes_as_many_queries_for_fifty_rows_as_for_one(
    as_alice: Client, browse: Browse, reviewer: User, vendor_a: Vendor
) -> None:
    make_product(vendor_a, 1)
    clients = (as_alice, browse(reviewer))
    counts = []
    for last in (2, 60):
        for number in range(last // 2, last):
            make_error(make_upload(f"UPLOAD_{number}", vendor_a), number, named_sku="VEND001 sku-1")
        for client in clients:
            client.get("/products/find/?q=SKU-1")
            with CaptureQueriesContext(connection) as queries:
                client.get("/products/find/?q=SKU-1")
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
