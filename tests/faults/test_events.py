"""S3 events: duplicated, late, out of order, missing, unusual, and about missing objects."""

import json
import random
from urllib.parse import quote_plus

from tests.faults.cases import Case, Sent
from tests.faults.checker import check
from tests.faults.http_faults import EXPIRED, HELD
from tests.faults.messages import event, send
from tests.faults.reference import Expected
from tests.faults.test_queues import alarms as dead_letter_alarms
from tests.faults.world import wait_until


def test_twice_late_out_of_order(case: Case) -> None:
    """One upload per object version."""
    key = f"uploads/{case.vendor()}/again.csv"
    for number in range(3):
        case.drop(case.rows(20, bad=1, first=1 + 100 * number), name="again.csv")
    assert {sent.key for sent in case.sent} == {key}
    messages = [event(case, sent.key, sent.version) for sent in case.sent] * 2
    random.Random(2).shuffle(messages)
    for message in messages:
        send(case, "Events", message, DelaySeconds=random.Random(message).randint(0, 2))
    case.settle()
    send(case, "Events", messages[0])  # long after its upload is done
    wait_until("it is received", lambda: not case.world.messages_in("Events"))
    assert len(case.uploads()) == 3
    check(case)


def test_never(case: Case) -> None:
    """The sweep finds the object."""
    rule = case.world.http.fail(
        "sqs.ReceiveMessage",
        EXPIRED,
        times=10_000,
        when=lambda asked: b"onboarding-events" in asked.body,
    )
    case.drop(case.rows(20, bad=1))
    case.settle()
    assert rule.hits
    case.world.http.heal()
    check(case)


def test_test_event_two_records_unknown_fields(case: Case) -> None:
    send(case, "Events", json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
    rule = case.world.http.fail(
        "sqs.ReceiveMessage",
        EXPIRED,
        times=10_000,
        when=lambda asked: b"onboarding-events" in asked.body,
    )
    both = [case.drop(case.rows(20, first=1 + 100 * number)) for number in range(2)]
    records = [json.loads(event(case, s.key, s.version))["Records"][0] for s in both]
    records[0]["glacierEventData"] = {"new": ["field"]}
    send(case, "Events", json.dumps({"Records": records, "unknown": True}))
    case.world.http.take_back(rule)
    case.settle()
    assert len(case.uploads()) == 2
    check(case)


def test_odd_keys(case: Case) -> None:
    for name in ("a+b%2B%C3%A9 ü.csv", "semi;colon&amp='\".csv", "folder/in folder/deep.csv"):
        case.drop(case.rows(5, first=1 + 100 * len(case.sent)), name=name)
    case.settle()
    check(case)


def test_missing_foreign_and_oversize_objects(case: Case) -> None:
    """Each ends with a reason; other events are processed."""
    owner = case.vendor()
    missing = f"uploads/{owner}/missing.csv"
    send(case, "Events", event(case, missing, "no-such-version"))
    send(case, "Events", event(case, f"uploads/UNKNOWN-{case.tag}/a.csv", "v"))
    send(
        case,
        "Events",
        event(case, missing, "v", s3={"bucket": {"name": "b"}, "object": {"key": "k"}}),
    )
    foreign = json.loads(event(case, missing, "v"))
    foreign["Records"][0]["s3"]["bucket"]["name"] = "somebody-elses"
    send(case, "Events", json.dumps(foreign))
    gone = Expected(refused="FILE_DELETED")
    case.sent.append(Sent(owner, missing, "no-such-version", b"", gone))
    large = case.drop(b"x\n" * (5 * 1024 * 1024 + 1), name="large.csv")
    large.expected = Expected(refused="FILE_TOO_LARGE")
    sibling = case.drop(case.rows(20, bad=1))
    wait_until(
        "all have ended",
        lambda: (
            len(case.uploads()) == 3
            and all(u["step"] == "done" for u in case.uploads())
            and not case.unsent()
        ),
        tell=case.how_it_stands,
    )
    by_key = {upload["s3_key"]: upload for upload in case.uploads()}
    assert by_key[missing]["failure_code"] == "FILE_DELETED"
    assert by_key[large.key]["failure_code"] == "FILE_TOO_LARGE"
    assert by_key[sibling.key]["status"] == "partial"
    [unknown] = case.world.rows(
        "SELECT * FROM upload_history WHERE vendor_prefix = %s", [f"UNKNOWN-{case.tag}"]
    )
    wait_until(
        "the unknown vendor's upload ends",
        lambda: case.world.rows(
            "SELECT 1 FROM upload_history WHERE upload_id = %s AND step = 'done' "
            "AND failure_code = 'UNKNOWN_VENDOR'",
            [unknown["upload_id"]],
        ),
    )
    assert case.world.rows("SELECT 1 FROM alarms WHERE subject = %s", [f"UNKNOWN-{case.tag}"])
    # The event without a size, key or version is unreadable and becomes the only dead letter.
    wait_until("the dead letter", lambda: case.world.messages_in("EventsDeadLetter") == 1)
    wait_until("an alarm", lambda: dead_letter_alarms(case))
    check(case, dead_letters=1)


def test_bad_events_take_no_siblings_along(case: Case) -> None:
    """Values that PostgreSQL cannot store are not treated as an outage."""
    owner = case.vendor()
    evil = [
        event(case, quote_plus(f"uploads/{owner}/nul\0.csv"), "v"),
        event(case, f"uploads/{owner}/{'x' * 2_000}.csv", "v"),
        event(case, f"uploads/{owner}/huge.csv", "v").replace('"size": 10', '"size": 1' + "0" * 30),
        event(case, f"uploads/{owner}/version.csv", "v" * 2_000),
    ]
    pid = case.world.pid("forwarder")
    for message in evil:
        send(case, "Events", message)
    case.drop(case.rows(20, bad=1))
    case.settle()
    wait_until(
        "set aside",
        lambda: case.world.messages_in("EventsDeadLetter") == len(evil),
        tell=lambda: case.world.log("forwarder", case.logs_before["forwarder"])[-2000:],
    )
    assert case.world.pid("forwarder") == pid
    wait_until("an alarm", lambda: dead_letter_alarms(case))
    check(case, dead_letters=len(evil))


def test_object_overwritten_while_being_read(case: Case) -> None:
    """The version named in the event is the one read."""
    held = case.world.http.fail("s3.GET", HELD)
    case.drop(case.rows(300, bad=10), name="again.csv")
    wait_until("the first one is being read", lambda: held.hits)
    case.drop(case.rows(200, bad=3, first=1_000), name="again.csv")
    case.world.http.take_back(held)
    case.settle()
    assert {upload["total_records"] for upload in case.uploads()} == {300, 200}
    check(case)
