"""A lease lasts as long as the work under it, and the work has a total time."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from imports import pipeline
from imports.execution import heartbeat, lease
from imports.execution.lease import Work
from imports.execution.time_limit import TookTooLong, time_limit
from imports.models import Alarm, Upload
from tests.conftest import arrived
from tests.faults.world import wait_until
from tests.product_files import good_row
from vendors.models import Vendor

Step = Callable[[Work], None]
Use = Callable[[Step], Upload]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def as_first_step(vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes a function the first step of a new upload."""

    def use(step: Step) -> Upload:
        monkeypatch.setitem(pipeline.STEPS, Upload.Step.STAGE, step)
        return arrived([good_row(1)], vendor=vendor_a)

    return use


@pytest.fixture
def short_lease(settings: Any) -> None:
    settings.LEASE_SECONDS = 3


def lease_of(upload: Upload) -> datetime | None:
    return Upload.objects.get(pk=upload.pk).lease_until


def connections_of_this_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"  # autovacuum comes and goes
        )
        (count,) = cursor.fetchone()
    return int(count)


def give_back(work: Work) -> None:
    """End the slice as the time of a slice does."""
    work.deadline = 0
    with work.batch():
        pass


@pytest.mark.usefixtures("short_lease")
def test_a_step_that_outlasts_its_lease_keeps_it(as_first_step: Use) -> None:
    """Before there was a heartbeat, another worker claimed the upload, and the next one, for ever:
    260 descriptions with 10,000 accents each never ended."""
    kept: list[bool] = []

    def outlasts(work: Work) -> None:
        first = work.upload.lease_until
        assert first is not None
        wait_until("the first lease is over", lambda: now() > first)
        is_kept = lease.claim() is None
        if is_kept:
            wait_until("it is renewed again", lambda: (lease_of(work.upload) or first) > now())
        kept.append(is_kept)
        give_back(work)

    for _ in range(3):  # if the machine stalls, a lease of three seconds may end before a beat
        Upload.objects.all().delete()
        upload = as_first_step(outlasts)
        pipeline.advance()
        assert kept
        if kept[-1]:
            break
    assert kept[-1]
    assert lease_of(upload) is None
    assert Upload.objects.get().token == 1


@pytest.mark.usefixtures("short_lease")
def test_the_heart_connects_only_during_long_steps(as_first_step: Use) -> None:
    """So that a step of the usual length costs nothing, and Aurora may pause after it."""
    before = connections_of_this_process()
    counts: list[int] = []

    def long(work: Work) -> None:
        wait_until("a connection", lambda: connections_of_this_process() > before)
        give_back(work)

    def short(work: Work) -> None:
        counts.append(connections_of_this_process())
        give_back(work)

    as_first_step(long)
    pipeline.advance()
    wait_until("closed", lambda: connections_of_this_process() == before)
    as_first_step(short)
    pipeline.advance()
    assert counts == [before]


@pytest.mark.usefixtures("short_lease")
def test_a_heart_does_not_lease_what_was_given_back(vendor_a: Vendor) -> None:
    arrived([good_row(1)], vendor=vendor_a)
    work = lease.claim()
    assert work is not None
    step = heartbeat.Step(work.upload_id, work.token)
    heartbeat.renew(heartbeat.Step(work.upload_id, work.token - 1))  # of a worker fenced out
    assert lease_of(work.upload) == work.upload.lease_until
    heartbeat.renew(step)
    assert lease_of(work.upload) != work.upload.lease_until
    give_back(work)
    heartbeat.renew(step)
    assert lease_of(work.upload) is None


def test_a_hanging_step_is_not_kept_for_ever(vendor_a: Vendor, settings: Any) -> None:
    """What neither an exception nor the end of a wait can reach loses its lease."""
    arrived([good_row(1)], vendor=vendor_a)
    work = lease.claim()
    assert work is not None
    held = lease_of(work.upload)
    settings.LEASE_SECONDS = 0.3
    looks = threading.Semaphore(0)

    class Watched(heartbeat.Step):
        @property
        def is_overdue(self) -> bool:
            looks.release()
            return super().is_overdue

    heart = heartbeat.Heart()
    heart.keep(Watched(work.upload_id, work.token, time.monotonic() - settings.STEP_SECONDS - 1))
    assert all(looks.acquire(timeout=60) for _ in range(3))
    assert lease_of(work.upload) == held
    heart.keep(Watched(work.upload_id, work.token))
    wait_until("a step in time is kept", lambda: lease_of(work.upload) != held)
    heart.keep(None)


def test_a_step_that_takes_too_long_ends_with_an_alarm(as_first_step: Use, settings: Any) -> None:
    settings.STEP_SECONDS = 0.1

    def hangs(work: Work) -> None:
        while True:
            with suppress(Exception):  # as botocore takes any for a failed request
                time.sleep(60)

    upload = as_first_step(hangs)
    for attempt in range(1, settings.MAX_ATTEMPTS + 1):
        Upload.objects.update(next_attempt_at=now())
        pipeline.advance()
        upload.refresh_from_db()
        assert upload.attempts == attempt % settings.MAX_ATTEMPTS
    assert (upload.failure_code, upload.step) == ("INTERNAL", "report")
    assert Alarm.objects.get().detail == "step stage: TookTooLong: it took more than 0.1 s"


@pytest.fixture
def pending_alarm() -> Iterator[None]:
    """No timer is left running."""
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("pending_alarm")
def test_a_time_limit_ends_with_its_block() -> None:
    with time_limit(60):
        pass
    with pytest.raises(TookTooLong), time_limit(0.01):
        time.sleep(60)
    with pytest.raises(ZeroDivisionError), time_limit(60):
        _ = 1 / 0


def test_other_threads_have_no_time_limit() -> None:
    """Signals reach only the main thread, where a worker works."""
    done = threading.Event()

    def work() -> None:
        with time_limit(0.01):
            time.sleep(0.05)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done.is_set()
