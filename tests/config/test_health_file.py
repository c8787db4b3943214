"""The health file is touched while SQS answers, and only then."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from config import health_file
from deploy.local.places import CHECKOUT
from tests.config.listening import LISTENERS, listening
from tests.faults.http_faults import SERVER_ERROR, HttpFaults
from tests.faults.world import wait_until
from tests.ports import held_port


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as port:
        yield port


@pytest.fixture
def proxy(port: int) -> Iterator[HttpFaults]:
    """A proxy in front of the emulator, in its own event loop."""
    emulator = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    assert emulator.port
    faults = HttpFaults(emulator.port, port)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        await faults.stop()  # open polls end with their answers
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(faults.start(), loop).result(100)
    yield faults
    asyncio.run_coroutine_threadsafe(end(), loop).result(100)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.parametrize("variable", LISTENERS)
def test_it_is_touched_by_empty_answers_and_not_by_failed_ones(
    variable: str, proxy: HttpFaults, tmp_path: Path
) -> None:
    file = tmp_path / "health"

    def touched() -> int:
        return file.stat().st_mtime_ns if file.exists() else 0

    with listening(variable, proxy=proxy.port, HEALTH_FILE=str(file)):
        first = wait_until("a poll is answered", touched)
        wait_until("and another one", lambda: touched() > first)

        refused = proxy.fail("sqs.ReceiveMessage", SERVER_ERROR, times=1_000)
        wait_until("polls fail", lambda: refused.hits >= 1)
        last = touched()
        wait_until("more polls fail", lambda: refused.hits >= 3)
        assert touched() == last

        proxy.heal()
        wait_until("a poll is answered again", lambda: touched() > last)


def check(file: Path | str) -> subprocess.CompletedProcess[str]:
    """The container health check, with none of the application's other variables."""
    return subprocess.run(
        [sys.executable, "-I", "config/health_file.py"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "LOCAL_DIR": "/nonexistent", "HEALTH_FILE": str(file)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def is_newer(file: Path, nanoseconds: int) -> bool:
    return file.stat().st_mtime_ns > nanoseconds


def test_the_forwarder_is_healthy_while_it_waits_for_the_database(tmp_path: Path) -> None:
    """In the compact layout the portal would be restarted with it."""
    file = tmp_path / "health"
    event = {
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": os.environ["S3_BUCKET"]},
            "object": {"key": "uploads/VEND001/a.csv", "versionId": "v1", "size": 1},
        },
    }
    away = "postgresql://127.0.0.1:9/nothing"
    with listening(
        "EVENTS_QUEUE_URL",
        messages=[{"Records": [event]}],
        HEALTH_FILE=str(file),
        DATABASE_URL=away,
    ):
        wait_until("it polls", file.exists)
        for _ in range(3):  # the first may be of the poll
            seen = file.stat().st_mtime_ns
            wait_until("it is healthy", partial(is_newer, file, seen))


def test_the_check_distinguishes_fresh_stale_and_missing(tmp_path: Path) -> None:
    file = tmp_path / "health"
    missing = check(file)
    assert (missing.returncode, "does not exist" in missing.stderr) == (1, True)

    health_file.touch(str(file))
    assert check(file).returncode == 0, "it does not load the settings"

    touched = file.stat().st_mtime - health_file.MAX_AGE_SECONDS - 1
    os.utime(file, (touched, touched))
    stale = check(file)
    assert (stale.returncode, "SQS has not answered for" in stale.stderr) == (1, True)

    assert check("").returncode == 1
