"""A process killed at any failpoint, once or twice: nothing is lost or duplicated."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from imports.execution.failpoints import POINTS
from tests.faults.cases import Case
from tests.faults.checker import check, mails
from tests.faults.http_faults import EXPIRED, UNAVAILABLE
from tests.faults.people import Person
from tests.faults.test_holds import POINTS as OF_HOLDS
from tests.faults.test_webhooks import POINTS as OF_WEBHOOKS
from tests.faults.world import wait_until
from tests.product_files import csv_bytes

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("stage", "compare", "load", "deactivate", "undo", "report", "notify")


def an_import(case: Case, point: str, times: int, *, vendor: int = 0) -> None:
    """Three batches, with errors: everything from the event to the email is executed."""
    case.world.order_death(point, times)
    case.drop(case.rows(2_100, bad=20, first=1 + 10_000 * vendor), vendor=vendor)


def as_many_imports(case: Case, point: str, times: int) -> None:
    """An upload reaches this point once: its work is committed, and a second delivery continues
    after it."""
    case.world.order_death(point, times)
    for number in range(times):
        case.drop(case.rows(20, bad=2, first=1 + 100 * number), vendor=number)


def an_import_without_hints(case: Case, point: str, times: int) -> None:
    """It does not begin before its event is delivered again."""
    rule = case.world.http.fail("sqs.SendMessage", UNAVAILABLE, times=10_000)
    an_import(case, point, times)
    wait_until("all deaths happened", lambda: not case.world.deaths_left(point))
    case.world.http.take_back(rule)


def a_failing_import(case: Case, point: str, times: int) -> None:
    case.world.http.fail("dynamodb.BatchGetItem", EXPIRED, times=times + 1)
    an_import(case, point, times)


def a_lost_hint(case: Case, point: str, times: int) -> None:
    """The sweep must send the hint: no hint is accepted until the sweep has been killed."""
    rule = case.world.http.fail(
        "sqs.SendMessage",
        UNAVAILABLE,
        times=10_000,
        when=lambda request: b"-imports" in request.body,
    )
    case.world.order_death(point, times)
    for number in range(times):
        case.drop(case.rows(20, bad=2, first=1 + 100 * number))
    wait_until("the sweep died", lambda: not case.world.deaths_left(point))
    case.world.http.take_back(rule)


def a_lost_event(case: Case, point: str, times: int) -> None:
    """The forwarder receives nothing until the sweep has found the objects."""
    rule = case.world.http.fail(
        "sqs.ReceiveMessage",
        EXPIRED,
        times=10_000,
        when=lambda request: b"onboarding-events" in request.body,
    )
    # A poll that was already open would still be answered.
    wait_until("the forwarder receives nothing", lambda: rule.hits)
    case.world.order_death(point, times)
    for number in range(times):
        case.drop(case.rows(20, first=1 + 100 * number))
    wait_until("the sweep died", lambda: not case.world.deaths_left(point))
    case.world.http.take_back(rule)


def a_form(case: Case, point: str, times: int) -> None:
    """The web process dies: the user gets a broken connection, and stored files are imported."""
    person = Person(case)
    for number in range(times):
        case.world.order_death(point)
        assert case.submit(person, case.rows(20, bad=2, first=1 + 100 * number)).status == 0
        wait_until("the web is back", lambda: person.get("/uploads/").status == 200)
    wait_until(
        "stored files have arrived",
        lambda: sum(bool(upload["s3_version"]) for upload in case.uploads()) == len(case.sent),
    )
    case.stop_waiting_for_files()
    case.settle()
    if point == "send.before_commit":
        assert not case.sent
        assert not case.uploads()
    elif point == "send.before_put":
        assert not case.sent
        assert {upload["failure_code"] for upload in case.uploads()} == {"NEVER_ARRIVED"}
    else:
        assert len(case.sent) == times


def a_form_without_its_file(case: Case, point: str, times: int) -> None:
    person = Person(case)
    case.world.order_death("send.before_put")
    assert person.send(csv_bytes(case.rows(2))).status == 0
    case.world.order_death(point, times)
    case.stop_waiting_for_files()
    wait_until("given up", lambda: case.uploads()[0]["step"] == "done")
    assert case.uploads()[0]["failure_code"] == "NEVER_ARRIVED"


def an_old_upload(case: Case, point: str, times: int) -> None:
    for number in range(times):
        case.drop(case.rows(20, first=1 + 100 * number))
    case.settle()
    case.world.order_death(point, times)
    case.world.rows(
        "UPDATE upload_history SET completed_at = completed_at - interval '25 hours' "
        "WHERE vendor_prefix = ANY(%s)",
        [case.vendors],
    )
    wait_until(
        "the sources are deleted",
        lambda: all(upload["source_deleted_at"] for upload in case.uploads()),
        tell=case.how_it_stands,
    )


def clients_into_dynamodb(case: Case, point: str, times: int) -> None:
    """A destination outside our transaction: each client is stored once and counted once."""
    emails = {f"client-{number}.{case.tag.lower()}@clients.example" for number in range(300)}
    lines = [f"Jo Miller,{email},Miller & Sons,,Active" for email in sorted(emails)]
    body = "\n".join(["name,email,company,phone,status", *lines, "No Mail,,No Company,,Active"])
    key = f"client-data/uploads/{case.tag}.csv"
    case.world.order_death(point, times)
    case.world.aws("s3").put_object(Bucket=case.world.bucket, Key=key, Body=body.encode())
    [upload] = wait_until(
        "the clients are in",
        lambda: case.world.rows(
            "SELECT * FROM upload_history WHERE s3_key = %s AND step = 'done'", [key]
        ),
    )
    assert (upload["valid_records"], upload["error_records"]) == (len(emails), 1)
    items = case.world.items(case.world.env["CLIENTS_TABLE"])
    ours = [item["email"]["S"] for item in items if item["email"]["S"] in emails]
    assert sorted(ours) == sorted(emails)


def an_undo(case: Case, point: str, times: int) -> None:
    """Of three batches of products, some of which have changed since."""
    person = Person(case)
    first = 1 + 10_000 * len(case.sent)
    sent = case.drop(case.rows(2_100, bad=20, first=first))
    case.settle()
    added = {row.vendor_product_id for row in sent.expected.good.values()}
    rows = [row for row in case.rows(9, first=first, seed=2) if row["vendor_product_id"] in added]
    assert case.submit(person, rows, mode="update").status == 200
    case.settle()
    case.world.order_death(point, times)
    page = f"/uploads/{case.upload_of(sent)['upload_id']}/undo/"
    assert person.post(page, {}).status == 200


def a_replacement(case: Case, point: str, times: int) -> None:
    """Of a catalog of 2,000 products, by a file that has 1,700 of them, some with another price."""
    person = Person(case)
    sent = next((sent for sent in case.sent if sent.mode == "create"), None)
    if sent is None:
        sent = case.drop(case.rows(2_000))
        case.settle()
    case.world.order_death(point, times)
    rows = [*case.rows(300, seed=2 + len(case.sent)), *case.rows(1_400, first=301)]
    assert case.submit(person, rows, mode="replace").status == 200
    case.settle()
    [upload] = [each for each in case.uploads() if each["mode"] == "replace"][-1:]
    assert upload["status"] == "completed"
    status = "SELECT count(*) FROM products WHERE vendor_id = %s AND status = 'inactive'"
    assert case.world.rows(status, [case.vendor()]) == [{"count": 300}]


def as_many_replacements(case: Case, point: str, times: int) -> None:
    """An upload may reach this point once."""
    for _ in range(times):
        a_replacement(case, point, 1)


def an_invitation(case: Case, point: str, times: int) -> None:
    """Its email is sent; more than once only if the worker died before it could record that."""
    person = Person(case)

    def emails() -> int:
        about = f"Vendor {case.vendor()}"
        return sum(about in text and "/invitation" in text for _to, text in mails(case.world))

    before = emails()
    case.world.order_death(point, times)
    to = f"{case.tag.lower()}.{before}@people.example"
    invited = {"to": to, "role": "uploader"}
    assert person.post("/team/invite/", invited, form="/team/").status == 200
    sent = 'SELECT 1 FROM invitations WHERE "to" = %s AND state = %s'
    wait_until("it is sent", lambda: case.world.rows(sent, [to, "sent"]), tell=case.how_it_stands)
    assert emails() - before == (1 + times if point == "people.after_send" else 1)


SCENES: dict[str, Callable[[Case, str, int], None]] = {
    "receive.before_hint": an_import_without_hints,
    "compare.before_commit": a_replacement,
    "compare.after_commit": as_many_replacements,
    "deactivate.before_commit": a_replacement,
    "deactivate.after_commit": as_many_replacements,
    "undo.before_commit": an_undo,
    "undo.after_commit": an_undo,
    "people.after_claim": an_invitation,
    "people.after_send": an_invitation,
    "load.after_items": clients_into_dynamodb,
    "stage.after_commit": as_many_imports,
    "report.after_commit": as_many_imports,
    "notify.after_commit": as_many_imports,
    "send.before_commit": a_form,
    "send.before_put": a_form,
    "send.after_put": a_form,
    "failure.before_commit": a_failing_import,
    "failure.after_commit": a_failing_import,
    "resume.after_hint": a_lost_hint,
    "find.after_receive": a_lost_event,
    "never_arrived.before_commit": a_form_without_its_file,
    "clean_up.after_delete": an_old_upload,
}


# Points of different steps that can be tested in one pair of imports, to save half the time.
PAIRS = (
    ("receive.before_commit", "claim.after"),
    ("receive.before_delete", "load.before_commit"),
    ("stage.after_download", "report.after_put"),
    ("stage.after_items", "load.before_hint"),
    ("stage.before_commit", "report.before_commit"),
    ("load.after_commit", "notify.before_commit"),
    ("notify.after_commit",),
    ("undo.before_commit", "undo.after_commit"),
    ("compare.before_commit", "deactivate.before_commit"),
    ("compare.after_commit", "deactivate.after_commit"),
    ("mail.after_send",),
    ("people.after_claim", "people.after_send"),
    ("outbox.after_claim", "outbox.after_files", "outbox.after_put"),
)
IN_PAIRS = {point for pair in PAIRS for point in pair} | {*OF_WEBHOOKS, *OF_HOLDS}
ALONE = tuple((point,) for point in POINTS if point not in IN_PAIRS)


@pytest.mark.parametrize("points", [*PAIRS, *ALONE], ids=" ".join)
def test_killed_at_a_failpoint(case: Case, points: tuple[str, ...]) -> None:
    """At the first delivery and at the second."""
    if "mail.after_send" in points:
        case.more_mails = 2  # the outcome of these sends is lost
    for number, point in enumerate(points):
        if point in SCENES:
            SCENES[point](case, point, 2)
        else:
            an_import(case, point, 2, vendor=number)
    wait_until("all deaths happened", lambda: not case.world.deaths_left())
    case.settle()
    check(case)


def test_every_failpoint_is_in_the_code() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "imports").rglob("*.py"))
    named = set(re.findall(r'failpoint\(f?"([^"]+)"\)', source))
    placed = {name for name in named if "{" not in name}
    for name in named - placed:
        placed |= {name.replace("{before['step']}", step) for step in STEPS}
    assert set(POINTS) <= placed
    # Each step has the same three points in a batch; testing them for one step is enough.
    assert {name for name in placed - set(POINTS) if not name.endswith(".before_hint")} <= set()
