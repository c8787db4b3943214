"""Sessions of serving processes do not wait for locks forever, and a frozen one loses its own."""

import importlib
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from celery.signals import worker_process_init
from django.core.management import call_command
from django.db import InternalError, OperationalError, connection, transaction
from psycopg2 import InternalError as DriverInternalError
from psycopg2.errors import IdleInTransactionSessionTimeout

from config.database import timeouts
from imports.intake import s3_events
from tests.faults.world import wait_until

LOCK, IDLE = "lock_timeout", "idle_in_transaction_session_timeout"


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The limits of this process, which has none."""
    fresh: dict[str, float] = {}
    monkeypatch.setattr(timeouts, "_limits", fresh)
    return fresh


def new_session() -> dict[str, str]:
    """The settings of a new session."""
    raw = connection.get_new_connection(connection.get_connection_params())
    try:
        with raw.cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [[LOCK, IDLE]]
            )
            return dict(cursor.fetchall())
    finally:
        raw.close()


@pytest.mark.django_db
def test_migrations_and_commands_have_no_limits() -> None:
    assert new_session() == {LOCK: "0", IDLE: "0"}


@pytest.mark.django_db
def test_the_portal_waits_for_locks_as_long_as_a_person_does() -> None:
    importlib.reload(importlib.import_module("config.wsgi"))
    assert new_session() == {LOCK: "2000", IDLE: "15000"}


@pytest.mark.django_db
def test_workers_wait_as_long_as_a_lease() -> None:
    worker_process_init.send(sender=None)
    assert new_session() == {LOCK: "30000", IDLE: "15000"}


@pytest.mark.django_db
def test_so_does_the_forwarder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_events, "forward", lambda: None)
    call_command("forward_s3_events")
    assert new_session() == {LOCK: "30000", IDLE: "15000"}


@pytest.fixture
def observer() -> Iterator[Any]:
    """Another session, which sees which ones exist."""
    raw = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    raw.autocommit = True
    yield raw
    raw.close()


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_while_idle_is_a_lost_connection(observer: Any) -> None:
    """And so an outage, which passes; psycopg2 calls it an internal error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()

    def is_gone() -> bool:
        with observer.cursor() as cursor:
            cursor.execute("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = %s", [pid])
            return bool(cursor.fetchone()[0])

    def idles() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {IDLE} = 50")
            wait_until("the server ended it", is_gone)
            cursor.execute("SELECT 1")

    with pytest.raises(OperationalError):
        idles()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # by a new session


def test_an_ended_session_is_an_outage_whatever_the_driver_calls_it() -> None:
    """Whether its message or the end of the connection is read first is a matter of time."""
    with pytest.raises(OperationalError), connection.wrap_database_errors:
        raise IdleInTransactionSessionTimeout
    with pytest.raises(InternalError), connection.wrap_database_errors:
        raise DriverInternalError
