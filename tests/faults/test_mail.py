"""SES throttles, rejects or does not answer. Imports never wait for email."""

from collections.abc import Callable
from typing import Any

import pytest

from imports.execution import lease
from imports.models import Upload
from imports.notifications import email
from tests.faults.cases import Case
from tests.faults.checker import check, mails
from tests.faults.http_faults import DROPPED, REPLY_LOST, SERVER_ERROR, Fault
from tests.faults.world import wait_until
from tests.product_files import good_row

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
    """Retried; a second email only if the outcome was lost."""
    times = 1 if more else 4
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
    assert not any(upload["upload_id"] in text for text in mails(case.world))
    check(case)


@pytest.mark.django_db(transaction=True)
def test_slice_used_up_before_the_mail_is_sent(
    run_upload: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """No other worker may claim it between marking and sending, or it would be sent twice."""
    settings.SLICE_SECONDS = 0
    sent: list[object] = []

    def send(notification: object) -> None:
        assert lease.claim() is None
        sent.append(notification)

    monkeypatch.setattr(email, "send", send)
    assert run_upload([good_row(1, price="x")]).status == "failed"
    assert len(sent) == 1
