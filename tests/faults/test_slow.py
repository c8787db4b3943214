"""Work that is slow or hangs, and processes that are frozen in the middle of a transaction."""

import signal
from datetime import timedelta

import pytest

from deploy.local import stopping
from imports.execution.failpoints import POINTS
from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.http_faults import BLACK_HOLE, HELD
from tests.faults.people import Person
from tests.faults.spare_time import SpareTime
from tests.faults.test_failpoints import SCENES, an_import
from tests.faults.test_workers import FENCED, log_of_workers
from tests.faults.world import SHORT, wait_until

LEASE = float(SHORT["LEASE_SECONDS"])
LEASES = (
    "SELECT lease_until > now() AS held, lease_until, now() AS at, token FROM upload_history "
    "WHERE upload_id = %s"
)
TRIES = 3
# Of the others there is only one process: while it is frozen, its own work waits, until the time
# limit of its task or its health check ends it.
OF_IMPORTS = ("receive", "claim", "stage", "load", "report", "notify", "failure")


def test_work_that_takes_longer_than_a_lease(case: Case) -> None:
    """The worker keeps it. It used to lose it to another one, again and again.

    On a machine that stalls, a lease of two seconds may end before it is renewed; then another file
    is tried.
    """
    assert any(keeps_its_lease(case, number) for number in range(TRIES))
    check(case)


def keeps_its_lease(case: Case, number: int) -> bool:
    """Whether the worker of a new file keeps its lease, and its upload, for two leases."""
    held = case.world.http.fail("dynamodb.BatchGetItem", HELD)
    sent = case.drop(case.rows(2_100, bad=10, first=1 + 3_000 * number))
    wait_until("a worker reads staged rows", lambda: held.hits)
    upload = case.upload_of(sent)
    [first] = case.world.rows(LEASES, [upload["upload_id"]])

    def outcome() -> str:
        [now] = case.world.rows(LEASES, [upload["upload_id"]])
        if not now["held"] or now["token"] != first["token"]:
            return "lost"
        return "kept" if now["at"] > first["lease_until"] + timedelta(seconds=LEASE) else ""

    found = wait_until("its second lease would be over", outcome)
    case.world.http.take_back(held)
    case.settle()
    # Each line names its upload; the worker of an earlier file may notice only now.
    ours = [line for line in log_of_workers(case) if upload["upload_id"] in line]
    return found == "kept" and not any(FENCED in line for line in ours)


def test_work_that_hangs(case: Case) -> None:
    """It ends in a failed attempt after the total time of a step, and the next one succeeds."""
    hole = case.world.http.fail("dynamodb.BatchGetItem", BLACK_HOLE, times=10_000)
    case.drop(case.rows(1_100, bad=10))
    failed = ": TookTooLong"
    before = case.logs_before.get("worker", 0)
    wait_until("a failed attempt", lambda: failed in case.world.log("worker", before))
    case.world.http.take_back(hole)
    case.settle()
    check(case)


@pytest.mark.parametrize("point", [p for p in POINTS if p.partition(".")[0] in OF_IMPORTS])
def test_frozen(case: Case, point: str) -> None:
    """Its locks are gone before its lease: neither its own upload nor another one of the vendor
    waits for it. When it continues, it changes nothing."""
    case.world.freezes = True
    SCENES.get(point, an_import)(case, point, 1)
    [frozen] = wait_until("frozen", case.world.frozen)
    case.drop(case.rows(20, bad=1, first=50_000))
    # Long before the task's time limit would kill the process.
    case.settle(within=15 * LEASE)
    assert case.world.frozen() == [frozen]
    stopping.send(frozen, signal.SIGCONT)
    wait_until("continues", lambda: not case.world.frozen())
    check(case)


def test_clicks_on_an_upload_whose_worker_is_frozen(case: Case) -> None:
    """They used to wait with all threads of the portal, until it did not even answer probes."""
    person = Person(case)
    case.world.freezes = True
    an_import(case, "load.before_commit", 1)
    wait_until("frozen", case.world.frozen)
    [upload] = case.uploads()
    spare = SpareTime()
    answer = person.post(f"/uploads/{upload['upload_id']}/cancel/", {})
    assert answer.status in {200, 503}
    assert person.get("/healthz").status == 200
    assert spare() < 5 * LEASE
    case.settle()
    check(case)
