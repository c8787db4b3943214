"""Beat is dead, then runs twice; the sweeps keep their promises."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from deploy.local import stopping
from deploy.local.application import Commands
from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.http_faults import UNAVAILABLE
from tests.faults.world import HANG, wait_until


def test_beat_dead_then_two_beats(case: Case, in_full: bool) -> None:
    """Two sweeps resume at once: nothing is lost or duplicated. In full: dead for 10 minutes."""
    pid = case.world.pid("beat")
    stopping.send(pid, signal.SIGSTOP)
    try:
        # A sweep that was already sent would resume the uploads.
        wait_until(
            "no sweep is left",
            lambda: not case.world.awaits_aws(pid) and not case.world.messages_in("Maintenance"),
        )
        case.world.http.fail("sqs.SendMessage", UNAVAILABLE, times=10_000)
        for number in range(4):
            case.drop(case.rows(1_100, bad=5, first=1 + 2_000 * number), vendor=number)
        wait_until("no hint got through", lambda: hints_lost(case) >= 4)
        wait_until("no event comes again", lambda: not case.world.messages_in("Events"))
        case.world.http.heal()
        time.sleep(600 if in_full else 2)
        assert not any(upload["step"] == "done" for upload in case.uploads())
    finally:
        stopping.send(pid, signal.SIGCONT)
    start_second_beat(case)
    case.settle()
    check(case)


def hints_lost(case: Case) -> int:
    log = case.world.log("forwarder", case.logs_before.get("forwarder", 0))
    return log.count("hint not sent")


def start_second_beat(case: Case) -> None:
    [beat] = [
        process
        for process in case.world.processes(Commands(case.world.places, case.world.env))
        if process.name == "beat"
    ]
    schedule = str(case.world.places.beat_schedule)
    command = tuple(part.replace(schedule, schedule + "-2") for part in beat.command)
    if "second-beat" not in case.world.supervisor.pids:
        case.world.do(
            case.world.supervisor.start(replace(beat, name="second-beat", command=command))
        )


def test_temporary_files_of_killed_workers_are_deleted(case: Case) -> None:
    abandoned = case.world.temp / "onboarding-abandoned.upload"
    in_use = case.world.temp / "onboarding-in-use.upload"
    for path, minutes in ((abandoned, 20), (in_use, 1)):
        path.touch()
        long_ago = time.time() - minutes * 60
        os.utime(path, (long_ago, long_ago))
    case.drop(case.rows(20))
    case.settle()
    assert not abandoned.exists()
    assert in_use.exists()
    Path(in_use).unlink()
    check(case)


def test_source_deleted_only_after_its_end(case: Case) -> None:
    """An object whose upload has not ended is never deleted, however old it is."""
    rule = case.world.http.fail("dynamodb.BatchGetItem", UNAVAILABLE, times=6)
    slow = case.drop(case.rows(20, bad=1))
    old = case.drop(case.rows(20, first=100), vendor=1)
    case.world.rows(
        "UPDATE upload_history SET upload_timestamp = upload_timestamp - interval '30 hours' "
        "WHERE vendor_prefix = ANY(%s)",
        [case.vendors],
    )
    case.settle()
    assert rule.hits == 6
    assert not case.upload_of(slow)["source_deleted_at"]
    case.world.rows(
        "UPDATE upload_history SET completed_at = completed_at - interval '25 hours' "
        "WHERE upload_id = %s",
        [case.upload_of(old)["upload_id"]],
    )
    wait_until("deleted", lambda: case.upload_of(old)["source_deleted_at"])
    check(case)


def test_one_vendor_uploads_many_files_then_another_a_small_one(case: Case, in_full: bool) -> None:
    """The small one does not wait for them: hardly any of them ends between its arrival and its
    end. In full: 100 files of 10,000 rows."""
    files, rows = (100, 10_000) if in_full else (12, 3_000)
    for number in range(files):
        case.drop(case.rows(rows, bad=5, first=1_000 + 20_000 * number), vendor=0)
    wait_until("a backlog", lambda: len(case.uploads()) > 9)
    small = case.drop(case.rows(50, first=500), vendor=1)
    case.settle(within=400 if in_full else HANG)
    [*many, its_own] = sorted(case.uploads(), key=lambda upload: upload["s3_key"] == small.key)
    came, ended = its_own["upload_timestamp"], its_own["completed_at"]
    assert sum(came < upload["completed_at"] < ended for upload in many) <= 6
    assert sum(ended < upload["completed_at"] for upload in many) >= 4  # there was a backlog
    check(case)
