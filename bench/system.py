"""A whole system for the benchmark: started empty, and removed afterwards.

It is the system of `make up` with its own directory and ports, so that a developer's running system
is neither measured nor changed.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.application_env import process_env, read_dotenv
from deploy.local.places import CHECKOUT, Places
from deploy.local.stopping import birth

ROOT = CHECKOUT / ".local" / "bench"
# The memory of a worker is measured with a file larger than vendors may send.
LIFTED = {
    "UPLOAD_MAX_ROWS": "1000000",
    "UPLOAD_MAX_BYTES": str(1024**3),
    "INCOMING_MAX_BYTES": str(2 * 1024**3),
    # So is the 95th percentile of 1,000 requests.
    "API_REQUESTS_PER_MINUTE": "1000000",
    "API_UPLOADS_PER_MINUTE": "1000000",
}


class CannotStart(Exception):
    """The system did not start, or another benchmark is running; the message says which."""


@dataclass(frozen=True)
class System:
    """A running system. `env` is the application's environment."""

    places: Places
    env: dict[str, str]

    def pid(self, name: str) -> int:
        """The current PID of this process, which changes when the supervisor restarts it."""
        pids: dict[str, int] = json.loads(self.places.stack.read_text())["pids"]
        return pids[name]

    def fresh_worker(self) -> int:
        """End the import worker; return the PID of its replacement."""
        before = self.pid("worker")
        born = birth(before)
        os.kill(before, signal.SIGTERM)
        while birth(before) == born or self.pid("worker") == before:
            time.sleep(0.05)
        return self.pid("worker")


@contextmanager
def own_system() -> Iterator[System]:
    """Start the system; stop it afterwards and remove its files. Raises CannotStart."""
    places = Places(ROOT)
    # Never the shell's DATABASE_URL: this fills and empties tables.
    given = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    env = {**given, **LIFTED, "LOCAL_DIR": str(ROOT)}
    with _exclusive():
        _clear(env)
        try:
            if _local(env, "up").returncode:
                raise CannotStart(_end_of(places.log_dir / "all.log"))
            yield System(places, process_env({**read_dotenv(places), **LIFTED}))
        finally:
            _clear(env)


def _clear(env: dict[str, str]) -> None:
    if ROOT.exists():
        _local(env, "clean")
        shutil.rmtree(ROOT, ignore_errors=True)


def _local(env: dict[str, str], command: str) -> "subprocess.CompletedProcess[Any]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", command],
        cwd=CHECKOUT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    )


@contextmanager
def _exclusive() -> Iterator[None]:
    """Two benchmarks at the same time would slow each other down."""
    ROOT.parent.mkdir(parents=True, exist_ok=True)
    with ROOT.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart("Another benchmark is running in this checkout.") from None
        yield


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else "There is no log."
