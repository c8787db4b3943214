"""The pace of the compact layout: sweeps run every six hours, so that the database may pause."""

import signal
from collections.abc import Iterator

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.http_faults import EXPIRED, HELD
from tests.faults.world import World, running, wait_until

PACE = {
    "CONN_MAX_AGE": "0",
    "RESUME_EVERY_SECONDS": "21600",
    "MISSING_EVENTS_EVERY_SECONDS": "21600",
    "SCHEDULES_EVERY_SECONDS": "21600",
    "CLEAN_UP_EVERY_SECONDS": "21600",
}


@pytest.fixture(scope="module")
def compact() -> Iterator[World]:
    # No message comes back during a test.
    with running(most_receives=10, visibility=3600, **PACE) as world:
        yield world


@pytest.fixture
def case(compact: World) -> Iterator[Case]:
    compact.heal()
    yield Case(compact)
    compact.heal()


def test_a_hint_outlives_an_outage_of_the_database(case: Case) -> None:
    """It used to be acknowledged, and the upload waited for the next sweep."""
    held = case.world.http.fail("dynamodb.BatchGetItem", HELD)
    case.drop(case.rows(1_100, bad=10))
    wait_until("a worker reads staged rows", lambda: held.hits)
    case.world.do(case.world.pg.stop())
    case.world.http.take_back(held)
    before = case.logs_before.get("worker", 0)
    wait_until(
        "the hint that came again meets the same outage",
        lambda: case.world.log("worker", before).count("trying again later") > 1,
    )
    case.world.do(case.world.pg.start())
    case.settle()
    check(case)


def test_all_sweeps_run_when_beat_starts(case: Case) -> None:
    """Beat used to wait for six hours first, and for another six after each restart."""
    lost = case.world.http.fail(
        "sqs.ReceiveMessage",
        EXPIRED,
        times=10_000,
        when=lambda request: b"onboarding-events" in request.body,
    )
    wait_until("the forwarder receives nothing", lambda: lost.hits)
    case.drop(case.rows(20, bad=1))
    [listed] = case.world.aws("s3").list_objects_v2(
        Bucket=case.world.bucket, Prefix=case.sent[0].key
    )["Contents"]
    grace = float(case.world.settings["EVENT_GRACE_SECONDS"])
    wait_until(
        "old enough to be missed",
        lambda: case.world.rows("SELECT now() - %s > make_interval(secs => %s) AS old",
                                [listed["LastModified"], grace])[0]["old"],
    )  # fmt: skip
    case.world.successor("beat", case.world.kill("beat", signal.SIGTERM))
    case.settle()
    case.world.http.take_back(lost)
    check(case)
