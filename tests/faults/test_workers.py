"""Workers that are killed, frozen, stopped, or lost repeatedly."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.local import stopping
from deploy.local.application import Commands
from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.http_faults import HELD, Request
from tests.faults.world import World, wait_until

# Logged by a worker that has lost its lease: as "nothing was changed", or as "this failure is not
# recorded" if the time of its step was over when it woke up.
FENCED = "another worker holds this upload now"
# Logged by Celery when it ends a process that was frozen for longer than a task may take.
ENDED_BY_CELERY = "Hard time limit"


def is_loading(case: Case) -> bool:
    return any(upload["step"] == "load" and upload["lease_until"] for upload in case.uploads())


def test_main_worker_killed_again_and_again_under_load(case: Case, in_full: bool) -> None:
    """In full: every 5 s for 1 minute."""
    kills, every = (12, 5.0) if in_full else (4, 0.0)
    for _ in range(kills):
        next_one = time.monotonic() + every
        case.drop_of_every_kind(1_200, bad=5)
        wait_until("the worker works", lambda: is_loading(case) or is_over(case))
        case.world.successor("worker", case.world.kill("worker"))
        time.sleep(max(0.0, next_one - time.monotonic()))
    case.settle()
    check(case)


def is_over(case: Case) -> bool:
    return all(upload["step"] == "done" for upload in case.uploads())


@pytest.fixture
def second_worker(world: World) -> str:
    """Start another worker beside the first; return its name."""
    [worker] = [
        process
        for process in world.processes(Commands(world.places, world.env))
        if process.name == "worker"
    ]
    name = "second-worker"
    if name not in world.supervisor.pids:
        world.do(world.supervisor.start(replace(worker, name=name)))
    return name


def test_frozen_past_its_lease_and_woken(case: Case, second_worker: str) -> None:
    """The old token changes 0 rows."""
    held = case.world.http.fail("dynamodb.BatchGetItem", HELD)
    case.drop(case.rows(2_100, bad=10))
    wait_until("a worker reads staged rows", lambda: held.hits)
    children = [*case.world.children("worker"), *case.world.children(second_worker)]
    [frozen] = [pid for pid in children if case.world.awaits_aws(pid)]
    stopping.send(frozen, signal.SIGSTOP)
    case.world.http.take_back(held)
    try:
        case.settle()  # another worker has taken it over
        before = case.uploads()
    finally:
        stopping.send(frozen, signal.SIGCONT)
    wait_until_fenced(case)
    assert case.uploads() == before
    check(case)


def log_of_workers(case: Case) -> list[str]:
    """What the workers have logged since the beginning of the test."""
    return [
        line
        for name in ("worker", "second-worker")
        for line in case.world.log(name, case.logs_before.get(name, 0)).splitlines()
    ]


def wait_until_fenced(case: Case) -> None:
    """Wait until the worker that was frozen notices that it has lost its lease."""

    def logged(text: str) -> bool:
        return any(text in line for line in log_of_workers(case))

    wait_until(
        "the old holder notices",
        lambda: logged(FENCED) or logged(ENDED_BY_CELERY),
        tell=case.how_it_stands,
    )
    case.time_limit_exceeded = logged(ENDED_BY_CELERY)
    case.world.kills += case.time_limit_exceeded


@pytest.mark.parametrize(
    ("operation", "when"),
    [
        pytest.param("s3.PUT", lambda request: "/errors/" in request.path, id="report"),
        pytest.param("dynamodb.BatchWriteItem", lambda _: True, id="staged_rows"),
    ],
)
def test_a_worker_that_wakes_up_late_writes(
    case: Case, operation: str, when: Callable[[Request], bool]
) -> None:
    """Only what the fenced transaction recorded is served and loaded."""
    held = case.world.http.fail(operation, HELD, when=when)
    case.drop(case.rows(1_200, bad=10))
    wait_until("the write is held", lambda: held.hits)
    workers = [name for name in ("worker", "second-worker") if name in case.world.supervisor.pids]
    children = [pid for name in workers for pid in case.world.children(name)]
    [frozen] = [pid for pid in children if case.world.awaits_aws(pid)]
    stopping.send(frozen, signal.SIGSTOP)  # a worker that only waits keeps its lease
    case.settle()
    [upload] = case.uploads()
    case.world.http.take_back(held)
    stopping.send(frozen, signal.SIGCONT)
    wait_until_fenced(case)
    [after] = case.uploads()
    assert after["error_file_version"] == upload["error_file_version"]
    check(case)


def test_sigterm_in_the_middle_of_a_large_file_then_sigkill(case: Case) -> None:
    """No loss, and a delay of at most the visibility timeout."""
    held = case.world.http.fail("dynamodb.BatchGetItem", HELD)
    case.drop(case.rows(9_000, bad=50))
    wait_until("a slice is in progress", lambda: held.hits)
    pid = case.world.kill("worker", signal.SIGTERM)
    wait_until(
        "it says that it waits",
        lambda: "shutdown" in case.world.log("worker", case.logs_before["worker"]).lower(),
    )
    stopping.kill_session(pid)
    case.world.successor("worker", pid)
    case.settle(within=15)
    check(case)


def test_lost_workers_end_the_upload_that_loses_them(case: Case) -> None:
    """As if a batch made every child run out of memory: the upload fails with a clear reason after
    its attempts, the others finish, the worker survives."""
    case.world.order_death("load.before_commit", 8)
    case.drop(case.rows(1_200))
    wait_until("given up", lambda: case.uploads() and is_over(case), tell=case.how_it_stands)
    [upload] = case.uploads()
    assert (upload["status"], upload["failure_code"]) == ("failed", "INTERNAL")
    [alarm] = case.world.rows("SELECT * FROM alarms WHERE subject = %s", [upload["upload_id"]])
    assert "8 workers were lost" in alarm["detail"]
    assert not case.world.rows("SELECT 1 FROM products WHERE upload_id = %s", [upload["upload_id"]])
    # One hint may have lost all of them, which is more than the limit of deliveries in this world.

    case.world.forget_messages()
    other = Case(case.world)
    other.drop(other.rows(30, bad=2))
    other.settle()
    check(other)
