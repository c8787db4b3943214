"""SQS failures: polls, deletions and sends that fail, duplicated and unprocessable messages."""

import json
import random
import time
from typing import Any

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check, everybody_listens
from tests.faults.http_faults import (
    BLACK_HOLE,
    DROPPED,
    EXPIRED,
    REPLY_LOST,
    SERVER_ERROR,
    THROTTLED,
    TRIPLED,
    UNAVAILABLE,
    Fault,
)
from tests.faults.messages import event, send
from tests.faults.world import wait_until

GARBAGE = Fault(answer=lambda _: {"Messages": "not a list"})


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        pytest.param(SERVER_ERROR, 12, id="500"),
        pytest.param(UNAVAILABLE, 12, id="503"),
        pytest.param(EXPIRED, 12, id="403"),
        pytest.param(THROTTLED, 12, id="400"),
        pytest.param(DROPPED, 12, id="reply_dropped"),
        pytest.param(REPLY_LOST, 6, id="reply_lost_after_the_work"),
        pytest.param(Fault(cut=20), 12, id="body_cut"),
        pytest.param(GARBAGE, 12, id="garbage"),
        pytest.param(BLACK_HOLE, 4, id="never_answered"),
    ],
)
def test_receive_fails(case: Case, fault: Fault, times: int) -> None:
    """The worker survives or is restarted within 10 s, and then polls again."""
    rule = case.world.http.fail(
        "sqs.ReceiveMessage",
        fault,
        times=times,
        # Read by a task, which would wait for an answer, while its own queue is not polled.
        when=lambda asked: b"-mail-events" not in asked.body,
    )
    case.drop(case.rows(30, bad=2))
    wait_until("the polls failed", lambda: rule.hits == times)
    assert not list(everybody_listens(case.world, within=10))
    case.settle()
    check(case)


def test_receive_refused(case: Case) -> None:
    """SQS, S3, DynamoDB and SES cannot be reached; everything is processed afterwards."""
    case.drop(case.rows(3_000, bad=20))
    case.world.do(case.world.http.stop())
    for number in range(3):
        case.drop(case.rows(20, first=10_000 + 100 * number))
    time.sleep(5)
    case.world.do(case.world.http.start())
    assert not list(everybody_listens(case.world, within=10))
    case.settle()
    check(case)


@pytest.mark.parametrize("fault", [SERVER_ERROR, EXPIRED, REPLY_LOST], ids=["500", "403", "lost"])
def test_delete_fails(case: Case, fault: Fault) -> None:
    """Duplicates change nothing."""
    rule = case.world.http.fail("sqs.DeleteMessage", fault, times=8)
    for number in range(3):
        case.drop(case.rows(1_100, bad=5, first=1 + 2_000 * number))
    case.settle()
    assert rule.hits
    check(case)


def test_reply_of_send_lost(case: Case) -> None:
    rule = case.world.http.fail("sqs.SendMessage", REPLY_LOST, times=10)
    case.drop(case.rows(2_100, bad=5))
    case.settle()
    assert rule.hits
    check(case)


def test_send_impossible_while_files_arrive(case: Case, in_full: bool) -> None:
    """Everything waits in the database and runs later. In full: for 2 minutes."""
    rule = case.world.http.fail("sqs.SendMessage", UNAVAILABLE, times=10_000)
    until = time.monotonic() + (120 if in_full else 3)
    while time.monotonic() < until:
        number = len(case.sent)
        case.drop(case.rows(1_100, bad=5, first=1 + 2_000 * number), vendor=number % 3)
        time.sleep(2 if in_full else 0.5)
    wait_until("all are received", lambda: len(case.uploads()) == len(case.sent))
    wait_until("sends failed", lambda: rule.hits > 20)
    assert not any(upload["step"] == "done" for upload in case.uploads())
    case.world.http.heal()
    case.settle()
    check(case)


def test_every_message_delivered_three_times_and_shuffled(case: Case) -> None:
    case.world.http.fail("sqs.SendMessage", TRIPLED, times=10_000)
    for _ in range(2):
        case.drop_of_every_kind(1_100, bad=5)
    messages = [event(case, sent.key, sent.version) for sent in case.sent] * 3
    random.Random(3).shuffle(messages)
    for message in messages:
        send(case, "Events", message)
    case.settle()
    check(case)


def task(name: str, *, arguments: Any = (), **properties: Any) -> str:
    """A message in Celery's format."""
    return json.dumps(
        {
            "body": json.dumps([list(arguments), {}, {}]),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"lang": "py", "task": name, "id": "0", "argsrepr": "", "kwargsrepr": ""},
            "properties": {
                "correlation_id": "0",
                "reply_to": "",
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "imports"},
                "priority": 0,
                "body_encoding": "utf-8",
                "delivery_tag": "0",
                **properties,
            },
        }
    )


POISON = (
    "not JSON at all",
    "[]",
    "{}",
    "null",
    '{"body": 1}',
    '{"properties": {}, "headers": {}, "body": "x"}',
    task("nobody.knows.me"),
    task("imports.tasks.advance", arguments=["one", "too", "many"]),
    task("imports.tasks.advance").replace("application/json", "application/x-python-serialize"),
    task("imports.tasks.advance", body_encoding="base64"),
)
BAD_EVENTS = (
    *POISON[:5],
    '{"Records": [{}]}',
    '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "x"}}}]}',
    '{"Records": 7}',
    "<xml/>",
    "\u202e",
)


def test_poison_in_every_queue(case: Case) -> None:
    """The worker survives; all become dead letters, with an alarm; other messages are processed;
    `manage.py redrive` returns the messages after a fix."""
    case.world.limit_receives_of_hints(5)
    pids = {name: case.world.pid(name) for name in ("worker", "maintenance", "forwarder")}
    for queue, bodies in {"Imports": POISON, "Maintenance": POISON, "Events": BAD_EVENTS}.items():
        for body in bodies:
            send(case, queue, body)
    case.drop(case.rows(30, bad=2))
    case.settle()
    expected = {"Imports": len(POISON), "Maintenance": len(POISON), "Events": len(BAD_EVENTS)}
    wait_until(
        "all are dead letters",
        lambda: dead_letters(case) == expected,
        tell=lambda: f"{dead_letters(case)}",
    )
    assert {name: case.world.pid(name) for name in pids} == pids
    wait_until("three alarms", lambda: len(alarms(case)) == 3)
    check(case, dead_letters=sum(expected.values()))
    before = case.world.log_sizes()["forwarder"]
    said = case.world.manage("redrive", "events")
    assert f"{len(BAD_EVENTS)} messages" in said
    unreadable = "unreadable S3 event"
    wait_until(
        "all are delivered again",
        lambda: case.world.log("forwarder", before).count(unreadable) >= len(BAD_EVENTS),
    )


def dead_letters(case: Case) -> dict[str, int]:
    return {
        name: case.world.messages_in(f"{name}DeadLetter")
        for name in ("Imports", "Maintenance", "Events")
    }


def alarms(case: Case) -> set[str]:
    found = case.world.rows("SELECT subject FROM alarms WHERE kind = 'dead_letter'")
    return {alarm["subject"] for alarm in found}
