"""The first page: what needs doing, in progress, the last uploads, totals."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from imports.models import Upload
from onboarding.home import home, to_do
from onboarding.views import home as view
from tests.admin.conftest import make_product
from tests.conftest import drive
from tests.onboarding.conftest import Browse, text_of
from tests.onboarding.conftest import make_upload as made
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
File = tuple[str, dict[str, Any]]  # its name, and values of its upload
OTHER = "Art.-Nr.;Titel;Kategorie;VK;Menge\nA-1;Maus;Audio;12,50;3\nA-2;Tastatur;Audio;9,00;4\n"


def make_upload(
    number: int, vendor: Vendor | None, *, ago: float = 0.0, **values: object
) -> Upload:
    """One of `ago` days ago; of those of the same day, the higher number is the later."""
    at = now() - timedelta(days=ago, minutes=60 - number)
    return made(number, vendor, **{"upload_timestamp": at, "completed_at": at, **values})


REFUSED: dict[str, Any] = {
    "status": "failed",
    "total_records": 0,
    "valid_records": 0,
    "error_records": 0,
    "failure_code": "NOT_CSV",
    "failure_message": "The file is a PDF document.",
}
STOPPED: dict[str, Any] = {
    **REFUSED,
    "failure_code": "INTERNAL",
    "failure_message": "We had a problem.",
}
ALL_IN: dict[str, Any] = {"status": "completed", "valid_records": 10, "error_records": 0}
CHECK: dict[str, Any] = {"mode": "check", "only_check": True, "check_of": "create"}


def page_of(client: Client) -> str:
    return text_of(client.get("/"))


def words_of(client: Client) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page_of(client))))


def tasks(client: Client) -> list[tuple[str, str]]:
    """(kind, upload ID) of what needs doing, in the order of the page."""
    return re.findall(r'data-task="(\S+)" data-upload="(\S+)"', page_of(client))


def kinds(client: Client) -> list[str]:
    return [kind for kind, _ in tasks(client)]


def totals(client: Client) -> dict[str, str]:
    found = re.findall(r'data-total="([\w-]+)">(?:<a [^>]*>)?([^<]*)<', page_of(client))
    return dict(found)


def test_a_file_whose_columns_are_asked_for_links_to_the_question(
    run_upload: Run, as_alice: Client
) -> None:
    upload = run_upload(OTHER, file_name="preisliste.csv")
    assert tasks(as_alice) == [("question", upload.pk)]
    page = page_of(as_alice)
    assert (
        f'href="/uploads/{upload.pk}/columns/" aria-label="Choose columns: preisliste.csv"' in page
    )
    assert "Possible until" in page
    Upload.objects.update(source_deleted_at=now())
    assert kinds(as_alice) == ["refused"]


def test_a_file_whose_letters_are_not_clear_asks_for_them(
    run_upload: Run, as_alice: Client
) -> None:
    rows = [good_row(n, product_name=name) for n, name in enumerate(["Łódź żółta", "Gęś", "Śruba"])]
    upload = run_upload(csv_bytes(rows).decode().encode("cp1250"))
    assert upload.failure_code == "BAD_ENCODING"
    assert tasks(as_alice) == [("question", upload.pk)]
    assert "Choose the right letters" in page_of(as_alice)


def test_rejected_rows_are_fixed_on_their_page(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload([good_row(1), good_row(2, price="x"), good_row(3, price="y")])
    assert tasks(as_alice) == [("rows", upload.pk)]
    assert "2 of 3 rows need fixing." in words_of(as_alice)
    link = re.search(r'href="(\S+/fix/)"', page_of(as_alice))
    assert link is not None
    assert as_alice.get(link[1]).status_code == 200
    assert totals(as_alice)["to-fix"] == "2"


@pytest.mark.parametrize(("sheet", "name"), [("", "correct.csv"), ("Sheet1", "correct.xlsx")])
def test_rows_that_cannot_be_corrected_here_are_offered_for_download(
    sheet: str, name: str, reviewer: User
) -> None:
    layout = {"encoding": "", "delimiter": "", "header": ["x"], "header_row": 1, "data_rows": 2}
    upload = make_upload(1, None, dataset="customers", layout=layout | {"sheet": sheet})
    client = Client()
    client.force_login(reviewer)
    assert tasks(client) == [("rows", upload.pk)]
    assert f'href="/uploads/{upload.pk}/{name}"' in page_of(client)


def test_rows_that_were_corrected_leave_the_page(run_upload: Run, as_alice: Client) -> None:
    first = run_upload([good_row(1), good_row(2, price="x"), good_row(3, price="y")])
    to_fix: Any = as_alice.get(f"/uploads/{first.pk}/correct.csv")
    name = re.search(r'filename="([^"]*)"', to_fix["Content-Disposition"])
    assert name is not None
    text = to_fix.getvalue().decode("utf-8-sig")
    second = run_upload(text.replace(",x,", ",5.00,", 1), file_name=name[1])
    assert second.status == "partial"
    assert tasks(as_alice) == [("rows", second.pk)]
    assert totals(as_alice)["to-fix"] == "1"
    run_upload([good_row(3, price="7.00")], file_name=name[1])
    assert tasks(as_alice) == []
    assert 'data-empty="nothing-to-do"' in page_of(as_alice)


def test_a_check_that_found_rows_waits_to_be_imported(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload([good_row(1), good_row(2, price="x")], only_check=True)
    assert tasks(as_alice) == [("checked", upload.pk)]
    assert "1 row can be imported without sending the file again" in words_of(as_alice)
    assert totals(as_alice)["to-fix"] == "0"
    as_alice.post(f"/uploads/{upload.pk}/import/")
    drive()
    assert tasks(as_alice) == [("rows", upload.pk)]


def test_a_stopped_upload_is_retried_from_here(as_alice: Client, vendor_a: Vendor) -> None:
    upload = make_upload(1, vendor_a, **STOPPED)
    assert kinds(as_alice) == ["stopped"]
    action = re.search(r'<form method="post" action="(/uploads/\S+)"', page_of(as_alice))
    assert action is not None
    as_alice.post(action[1])
    upload.refresh_from_db()
    assert upload.run == 2
    assert kinds(as_alice) == []
    assert f'data-running="{upload.pk}"' in page_of(as_alice)


def test_a_file_that_is_in_the_catalog_has_nothing_to_fix(
    run_upload: Run, as_alice: Client
) -> None:
    run_upload([good_row(1), good_row(2)])
    run_upload([good_row(1), good_row(2)])
    assert kinds(as_alice) == ["already-there"]
    assert "you already have all its products" in words_of(as_alice)
    assert totals(as_alice)["to-fix"] == "0"


def test_the_most_urgent_comes_first_and_of_one_kind_the_newest(
    run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    question = run_upload(OTHER, file_name="preisliste.csv")
    stopped = make_upload(1, vendor_a, **STOPPED)
    refused = make_upload(2, vendor_a, **REFUSED)
    checked = make_upload(3, vendor_a, **ALL_IN, **CHECK)
    older, newer = make_upload(4, vendor_a), make_upload(5, vendor_a)
    expected = [question, newer, older, checked, refused, stopped]
    assert [pk for _, pk in tasks(as_alice)] == [upload.pk for upload in expected]


@pytest.mark.parametrize(
    ("first", "second", "open_ones"),
    [
        # (name, more) of an upload and of a later one; which of them is listed
        (("a.csv", {}), ("a.csv", ALL_IN), []),
        (("a.csv", {}), ("a - rows to fix.csv", ALL_IN), []),
        (("a.xlsx", {}), ("a - rows to fix.csv", ALL_IN), []),
        (("a - rows to fix.csv", {}), ("a - rows to fix.csv", ALL_IN), []),
        (("a - rows to fix.csv", {}), ("a.csv", ALL_IN), []),
        (("a.csv", {}), ("a.csv", {}), [2]),
        (("a.csv", {}), ("b.csv", ALL_IN), [1]),
        (("a.csv", {}), ("a.csv", {**ALL_IN, **CHECK}), [1, 2]),
        (("a.csv", {}), ("a.csv", REFUSED), [1, 2]),
        (("a.csv", {}), ("a.csv", STOPPED), [1, 2]),
        (("a.csv", {}), ("a.csv", {**ALL_IN, "status": "cancelled"}), [1]),
        (("a.csv", {}), ("a.csv", {**ALL_IN, "dataset": "clients"}), [1]),
        (("a.csv", REFUSED), ("a.csv", REFUSED), [2]),
        (("a.csv", REFUSED), ("a.csv", {}), [2]),
        (("a.csv", REFUSED), ("a.csv", {**ALL_IN, **CHECK}), [2]),
        (("a.csv", STOPPED), ("a.csv", ALL_IN), []),
        (("a.csv", {**ALL_IN, **CHECK}), ("a.csv", ALL_IN), []),
        (("a.csv", {**ALL_IN, **CHECK}), ("a.csv", {**REFUSED, **CHECK}), [2]),
    ],
)
def test_of_one_file_the_newest_upload_counts(
    first: File, second: File, open_ones: list[int], alice: User, browse: Browse
) -> None:
    for number, (name, more) in enumerate((first, second), start=1):
        make_upload(number, alice.memberships.get().vendor, file_name=name, **more)
    other = Vendor.objects.create(vendor_id="VEND003", name="Third", contact_email="c@d.example")
    make_upload(3, other, file_name="a.csv", **ALL_IN)
    assert sorted(pk[-1] for _, pk in tasks(browse(alice))) == [str(number) for number in open_ones]


@pytest.mark.parametrize(
    ("ago", "more", "is_listed"),
    [
        (29.9, {}, True),
        (30.1, {}, False),
        (6.9, REFUSED, True),
        (7.1, REFUSED, False),
        (1, {**REFUSED, **CHECK}, True),
        (1, STOPPED, True),
        (1, {**STOPPED, "source_deleted_at": "now"}, False),
        (1, CHECK, True),
        (1, {**CHECK, "source_deleted_at": "now"}, False),
        (1, {**CHECK, "status": "failed", "valid_records": 0, "error_records": 10}, False),
        (1, {"erased_at": "now"}, False),
        (1, {"status": "cancelled"}, False),
        (1, ALL_IN, False),
    ],
)
def test_what_is_over_is_not_listed(
    ago: float, more: dict[str, Any], is_listed: bool, as_alice: Client, vendor_a: Vendor
) -> None:
    values = {name: now() if value == "now" else value for name, value in more.items()}
    make_upload(60, vendor_a, ago=ago, **values)
    assert bool(tasks(as_alice)) == is_listed


def test_many_tasks_are_folded_and_the_page_says_when_it_did_not_look_further(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "SHOWN", 2)
    for number in range(4):
        make_upload(number, vendor_a)
    page = page_of(as_alice)
    assert "Show 2 more" in page
    assert page.count("data-task=") == 4
    assert "These are from the newest" not in page
    assert totals(as_alice)["to-fix"] == "12"
    monkeypatch.setattr(to_do, "MOST", 3)
    assert len(tasks(as_alice)) == 3
    assert "These are from the newest" in page_of(as_alice)
    assert totals(as_alice)["to-fix"] == "9+"


def test_a_vendor_who_has_nothing_yet_sees_how_to_start(as_alice: Client, vendor_a: Vendor) -> None:
    page = page_of(as_alice)
    assert 'data-empty="new"' in page
    for address in ("/template/products.csv", "/template/products.xlsx", "/help/products/"):
        assert f'href="{address}"' in page
        assert as_alice.get(address).status_code == 200
    check = re.search(r'class="button" href="(/uploads/new/[^"]*)"', page)
    assert check is not None
    form = text_of(as_alice.get(html.unescape(check[1])))
    assert re.findall(r'id="mode-(\w+)"[^>]* checked', form) == ["create", "check"]
    make_product(vendor_a, 1)
    page = page_of(as_alice)
    assert 'data-empty="nothing-to-do"' in page
    assert "No uploads in the last 90 days." in page


def test_a_person_without_a_vendor_sees_nothing(
    browse: Browse, unassigned: User, staff: User, vendor_a: Vendor
) -> None:
    make_upload(1, vendor_a)
    make_product(vendor_a, 1)
    for person in (unassigned, staff):
        page = page_of(browse(person))
        assert 'data-empty="no-vendor"' in page
        assert "file-1" not in page


def test_nothing_of_another_vendor_is_shown_or_counted(
    browse: Browse, bob: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    make_upload(1, vendor_a)
    make_upload(2, vendor_a, status="processing", step="load", completed_at=None)
    make_product(vendor_a, 1)
    make_product(vendor_b, 2)
    page = page_of(browse(bob))
    assert "file-" not in page
    expected = {"products": "1", "imported": "0", "created": "0", "updated": "0", "to-fix": "0"}
    assert totals(browse(bob)) == expected


def test_staff_see_what_all_vendors_have_to_do(
    browse: Browse, reviewer: User, viewer: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    make_upload(1, vendor_a)
    make_upload(2, vendor_b, **STOPPED)
    make_upload(3, None, **REFUSED)
    page = page_of(browse(reviewer))
    assert kinds(browse(reviewer)) == ["rows", "refused", "stopped"]
    assert "Garden &amp; Grove" in page
    assert "VEND999" in page
    assert "Retry upload" in page
    seen = page_of(browse(viewer))
    assert kinds(browse(viewer)) == ["rows", "refused", "stopped"]
    assert seen.count(">View upload</a>") == 3
    assert "Retry upload" not in seen
    assert 'href="/uploads/new/"' not in seen.split("</header>")[1]


def test_the_last_five_uploads_are_listed(as_alice: Client, vendor_a: Vendor) -> None:
    uploads = [make_upload(number, vendor_a, **ALL_IN) for number in range(7)]
    section = page_of(as_alice).partition('id="last"')[2]
    listed = re.findall(r'data-upload="(\S+)"', section)
    assert listed == [upload.pk for upload in reversed(uploads)][:5]


def test_uploads_in_progress_say_how_far_they_are(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: dict[str, Any] = {
        "status": "processing",
        "step": "load",
        "completed_at": None,
        "error_records": 0,
    }
    soon = now() + timedelta(seconds=20)
    for number in (1, 2):
        make_upload(number, vendor_a, **running, lease_until=soon)
    assert words_of(as_alice).count("Checking and importing rows: 7 of 10 done.") == 2
    assert "More uploads are in progress" not in page_of(as_alice)
    monkeypatch.setattr(home, "MOST_IN_PROGRESS", 1)
    monkeypatch.setattr(view, "MOST_IN_PROGRESS", 1)
    assert "More uploads are in progress" in page_of(as_alice)


def test_totals_are_of_imports_of_the_last_30_days(
    run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    run_upload([good_row(n) for n in (1, 2, 3)], file_name="first.csv")
    changed = [good_row(1, price="5.00"), good_row(2), good_row(4), good_row(5, price="x")]
    run_upload(changed, mode="update", file_name="second.csv")
    run_upload([good_row(n) for n in (6, 7)], only_check=True)
    make_upload(9, vendor_a, ago=31, created_records=7)
    make_product(vendor_a, 99, status="inactive")
    assert totals(as_alice) == {
        "products": "5",
        "inactive": "1 inactive",
        "imported": "5",
        "created": "4",
        "updated": "1",
        "to-fix": "1",
    }


def test_products_are_counted_up_to_a_limit(
    as_alice: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "MOST_COUNTED", 3)
    for number in range(3):
        make_product(vendor_a, number, status="inactive" if number else "active")
    assert (totals(as_alice)["products"], totals(as_alice)["inactive"]) == ("3", "2 inactive")
    make_product(vendor_a, 3)
    assert (totals(as_alice)["products"], totals(as_alice)["inactive"]) == ("3+", "2 inactive")


def test_the_number_of_queries_does_not_grow(
    as_alice: Client, browse: Browse, reviewer: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    running: dict[str, Any] = {"status": "processing", "step": "load", "completed_at": None}
    cases: tuple[dict[str, Any], ...] = ({}, REFUSED, STOPPED, {**ALL_IN, **CHECK}, running)
    all_wrong: dict[str, Any] = {"status": "failed", "valid_records": 0, "error_records": 10}
    counts = []
    for start in (0, 100):
        for number, more in enumerate((*cases, all_wrong) * (1 if start == 0 else 9)):
            vendor = (vendor_a, vendor_b)[number % 2]
            make_upload(start + number, vendor, **more)
            make_upload(start + number + 60, vendor_a, **more)
            make_product(vendor, start + number)
        for client in (as_alice, browse(reviewer)):
            client.get("/")  # fills what is kept in memory
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/").status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 17
