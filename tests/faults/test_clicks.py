"""Users who cancel and retry while batches run."""

import re
from concurrent.futures import ThreadPoolExecutor

from tests.faults.cases import Case, Sent
from tests.faults.checker import check
from tests.faults.http_faults import HELD, Rule
from tests.faults.people import Person
from tests.faults.reference import DEMO_CATEGORIES, expected_of
from tests.faults.world import wait_until


def click(person: Person, what: str, upload_id: str) -> int:
    form = f"/uploads/{upload_id}/" if what in {"retry", "import"} else ""
    return person.post(f"/uploads/{upload_id}/{what}/", {}, form=form).status


def drop_and_hold(case: Case) -> tuple[Sent, Rule]:
    """A file of several batches, of which only the first can be read."""
    held = case.world.http.fail(
        "dynamodb.BatchGetItem",
        HELD,
        times=10_000,
        when=lambda _: bool(case.uploads()[0]["cursor"]),
    )
    sent = case.drop(case.rows(5_000, bad=50))
    wait_until("the second batch is in progress", lambda: held.hits)
    return sent, held


def test_cancel_while_batches_run_then_retry(case: Case) -> None:
    """The old token changes nothing; then the retry imports the rest."""
    person = Person(case)
    sent, held = drop_and_hold(case)
    [upload] = case.uploads()
    assert click(person, "cancel", upload["upload_id"]) == 200
    case.world.http.take_back(held)
    case.settle()
    [upload] = case.uploads()
    assert upload["status"] == "cancelled"
    assert 0 < upload["valid_records"] < len(sent.expected.good)
    check(case)

    assert click(person, "retry", upload["upload_id"]) == 200
    case.settle()
    [upload] = case.uploads()
    assert (upload["status"], upload["run"]) == ("partial", 2)
    check(case)


def test_retry_clicked_at_once_after_cancel(case: Case) -> None:
    """One report and one email per run, however fast the clicks are."""
    person = Person(case)
    _, held = drop_and_hold(case)
    [upload] = case.uploads()
    click(person, "cancel", upload["upload_id"])
    case.world.http.take_back(held)

    def retried() -> bool:
        """Not possible before the first run has its report, or while its email is being sent."""
        click(person, "retry", upload["upload_id"])
        return bool(case.uploads()[0]["run"] == 2)

    wait_until("retried", retried, tell=case.how_it_stands)
    case.settle()
    check(case)


def test_category_added_then_two_retries_at_once(case: Case) -> None:
    """950 + 50 becomes 1000 + 0, in one more run."""
    category = f"Category {case.tag}"
    rows = case.rows(1_000)
    for row in rows[::20]:
        row["category"] = category
    sent = case.drop(rows)
    case.settle()
    check(case)
    [upload] = case.uploads()
    assert (upload["valid_records"], upload["error_records"]) == (950, 50)

    case.world.rows(
        "INSERT INTO product_categories (name, is_active, created_at) VALUES (%s, true, now())",
        [category],
    )
    people = [Person(case), Person(case)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda person: click(person, "retry", upload["upload_id"]), people))
    case.settle()
    [upload] = case.uploads()
    assert (upload["valid_records"], upload["error_records"]) == (1_000, 0)
    assert upload["run"] == 2
    sent.expected = expected_of(sent.body, sent.vendor, {*DEMO_CATEGORIES, category})
    check(case)


def test_a_checked_file_is_imported_by_workers_that_are_killed(case: Case) -> None:
    """Once, and nothing before the click."""
    person = Person(case)
    assert case.submit(person, case.rows(2_100, bad=20), mode="check").status == 200
    for point in ("load.before_commit", "load.after_commit"):
        case.world.order_death(point)
    case.settle()
    check(case)

    [upload] = case.uploads()
    for point in ("stage.after_items", "load.before_commit", "load.after_commit"):
        case.world.order_death(point)
    assert click(person, "import", upload["upload_id"]) == 200
    [sent] = case.sent
    sent.mode = "create"
    wait_until("all deaths happened", lambda: not case.world.deaths_left())
    case.settle()
    [upload] = case.uploads()
    assert (upload["status"], upload["run"], upload["only_check"]) == ("partial", 2, False)
    check(case)
    plans = "SELECT 1 FROM planned_changes WHERE upload_id = %s"
    assert not case.world.rows(plans, [upload["upload_id"]])


def test_products_are_deactivated_while_a_file_changes_them(case: Case) -> None:
    """Its workers are killed on the way; every product ends inactive, with the file's price."""
    person = Person(case)
    rows = case.rows(1_500)
    case.drop(rows)
    case.settle()
    for row in rows:
        row["price"] = "77.77"
    for point in ("load.before_commit", "load.after_commit"):
        case.world.order_death(point)
    assert case.submit(person, rows[::-1], mode="update").status == 200
    path = "/products/status/?to=inactive"
    answer = person.post(path, hidden_in(person.get(path).text), form=path)
    assert "1,500 products deactivated." in answer.text
    wait_until("all deaths happened", lambda: not case.world.deaths_left())
    case.settle()
    check(case)
    found = case.world.rows(
        "SELECT DISTINCT status, price::text, deactivated_at IS NULL AS unknown FROM products "
        "WHERE vendor_id = %s",
        [case.vendor()],
    )
    assert [dict(row) for row in found] == [
        {"status": "inactive", "price": "77.77", "unknown": False}
    ]


def hidden_in(page: str) -> dict[str, str]:
    """The number of products that the page asks about."""
    return dict(re.findall(r'name="(number|last)" value="(\d+)"', page))
