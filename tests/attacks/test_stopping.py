"""The web process ends in time at SIGTERM, and finishes what it has begun."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import psycopg2
import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.attacks.portal import GRACEFUL, THREADS, Portal, dripping, head_of, session_of
from tests.faults.world import wait_until

SOON = 5.0


@contextmanager
def locked(table: str) -> Iterator[psycopg2.extensions.connection]:
    """Queries of the table wait until this ends, or for as long as the portal waits for a lock:
    while a test holds a lock, a busy machine may take longer than that, so the portal is patient.
    """
    other = psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None})
    try:
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield other
    finally:
        other.close()


def waiting_for(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table]
        )
        (count,) = cursor.fetchone()
    return int(count)


def end(portal: Portal, *, within: float) -> None:
    wait_until("it ended", lambda: portal.process.poll() is not None, within=within)
    assert portal.process.returncode == 0


def test_it_ends_at_once_when_nothing_is_to_do(portal: Portal) -> None:
    with portal.connect() as idle:
        idle.sendall(head_of("/login/", method="GET"))
        assert idle.recv(12) == b"HTTP/1.1 200"
        portal.process.terminate()
        end(portal, within=SOON)


def test_it_finishes_a_request_and_accepts_no_other(patient_portal: Portal, alice: User) -> None:
    cookie = session_of(alice)
    pages: list[int] = []

    def read() -> None:
        pages.append(patient_portal.ask("/uploads/", cookie=cookie)[0].status)

    with locked("upload_history") as lock:
        reader = Thread(target=read)
        reader.start()
        wait_until("it reads", lambda: waiting_for("upload_history"))
        patient_portal.process.terminate()

        def is_closed() -> bool:
            try:
                patient_portal.connect().close()
            except ConnectionRefusedError:
                return True
            return False

        wait_until("it accepts no connection", is_closed)
        lock.rollback()
    reader.join()
    assert pages == [200]
    end(patient_portal, within=SOON)


def test_slow_senders_do_not_keep_it(portal: Portal) -> None:
    body = head_of("/login/", size=9999)
    with dripping(portal, [b"", b"POST /log", body, body]):
        portal.process.terminate()
        end(portal, within=GRACEFUL + SOON)


def test_the_probe_is_answered_while_every_thread_waits(
    patient_portal: Portal, alice: User
) -> None:
    """And not in its turn, when those before it have waited for as long as they may."""
    cookie = session_of(alice)
    with locked("upload_history") as lock:
        readers = [
            Thread(target=patient_portal.ask, args=("/uploads/",), kwargs={"cookie": cookie})
            for _ in range(6 * THREADS)
        ]
        for reader in readers:
            reader.start()
        wait_until("all wait", lambda: waiting_for("upload_history") == THREADS)
        assert patient_portal.ask("/healthz")[0].status == 200
        assert sum(reader.is_alive() for reader in readers) > THREADS
        lock.rollback()
        for reader in readers:
            reader.join()


@pytest.mark.parametrize("start", [b"", b"POST /log", head_of("/login/", size=9999)])
def test_what_does_not_arrive_in_time_is_closed(impatient_portal: Portal, start: bytes) -> None:
    with impatient_portal.connect() as line:
        line.sendall(start)
        assert line.recv(1) == b""
