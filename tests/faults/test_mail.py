"""SES throttles, rejects or does not answer. Imports never wait for email."""

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check, mails
from tests.faults.http_faults import (
    BLACK_HOLE,
    DROPPED,
    REPLY_LOST,
    SERVER_ERROR,
    UNAVAILABLE,
    Fault,
)
from tests.faults.world import wait_until

SEND = "*Send*Email*"


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        pytest.param(Fault(status=400, code="Throttling"), 0, id="throttle"),
        pytest.param(Fault(status=400, code="LimitExceededException"), 0, id="daily_quota"),
        pytest.param(SERVER_ERROR, 0, id="500"),
        pytest.param(DROPPED, 1, id="not_taken_and_no_answer"),
        pytest.param(REPLY_LOST, 1, id="taken_and_no_answer"),
    ],
)
def test_ses_fails(case: Case, fault: Fault, more: int) -> None:
    """Retried; a second email only if the outcome was lost. Each recipient gets their own."""
    times = 1 if more else 4
    case.world.rows(
        "UPDATE vendors SET extra_recipients = %s WHERE vendor_id = ANY(%s)",
        [["team@people.example", "boss@people.example"], [case.vendor(), case.vendor(1)]],
    )
    rule = case.world.http.fail(SEND, fault, times=times)
    case.more_mails = more
    case.drop(case.rows(20, bad=2))
    wait_until("SES was called", lambda: rule.hits, tell=case.how_it_stands)
    case.drop(case.rows(20, bad=2, first=100), vendor=1)  # does not wait
    wait_until(
        "both have a final status",
        lambda: [upload["status"] for upload in case.uploads()] == ["partial"] * 2,
    )
    case.settle()
    assert rule.hits == times
    check(case)


def test_ses_never_answers_twice(case: Case) -> None:
    """After a second lost outcome it stays unknown, and staff get an alarm."""
    case.world.http.fail(SEND, REPLY_LOST, times=2)
    case.more_mails = case.unsent_mails = 1
    case.drop(case.rows(20, bad=2))
    case.settle()
    check(case)


def test_rejected_address(case: Case) -> None:
    """Staff get an alarm; the import is kept."""
    case.world.http.fail(SEND, Fault(status=400, code="MessageRejected"), times=100)
    case.unsent_mails = 1
    case.drop(case.rows(20, bad=2))
    case.settle()
    [upload] = case.uploads()
    [notification] = case.world.rows(
        "SELECT state FROM notifications WHERE upload_id = %s", [upload["upload_id"]]
    )
    assert notification["state"] == "failed"
    [alarm] = case.world.rows("SELECT kind FROM alarms WHERE subject = %s", [upload["upload_id"]])
    assert alarm["kind"] == "unsent_mail"
    assert not any(upload["upload_id"] in text for _to, text in mails(case.world))
    check(case)


def test_ses_hangs(case: Case) -> None:
    """It costs the mail worker's time and no other: imports end while no email is answered, and
    the emails are sent when SES answers again."""
    rule = case.world.http.fail(SEND, BLACK_HOLE, times=10_000)
    case.drop(case.rows(5))
    wait_until("SES was called", lambda: rule.hits, tell=case.how_it_stands)
    for number in range(1, 11):
        case.drop(case.rows(5, first=1 + 100 * number), vendor=number % 3)
    wait_until(
        "all imports are done",
        lambda: [upload["step"] for upload in case.uploads()] == ["done"] * 11,
        tell=case.how_it_stands,
    )
    assert case.unsent() == {upload["upload_id"] for upload in case.uploads()}
    # One email times out, twice: after two lost answers it would be given up, not so here.
    wait_until("SES has hung several times", lambda: rule.hits > 3, tell=case.how_it_stands)
    case.world.http.take_back(rule)
    case.settle()
    check(case)


def test_the_queue_of_ses_events_cannot_be_read(case: Case) -> None:
    """Repeats, before which it is read, are sent all the same."""
    case.world.http.fail(SEND, UNAVAILABLE, times=1)
    rule = case.world.http.fail(
        "sqs.ReceiveMessage",
        UNAVAILABLE,
        times=10_000,
        when=lambda request: b"-mail-events" in request.body,
    )
    case.drop(case.rows(5))
    case.settle()
    assert rule.hits
    check(case)


def test_a_bounce_comes_back(case: Case) -> None:
    """From SES through topic and queue into the email's state, with an alarm."""
    case.world.rows(
        "UPDATE vendors SET contact_email = 'bounce@simulator.amazonses.com' WHERE vendor_id = %s",
        [case.vendor()],
    )
    case.drop(case.rows(5))
    case.settle()
    [upload] = case.uploads()
    about = [upload["upload_id"]]
    wait_until(
        "it bounced",
        lambda: case.world.rows(
            "SELECT 1 FROM notifications WHERE upload_id = %s AND state = 'bounced'", about
        ),
        tell=case.how_it_stands,
    )
    [alarm] = case.world.rows("SELECT kind FROM alarms WHERE subject = %s", about)
    assert alarm["kind"] == "bounced_mail"
    check(case)
