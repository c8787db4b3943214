"""Corrected rows are imported exactly once, wherever a process dies on their way."""

from typing import Any

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.people import Answer, Person
from tests.faults.world import wait_until

ROWS, WRONG = 200, 60


def corrected(person: Person, upload_id: str, *, known: int = 0) -> Answer:
    """Say on the page what the wrong price is to be."""
    fields = {"of": '["price", "free"]', "to": "5.00", "known": str(known), "send": ""}
    return person.post(f"/uploads/{upload_id}/fix/", fields)


def corrections_of(case: Case, first: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in case.uploads() if each["corrects_id"] == first["upload_id"]]


def rejected(case: Case) -> dict[str, Any]:
    """An upload whose last rows have a wrong price; the others are imported."""
    rows = case.rows(ROWS)
    sent = case.drop([*rows[:-WRONG], *(row | {"price": "free"} for row in rows[-WRONG:])])
    case.settle()
    return case.upload_of(sent)


def all_rows_are_in_once(case: Case) -> None:
    found = case.world.rows(
        "SELECT count(*) AS products, count(DISTINCT sku) AS skus FROM products "
        "WHERE vendor_id = %s",
        [case.vendor()],
    )
    assert found == [{"products": ROWS, "skus": ROWS}]


@pytest.mark.parametrize("point", ["stage.after_items", "load.before_commit", "load.after_commit"])
def test_a_worker_dies(case: Case, point: str) -> None:
    person = Person(case)
    first = rejected(case)
    case.world.order_death(point)
    assert corrected(person, first["upload_id"]).status == 200
    case.settle()
    assert not case.world.deaths_left()
    all_rows_are_in_once(case)
    check(case)


@pytest.mark.parametrize("point", ["send.before_put", "send.after_put"])
def test_the_portal_dies(case: Case, point: str) -> None:
    """Before the rows are stored: they are open again. After that: they are imported."""
    person = Person(case)
    first = rejected(case)
    case.world.order_death(point)
    assert corrected(person, first["upload_id"]).status == 0
    wait_until("the web is back", lambda: person.get("/uploads/").status == 200)
    if point == "send.before_put":
        case.stop_waiting_for_files()
        wait_until("given up", lambda: corrections_of(case, first)[0]["step"] == "done")
        assert corrections_of(case, first)[0]["failure_code"] == "NEVER_ARRIVED"
        assert corrected(person, first["upload_id"], known=1).status == 200
    case.settle()
    all_rows_are_in_once(case)
    page = person.get(f"/uploads/{first['upload_id']}/fix/").text
    assert "No rows left to fix here" in page
    check(case)


def test_sent_twice_at_once(case: Case) -> None:
    """The second of two clicks is not sent: someone has corrected these rows already."""
    person = Person(case)
    first = rejected(case)
    answers = [corrected(person, first["upload_id"]).status for _ in range(2)]
    assert answers == [200, 409]
    case.settle()
    assert len(corrections_of(case, first)) == 1
    all_rows_are_in_once(case)
    check(case)
