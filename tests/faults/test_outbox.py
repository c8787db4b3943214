"""The bucket takes no answers: imports do not wait for them, and each is written once it does."""

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.http_faults import DROPPED, EXPIRED, REPLY_LOST, SERVER_ERROR, Fault, Request
from tests.faults.people import Person
from tests.faults.test_clicks import click
from tests.faults.world import wait_until

ALWAYS = 10_000  # until it is taken back


def is_answer(request: Request) -> bool:
    return "/outbox/" in request.path


def states(case: Case) -> set[str]:
    found = case.world.rows(
        "SELECT state FROM outbox_files JOIN upload_history USING (upload_id) "
        "WHERE vendor_prefix = ANY(%s)",
        [case.vendors],
    )
    return {row["state"] for row in found}


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        pytest.param(EXPIRED, ALWAYS, id="403"),
        pytest.param(SERVER_ERROR, ALWAYS, id="500"),
        pytest.param(DROPPED, 6, id="dropped"),
        pytest.param(REPLY_LOST, 6, id="reply_lost"),
        pytest.param(Fault(slow=1.5), 8, id="slow"),
    ],
)
def test_answers_cannot_be_written(case: Case, fault: Fault, times: int) -> None:
    """All uploads end, and their emails are sent; a run that is retried meanwhile has its result
    all the same."""
    rule = case.world.http.fail("s3.PUT", fault, times=times, when=is_answer)
    case.drop(case.rows(20, bad=2))
    case.drop(b"no,such,columns\n1,2,3\n", vendor=1)
    wait_until(
        "both are done, and one answer was tried",
        lambda: rule.hits and [each["step"] for each in case.uploads()] == ["done"] * 2,
        tell=case.how_it_stands,
    )
    [first, _] = case.uploads()
    assert click(Person(case, "admin"), "retry", first["upload_id"]) == 200
    wait_until(
        "the second run is done, and emails are sent",
        lambda: (
            [each["step"] for each in case.uploads()] == ["done"] * 2
            and not case.world.rows("SELECT 1 FROM notifications WHERE state = 'pending'")
        ),
        tell=case.how_it_stands,
    )
    if times == ALWAYS:
        assert "written" not in states(case)
    case.world.http.take_back(rule)
    case.settle()
    assert states(case) == {"written"}
    check(case)
