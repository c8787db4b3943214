"""Webhooks while workers die and the programs of vendors do not answer."""

import socket
import threading
import time

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.people import Person
from tests.faults.test_clicks import click
from tests.faults.webhooks import add_webhook, is_delivered, said_once
from tests.faults.world import wait_until
from tests.imports.webhooks.receiver import Heard, receiving

POINTS = ("webhooks.after_claim", "webhooks.after_post")
TARDY_SECONDS = 1.5  # an answer that takes this long comes in time


def test_its_worker_is_killed(case: Case) -> None:
    """At each point twice, before and after the vendor's program has the message; hints are lost,
    and a rejected file is retried."""
    with receiving() as receiver:
        number, secret = add_webhook(Person(case), receiver.url)
        for point in POINTS:
            case.world.order_death(point, 2)
        case.drop(case.rows(30, bad=3))
        case.drop(b"no,such,columns\n1,2,3\n")
        wait_until("both are done", lambda: [u["step"] for u in case.uploads()] == ["done"] * 2)
        case.world.forget_messages()
        refused = next(u for u in case.uploads() if u["status"] == "failed")
        assert click(Person(case, "admin"), "retry", refused["upload_id"]) == 200
        case.settle()
        wait_until("all deaths happened", lambda: not case.world.deaths_left())
        wait_until("all was sent", lambda: is_delivered(case, number), tell=case.how_it_stands)
        assert list(said_once(case, number, secret, receiver)) == []
        again = len(receiver.heard) - len({heard.message_id for heard in receiver.heard})
        assert again >= 2, "those whose worker died after sending came again"
    check(case)


def test_programs_that_do_not_answer_delay_no_one(case: Case) -> None:
    """One hangs, one is away, one redirects, one is slow: imports and others do not wait, and the
    redirect leads nowhere."""
    may_end = threading.Event()
    with receiving() as good, receiving() as bad, socket.create_server(("127.0.0.1", 0)) as away:
        port = away.getsockname()[1]
        away.close()
        person = Person(case)
        number, secret = add_webhook(person, good.url)
        slow, _ = add_webhook(person, f"{bad.url}/slow")
        others = [
            add_webhook(person, url)[0]
            for url in (f"{bad.url}/hangs", f"{bad.url}/moved", f"http://127.0.0.1:{port}/")
        ]

        def orders(heard: Heard) -> tuple[int, dict[str, str]]:
            if heard.path.endswith("/hangs"):
                may_end.wait(60)
            if heard.path.endswith("/slow"):
                time.sleep(TARDY_SECONDS)
            return (302, {"Location": good.url}) if heard.path.endswith("/moved") else (204, {})

        bad.orders = orders
        try:
            for _ in range(6):
                case.drop(case.rows(20, bad=1))
            case.settle()
            wait_until("the good one has all", lambda: is_delivered(case, number))
            wait_until("the slow one has all", lambda: is_delivered(case, slow))
            assert list(said_once(case, number, secret, good)) == []
            failed = case.world.rows(
                "SELECT endpoint_id, state, attempts FROM webhook_deliveries "
                "WHERE type <> 'ping' AND endpoint_id = ANY(%s)",
                [others],
            )
            assert len(failed) == 3 * 12
            assert {row["state"] for row in failed} <= {"pending", "sending"}
            assert {row["endpoint_id"] for row in failed if row["attempts"]} == set(others)
        finally:
            may_end.set()
    check(case)
