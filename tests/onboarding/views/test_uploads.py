"""The list of uploads: filters, totals, pages."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.onboarding.conftest import Browse, make_upload, text_of
from vendors.models import Vendor


def listed(client: Client, query: str = "") -> list[str]:
    return re.findall(r'data-upload="(\S+)"', text_of(client.get(f"/uploads/{query}")))


def totals(client: Client, query: str = "") -> dict[str, str]:
    page = text_of(client.get(f"/uploads/{query}"))
    return dict(re.findall(r'data-total="(\w+)">([^<]*)<', page))


@pytest.fixture
def four(vendor_a: Vendor) -> list[str]:
    """Four uploads on four days, the latest first."""
    statuses = ["processing", "failed", "completed", "partial"]
    return [
        make_upload(
            number,
            vendor_a,
            status=status,
            file_name=f"{status}-list.csv",
            upload_timestamp=datetime(2026, 11, 20, 23, 59, tzinfo=UTC) - timedelta(days=number),
        ).upload_id
        for number, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    ("query", "positions"),
    [
        ("", [0, 1, 2, 3]),
        ("?status=completed", [2]),
        ("?since=2026-11-19", [0, 1]),
        ("?until=2026-11-18", [2, 3]),
        ("?since=2026-11-18&until=2026-11-19", [1, 2]),
        ("?q=partial-LIST", [3]),
        ("?q=000002", [2]),
        ("?q=list&status=failed&since=2026-11-01", [1]),
        ("?until=9999-12-31&since=0001-01-01", [0, 1, 2, 3]),
        ("?q=%25", []),
        ("?q=nothing", []),
    ],
)
def test_filters(query: str, positions: list[int], as_alice: Client, four: list[str]) -> None:
    assert listed(as_alice, query) == [four[position] for position in positions]


@pytest.mark.parametrize(
    "query",
    [
        "?status=lost",
        "?since=2026-02-30",
        "?until=tomorrow",
        "?since=2026-11-20&until=2026-11-01",
    ],
)
def test_an_invalid_filter_is_reported(query: str, as_alice: Client, four: list[str]) -> None:
    assert 'id="error-summary"' in text_of(as_alice.get(f"/uploads/{query}"))


def test_totals_are_of_all_uploads_that_match(as_alice: Client, vendor_a: Vendor) -> None:
    for number in range(30):
        make_upload(number, vendor_a, total_records=1000, valid_records=999, error_records=1)
    make_upload(99, vendor_a, status="failed", valid_records=0, error_records=10)
    assert totals(as_alice) == {
        "uploads": "31",
        "rows": "30,010",
        "valid": "29,970",
        "errors": "40",
        "rate": "99%",
    }
    assert totals(as_alice, "?status=failed")["rate"] == "0%"


def test_rows_of_a_check_are_not_counted_as_imported(as_alice: Client, vendor_a: Vendor) -> None:
    make_upload(1, vendor_a)
    make_upload(2, vendor_a, mode="check", file_name="check.csv")
    make_upload(3, vendor_a, mode="check", check_of="update", only_check=True, file_name="new.csv")
    expected = {"uploads": "3", "rows": "10", "valid": "7", "errors": "3", "rate": "70%"}
    assert totals(as_alice) == expected
    for name, tags in (("check.csv", ["Check only"]), ("new.csv", ["Update", "Check only"])):
        page = text_of(as_alice.get(f"/uploads/?q={name}"))
        assert re.findall(r'data-label="Imported" class="number">([^<]*)<', page) == ["–"]
        assert re.findall(r'<span class="tag">([^<]*)<', page) == tags


def test_pages_hold_25_and_no_page_is_out_of_reach(as_alice: Client, vendor_a: Vendor) -> None:
    for number in range(51):
        make_upload(number, vendor_a)
    pages = [listed(as_alice, f"?page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 1]
    assert len({upload for page in pages for upload in page}) == 51
    for asked, shown in [("0", 2), ("-1", 2), ("99", 2), ("x", 0), ("2.5", 0), ("9" * 30, 2)]:
        assert listed(as_alice, f"?page={asked}") == pages[shown]


def test_paging_keeps_the_filter(as_alice: Client, vendor_a: Vendor) -> None:
    for number in range(26):
        make_upload(number, vendor_a)
    page = text_of(as_alice.get("/uploads/?status=partial"))
    assert 'href="?status=partial&amp;page=2"' in page


def test_what_an_empty_list_says_depends_on_why_it_is_empty(
    as_alice: Client, browse: Browse, unassigned: User, vendor_a: Vendor
) -> None:
    assert 'data-empty="none"' in text_of(as_alice.get("/uploads/"))
    assert 'data-empty="filtered"' in text_of(as_alice.get("/uploads/?status=failed"))
    assert 'data-empty="no-vendor"' in text_of(browse(unassigned).get("/uploads/"))


def test_staff_see_all_vendors_with_their_names(
    browse: Browse, reviewer: User, as_alice: Client, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    mine = make_upload(1, vendor_a)
    make_upload(2, vendor_b)
    make_upload(3, None)
    page = text_of(browse(reviewer).get("/uploads/"))
    assert page.count("data-upload=") == 3
    assert "Garden &amp; Grove" in page
    assert "VEND999" in page
    assert listed(as_alice) == [mine.upload_id]
    assert 'data-label="Vendor"' not in text_of(as_alice.get("/uploads/"))


def test_staff_find_the_uploads_of_one_vendor(
    browse: Browse, reviewer: User, as_alice: Client, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    of_a, of_b = make_upload(1, vendor_a).upload_id, make_upload(2, vendor_b).upload_id
    staff = browse(reviewer)
    assert listed(staff, f"?vendor={quote(vendor_b.name)}") == [of_b]
    assert listed(staff, "?vendor=vend001") == [of_a]
    assert "There is no vendor “none”." in text_of(staff.get("/uploads/?vendor=none"))
    assert listed(as_alice, "?vendor=VEND002") == [of_a]  # she sees her own only, and no filter
    assert "Vendor ID or name" not in text_of(as_alice.get("/uploads/"))


def test_the_list_refreshes_itself_while_an_upload_is_unfinished(
    as_alice: Client, vendor_a: Vendor
) -> None:
    make_upload(1, vendor_a)
    assert "hx-get=" not in text_of(as_alice.get("/uploads/"))
    moving = make_upload(2, vendor_a, status="processing", completed_at=None)
    page = text_of(as_alice.get("/uploads/?q=file"))
    assert 'hx-get="/uploads/?q=file" hx-trigger="every 5s" hx-select="#list"' in page
    assert 'id="now" hx-get="/"' in text_of(as_alice.get("/"))
    moving.delete()
    assert "hx-get=" not in text_of(as_alice.get("/"))


def test_unchanged_rows_do_not_count_as_imported(as_alice: Client, vendor_a: Vendor) -> None:
    upload = make_upload(
        1,
        vendor_a,
        status="partial",
        total_records=1_040,
        valid_records=1_030,
        unchanged_records=1_027,
        error_records=10,
    )
    page = text_of(as_alice.get("/uploads/"))
    assert '3 <span class="about">1,027 unchanged</span></td>' in page
    assert (totals(as_alice)["valid"], totals(as_alice)["rate"]) == ("3", "99%")
    bar = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert re.findall(r'class="share-(\w+)"', bar) == ["valid", "unchanged", "error"]
