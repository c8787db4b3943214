"""At most one supervisor per local system, and a record of its process ID."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local import stopping
from deploy.local.places import Places, write_json


class AlreadyRuns(Exception):
    """Another supervisor is running this system."""


@contextmanager
def exclusive(places: Places) -> Iterator[None]:
    """Hold the lock of this system, after stopping what a killed supervisor left running.

    Raises AlreadyRuns.
    """
    places.root.mkdir(parents=True, exist_ok=True)
    lock = os.open(places.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(f"Already running as process {holder(places)}.") from None
        write_json(places.holder, {"pid": os.getpid(), "born": stopping.birth(os.getpid())})
        places.stack.unlink(missing_ok=True)
        stopping.stop(stopping.recorded(places.pids), at_most=10)
        try:
            yield
        finally:
            places.holder.unlink(missing_ok=True)
    finally:
        os.close(lock)


def holder(places: Places) -> int | None:
    """The PID of the supervisor that runs this system, or None."""
    said = _json(places.holder)
    pid = int(said.get("pid", 0))
    return pid if pid and stopping.birth(pid) == said["born"] else None


def ready_stack(places: Places) -> dict[str, Any] | None:
    """The stack's description if it is ready and its supervisor is running, else None."""
    stack = _json(places.stack)
    pid = holder(places)
    return stack if pid and stack.get("pids", {}).get("supervisor") == pid else None


def _json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return content
