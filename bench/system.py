"""A whole system of the benchmark's own: started for it, empty, and gone afterwards.

It is the one of `make up`, in a directory and on ports of its own, so that the developer's running
system is neither measured nor touched.
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
# The memory of a worker is measured with a file that no vendor may send.
LIFTED = {"UPLOAD_MAX_ROWS": "1000000", "UPLOAD_MAX_BYTES": str(1024**3)}


class CannotStart(Exception):
    """The system did not start, or another benchmark runs; the text says which."""


@dataclass(frozen=True)
class System:
    """A running system. `env` is the application's environment."""

    places: Places
    env: dict[str, str]

    def pid(self, name: str) -> int:
        """The process of this name now: it changes when the supervisor starts it again."""
        pids: dict[str, int] = json.loads(self.places.stack.read_text())["pids"]
        return pids[name]

    def fresh_worker(self) -> int:
        """End the import worker; return the pid of the one that its supervisor starts instead."""
        before = self.pid("worker")
        born = birth(before)
        os.kill(before, signal.SIGTERM)
        while birth(before) == born or self.pid("worker") == before:
            time.sleep(0.05)
        return self.pid("worker")


@contextmanager
def own_system() -> Iterator[System]:
    """Start the system; stop it and remove everything it kept. Raises CannotStart."""
    places = Places(ROOT)
    # Never a database that the shell points to: this fills it, and empties its tables.
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
    """Two at once would measure each other."""
    ROOT.parent.mkdir(parents=True, exist_ok=True)
    with ROOT.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart("Another benchmark runs in this checkout.") from None
        yield


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else "It left no log."
