"""Stops processes: those of this run, and those that a killed run left behind.

Started processes are recorded in a file and stopped from that file, so that they are stopped in the
same way after a crash of the process that started them.
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
    """A started process in the file; `born` distinguishes it from a later one with the same PID."""

    name: str
    pid: int
    born: str
    stage: int
    signal: int
    grace: float


def started(process: Process, pid: int) -> Started:
    """The entry of a process that was just started with this PID."""
    return Started(
        name=process.name,
        pid=pid,
        born=birth(pid) or "",
        stage=process.stage,
        signal=process.stop_signal,
        grace=process.grace,
    )


def record(path: Path, entries: Iterable[Started]) -> None:
    """Replace the file with these entries."""
    write_json(path, list(entries))


def recorded(path: Path) -> list[Started]:
    """The entries in the file whose processes are still running."""
    try:
        entries: list[Started] = json.loads(path.read_text())
    except FileNotFoundError:
        return []
    return [entry for entry in entries if entry["born"] and birth(entry["pid"]) == entry["born"]]


def stop(entries: Iterable[Started], *, at_most: float | None = None) -> None:
    """Stop processes stage by stage, the highest first; a stage ends before the next is signaled.

    Each process gets its signal and its grace period (`at_most` seconds, if given), then is killed.
    Afterwards no process is left in any of their sessions.
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
    """Kill the process and all its descendants, including those in other process groups."""
    # A group's number is not reused while it has a member, so this cannot hit another group.
    send(-leader, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while (left := _session(leader)) and time.monotonic() < deadline:
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.01)


def send(pid: int, number: int) -> None:
    """Signal the process, or the group if the PID is negative; ignores one that has ended."""
    with suppress(ProcessLookupError, PermissionError):  # ended, or the PID is another user's now
        os.kill(pid, number)


def birth(pid: int) -> str | None:
    """The start time of the process, as a string to compare; None if it is not running."""
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
    """The running processes of this session; empty on systems without /proc."""
    try:
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    except FileNotFoundError:
        return []
    stats = ((pid, _stat(pid)) for pid in pids)
    return [pid for pid, stat in stats if stat and stat[3] == str(leader) and stat[0] not in "ZX"]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the third onward: state, parent, group, session, …"""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
