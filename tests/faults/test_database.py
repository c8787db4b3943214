"""PostgreSQL restarted, down, and cut off inside COMMIT."""

import signal
import time

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.people import Answer, Person
from tests.faults.test_workers import is_loading
from tests.faults.world import wait_until

TRANSACTIONS = {
    "receive": b'INSERT INTO "upload_history"',
    "load": b"incoming_products",
    "load_customers": b"incoming_dim_customer",
    "load_clients": b'COPY "claimed_keys"',
    "report": b'INSERT INTO "notifications"',
    "notify": b'UPDATE "notifications"',
}


@pytest.mark.parametrize("committed", [True, False], ids=["after_commit", "before_commit"])
def test_cut_inside_commit(case: Case, committed: bool) -> None:
    """A rerun changes nothing or applies the changes once."""
    cuts = [
        case.world.pg.cut_commit(having=statement, committed=committed)
        for statement in TRANSACTIONS.values()
    ]
    case.drop_of_every_kind(2_100, bad=20)
    wait_until("every kind of transaction was cut", lambda: all(c.done for c in cuts))
    case.more_mails = 1  # the answer of SES was in the transaction that was cut
    case.settle()
    check(case)


def test_postgres_restarted_immediate_in_mid_batch(case: Case) -> None:
    for _ in range(2):
        case.drop_of_every_kind(6_000, bad=20)
    wait_until("a batch is in progress", lambda: is_loading(case))
    case.world.kill("postgres", signal.SIGQUIT)
    case.settle()
    check(case)


def test_postgres_down(case: Case, in_full: bool) -> None:
    """The web returns 503 with Retry-After and never 500; no message becomes a dead letter, even
    after five visibility timeouts. In full: for 1 minute."""
    person = Person(case)
    case.drop(case.rows(3_000, bad=20))
    case.world.do(case.world.pg.stop())
    until = time.monotonic() + (60 if in_full else 12)
    seen: list[tuple[str, Answer]] = []
    while time.monotonic() < until:
        case.drop(case.rows(20, first=10_000 + 100 * len(seen)), vendor=0, name=f"{len(seen)}.csv")
        seen += [(path, person.get(path)) for path in ("/uploads/", "/uploads/new/", "/healthz")]
        time.sleep(0.5)
    assert {answer.status for path, answer in seen if path == "/healthz"} == {200}
    pages = [answer for path, answer in seen if path != "/healthz"]
    assert {answer.status for answer in pages} == {503}
    assert all(answer.headers["Retry-After"] for answer in pages)
    case.world.do(case.world.pg.start())
    wait_until("the web is back", lambda: person.get("/uploads/").status == 200)
    case.settle()
    check(case)


def test_two_files_with_the_same_skus_in_opposite_order(case: Case) -> None:
    """No deadlock reaches a user; the first to commit wins, the other gets DUPLICATE_SKU."""
    rows = case.rows(1_900)
    for _ in range(2):
        case.drop(rows, vendor=0)
        case.drop(rows[::-1], vendor=1)
    case.settle()
    check(case)
    assert all(upload["attempts"] == 0 for upload in case.uploads())
    owners = case.world.rows(
        "SELECT vendor_id, count(*) AS products FROM products WHERE vendor_id = ANY(%s) "
        "GROUP BY vendor_id",
        [case.vendors],
    )
    assert sum(owner["products"] for owner in owners) == len(rows)
    refused = case.world.rows(
        "SELECT vendor_prefix AS vendor_id, count(*) AS rows FROM validation_errors "
        "JOIN upload_history USING (upload_id) "
        "WHERE vendor_prefix = ANY(%s) AND error_type = 'DUPLICATE_SKU' GROUP BY vendor_prefix",
        [case.vendors],
    )
    # Who is first with a row, or with all rows, is open. The other vendor sent it in two files.
    won = {owner["vendor_id"]: owner["products"] for owner in owners}
    lost = {vendor: 2 * (len(rows) - won.get(vendor, 0)) for vendor in case.vendors}
    assert {one["vendor_id"]: one["rows"] for one in refused} == {
        vendor: count for vendor, count in lost.items() if count
    }
