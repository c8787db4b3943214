"""PostgreSQL and the AWS emulator for tests and benchmarks: started, set up, removed afterwards."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread

from deploy.local import aws, postgres, stopping
from deploy.local.application_env import application_env
from deploy.local.bootstrap import TEST_TIMEOUTS, bootstrap
from deploy.local.places import CHECKOUT, Places
from deploy.local.process import Process

TEST_RUNS = CHECKOUT / ".local" / "test"


class NotReady(Exception):
    """A server ended or did not become ready in time; the message is the end of its log."""


@contextmanager
def embedded(
    runs: Path = TEST_RUNS,
    *,
    durable: bool = False,
    timeouts: Mapping[str, str] = TEST_TIMEOUTS,
    database: Callable[..., Process] = postgres.prepare,
) -> Iterator[dict[str, str]]:
    """Run both servers, empty, and yield the application's environment; leave nothing behind.

    `database` prepares PostgreSQL; with `migrated.prepare` it has the application's tables.

    Every run has its own directory under `runs` and its own ports, so that several can run at the
    same time. What killed runs left behind is stopped and removed first. `DATABASE_URL` and
    `PGBIN` in the environment select another server.
    """
    with ExitStack() as cleanup:
        places = own_places(runs, cleanup)
        given = os.environ.get("DATABASE_URL")
        server_ports = ports(places, "postgres", "aws")
        endpoint = aws.endpoint(server_ports["aws"])
        # The database is created while the emulator starts.
        with ThreadPoolExecutor(1) as aside:
            if not given:
                making = aside.submit(database, places, server_ports["postgres"], durable=durable)
            run(aws.prepare(places, server_ports["aws"], durable=durable), places)
            outputs = bootstrap(endpoint, timeouts)
            if not given:
                run(making.result(), places)
        yield application_env(
            outputs,
            secret_key=places.secret_key(),
            database_url=given or postgres.url(server_ports["postgres"]),
            aws_endpoint_url=endpoint,
            portal_url="http://127.0.0.1:8000",
        )


def clear(runs: Path = TEST_RUNS) -> None:
    """Stop and remove what killed processes left there."""
    runs.mkdir(parents=True, exist_ok=True)
    with locked(runs):
        for left in runs.iterdir():
            with suppress(BlockingIOError, FileNotFoundError), locked(left, fcntl.LOCK_NB):
                _clear(Places(left))


def own_places(runs: Path, cleanup: ExitStack) -> Places:
    """The files of a new run, which `cleanup` stops and removes; also removes those of ended
    processes."""
    clear(runs)
    with locked(runs):
        own = Path(tempfile.mkdtemp(dir=runs))
        own.chmod(0o755)  # the database may run as another user
        cleanup.enter_context(locked(own))
    places = Places(own)
    cleanup.callback(_clear, places)
    return places


def ports(places: Places, *names: str) -> dict[str, int]:
    """A port for each server; none that another run has chosen, even if it is not open yet."""
    runs = places.root.parent
    with locked(runs):
        others = (Places(run) for run in runs.iterdir() if run != places.root)
        promised = [port for run in others for port in (run.recall("ports") or {}).values()]
        return {name: places.port(name, promised=promised) for name in names}


@contextmanager
def locked(directory: Path, how: int = 0) -> Iterator[None]:
    """Keep other processes from locking the directory; wait for one that has."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(handle)


def _clear(places: Places) -> None:
    stopping.stop(stopping.recorded(places.pids))
    postgres.forget(places)
    shutil.rmtree(places.root, ignore_errors=True)


def run(process: Process, places: Places) -> None:
    """Start a server and wait until it is ready."""
    with _log(process, places).open("wb") as log:
        child = subprocess.Popen(
            process.command, stdout=log, stderr=subprocess.STDOUT, **process.popen_options()
        )
    # Waits for the end of the child, so that it does not remain a zombie.
    Thread(target=child.wait, daemon=True).start()
    before = stopping.recorded(places.pids)
    stopping.record(places.pids, [*before, stopping.started(process, child.pid)])
    deadline = time.monotonic() + 120  # several may start on one busy machine
    while not (process.ready and process.ready()):
        if child.returncode is not None or time.monotonic() > deadline:
            said = _log(process, places).read_text(errors="replace")
            raise NotReady(f"{process.name} is not ready:\n{said[-3000:]}")
        time.sleep(0.01)


def _log(process: Process, places: Places) -> Path:
    return places.root / f"{process.name}.log"
