"""How processes are stopped: those of this run, and those a killed run left behind.

Whoever starts processes records them in a file, and everybody stops them from that file, so
that a crash of the starter changes nothing about how its processes end.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TypedDict

from deploy.local.places import write_json
from deploy.local.process import Process


class Started(TypedDict):
    """A started process as the file has it; `born` tells it from a later one with its pid."""

    name: str
    pid: int
    born: str
    stage: int
    signal: int
    grace: float


def started(process: Process, pid: int) -> Started:
    """The entry for a process that was just started under this pid."""
    return Started(
        name=process.name,
        pid=pid,
        born=birth(pid) or "",
        stage=process.stage,
        signal=process.stop_signal,
        grace=process.grace,
    )


def record(path: Path, entries: Iterable[Started]) -> None:
    """Replace the file by these entries."""
    write_json(path, list(entries))


def recorded(path: Path) -> list[Started]:
    """The entries of the file whose processes still run."""
    try:
        entries: list[Started] = json.loads(path.read_text())
    except FileNotFoundError:
        return []
    return [entry for entry in entries if entry["born"] and birth(entry["pid"]) == entry["born"]]


def stop(entries: Iterable[Started], *, at_most: float | None = None) -> None:
    """Stop them stage by stage, the highest first; a stage has ended before the next is asked.

    Each gets its signal and its grace (`at_most` seconds, if given), then is killed. When this
    returns, no process is left in any of their sessions.
    """
    by_stage = sorted(entries, key=lambda entry: -entry["stage"])
    for _, stage in groupby(by_stage, key=lambda entry: entry["stage"]):
        asked = list(stage)
        began = time.monotonic()
        for entry in asked:
            send(entry["pid"], entry["signal"])
        for entry in asked:
            grace = entry["grace"] if at_most is None else min(entry["grace"], at_most)
            while birth(entry["pid"]) == entry["born"] and time.monotonic() - began < grace:
                time.sleep(0.02)
            kill_session(entry["pid"])


def kill_session(leader: int) -> None:
    """Kill the process and whatever it started, also children in groups of their own."""
    # A group keeps its number as long as it has a member, so this reaches nobody else's.
    send(-leader, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while (left := _session(leader)) and time.monotonic() < deadline:
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.01)


def send(pid: int, number: int) -> None:
    """Send the signal to the process, or to the group when the pid is negative, if there."""
    with suppress(ProcessLookupError, PermissionError):  # gone, or by now somebody else's
        os.kill(pid, number)


def birth(pid: int) -> str | None:
    """When the process began, as a text to compare; None if it does not run (any more)."""
    if Path("/proc/self/stat").exists():
        stat = _stat(pid)
        return stat[19] if stat and stat[0] not in "ZX" else None
    asked = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    )
    state, _, began = asked.stdout.strip().partition(" ")
    return began.strip() if began and not state.startswith("Z") else None


def _session(leader: int) -> list[int]:
    """The running processes of this session; nothing where there is no /proc to ask."""
    try:
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    except FileNotFoundError:
        return []
    stats = ((pid, _stat(pid)) for pid in pids)
    return [pid for pid, stat in stats if stat and stat[3] == str(leader) and stat[0] not in "ZX"]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the third on: state, parent, group, session, …"""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
