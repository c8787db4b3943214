"""Imports that are held, released, or not: while processes are killed."""

from decimal import Decimal
from typing import Any

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.people import Person
from tests.faults.world import wait_until

POINTS = ("release.before_commit", "watch_held.before_commit")


def prices(case: Case) -> list[Decimal]:
    statement = "SELECT price FROM products WHERE vendor_id = %s ORDER BY vendor_product_id"
    return [row["price"] for row in case.world.rows(statement, [case.vendor()])]


def held(case: Case, person: Person, rows: list[dict[str, str]]) -> dict[str, Any]:
    """The upload of a file that multiplies the prices of products by ten, whose workers die."""
    case.drop(rows)
    case.settle()
    never = "UPDATE vendors SET hold = '{}' WHERE vendor_id = %s"
    case.world.rows(never, [case.vendor()])
    for point in ("load.before_commit", "load.after_commit", "report.before_commit"):
        case.world.order_death(point, 2)
    dear = [row | {"price": str(10 * Decimal(row["price"]))} for row in rows]
    assert case.submit(person, dear, mode="update").status == 200
    case.settle()
    upload = case.uploads()[-1]
    assert (upload["status"], upload["run"]) == ("held", 1)
    assert upload["updated_records"] == len(rows)
    return upload


def test_held_and_released_by_processes_that_are_killed(case: Case) -> None:
    person = Person(case)
    rows = case.rows(1_200)
    upload = held(case, person, rows)
    before = prices(case)
    page = f"/uploads/{upload['upload_id']}/"

    def release() -> int:
        sent = {"run": "1", "count": str(len(rows))}
        return person.post(f"{page}release/", sent, form=page).status

    case.world.order_death("release.before_commit")
    assert release() == 0
    wait_until("the web is back", lambda: person.get(page).status == 200)
    assert case.uploads()[-1]["status"] == "held"
    case.world.order_death("load.before_commit", 2)
    assert release() == 200
    assert prices(case) in (before, [10 * price for price in before])
    case.settle()
    upload = case.uploads()[-1]
    assert (upload["status"], upload["run"]) == ("completed", 2)
    assert prices(case) == [10 * price for price in before]
    check(case)


def test_not_released_by_a_sweep_that_is_killed(case: Case) -> None:
    upload = held(case, Person(case), case.rows(30))
    before = prices(case)
    case.world.order_death("watch_held.before_commit", 2)
    case.world.rows(
        "UPDATE upload_history SET completed_at = completed_at - interval '8 days' "
        "WHERE upload_id = %s",
        [upload["upload_id"]],
    )
    wait_until("it has ended", lambda: case.uploads()[-1]["status"] == "failed")
    case.settle()
    upload = case.uploads()[-1]
    assert (upload["failure_code"], upload["run"]) == ("NOT_RELEASED", 2)
    assert prices(case) == before
    mails = case.world.rows(
        "SELECT kind, run FROM notifications WHERE upload_id = %s ORDER BY run, kind",
        [upload["upload_id"]],
    )
    assert [(mail["kind"], mail["run"]) for mail in mails if mail["kind"] == "run_ended"] == [
        ("run_ended", 1),
        ("run_ended", 2),
    ]
    assert sum(mail["kind"] == "held_reminder" for mail in mails) <= 1
