"""With the settings of the compact layout, an idle system does not connect to its database.

Aurora pauses when no connection is open for some minutes, and resumes at any connection.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cases import Case
from tests.faults.checker import LISTENERS
from tests.faults.people import Person
from tests.faults.world import running, wait_until
from tests.product_files import csv_bytes

HOUR = "3600"
ROUNDS = 3


@pytest.fixture
def case() -> Iterator[Case]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("the system under test needs /proc, as on Linux")
    with running(
        CONN_MAX_AGE="0",
        DB_CONNECT_TIMEOUT="40",
        RESUME_EVERY_SECONDS=HOUR,
        MISSING_EVENTS_EVERY_SECONDS=HOUR,
        SCHEDULES_EVERY_SECONDS=HOUR,
        CLEAN_UP_EVERY_SECONDS=HOUR,
        MAIL_EVENTS_EVERY_SECONDS=HOUR,  # looks for expiring tokens, too
        # This task uses queues and not the database, so it may run often. Here it shows that beat,
        # the maintenance queue and its worker keep working.
        DEAD_LETTERS_EVERY_SECONDS="1",
    ) as world:
        yield Case(world)


def test_no_process_connects_while_there_is_no_work(case: Case) -> None:
    world = case.world
    person = Person(case)
    person.send(csv_bytes(case.rows(20, bad=2)))
    wait_until("it is imported", lambda: [u["step"] for u in case.uploads()] == ["done"])
    case.settle()  # its email is sent
    assert world.pg.accepted, "the proxy sees the connections"
    wait_until("all connections are closed", lambda: not world.pg.has_clients)

    def is_quiet() -> bool:
        """Also after the sweeps that run once at start, and hints that are left over."""
        accepted = world.pg.accepted
        all_have_polled(case)
        return bool(world.pg.accepted == accepted)

    wait_until("a round without a connection", is_quiet)
    before = world.pg.accepted
    for _ in range(ROUNDS):
        all_have_polled(case)
        assert person.get("/healthz").status == 200
    assert (world.pg.accepted, world.pg.has_clients) == (before, False)


def all_have_polled(case: Case) -> None:
    """Wait until each process has polled its queue again and beat has sent a task."""
    world, start = case.world, time.monotonic()
    sent = world.log("beat").count("watch_dead_letters")
    wait_until(
        "all have polled",
        lambda: all(world.http.polled.get(queue, 0) > start for queue in LISTENERS),
    )
    wait_until("beat has sent", lambda: world.log("beat").count("watch_dead_letters") > sent)
