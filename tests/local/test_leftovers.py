"""After a supervisor was killed, the next start stops its processes and no others."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local import stopping
from deploy.local.places import Places, write_json
from deploy.local.process import Process
from deploy.local.running import AlreadyRuns, exclusive, holder, ready_stack


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "here")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    yield child
    child.kill()
    child.wait()


def entry(child: "subprocess.Popen[bytes]") -> stopping.Started:
    process = Process(name="a", command=(), cwd=Path(), env={})
    return stopping.started(process, child.pid)


def test_processes_of_a_killed_supervisor_are_stopped(
    places: Places, sleeper: "subprocess.Popen[bytes]"
) -> None:
    places.root.mkdir()
    stopping.record(places.pids, [entry(sleeper)])
    places.stack.write_text("{}")
    with exclusive(places):
        assert sleeper.wait(timeout=100) == -signal.SIGTERM
        assert not places.stack.exists()


def test_another_process_with_a_reused_pid_keeps_running(
    places: Places, sleeper: "subprocess.Popen[bytes]"
) -> None:
    places.root.mkdir()
    stale = entry(sleeper)
    stale["born"] = "long ago"
    stopping.record(places.pids, [stale])
    with exclusive(places):
        assert sleeper.poll() is None


def test_a_system_has_one_supervisor(places: Places) -> None:
    with exclusive(places):
        assert holder(places) == os.getpid()
        with pytest.raises(AlreadyRuns, match=str(os.getpid())), exclusive(places):
            pass
        assert holder(places) == os.getpid(), "a rejected one does not remove the record"
    assert holder(places) is None
    with exclusive(places):
        pass


def test_a_description_is_valid_only_while_its_supervisor_runs(
    places: Places, sleeper: "subprocess.Popen[bytes]", until: Callable[..., Any]
) -> None:
    places.root.mkdir()
    write_json(places.holder, {"pid": sleeper.pid, "born": stopping.birth(sleeper.pid)})
    write_json(places.stack, {"pids": {"supervisor": sleeper.pid}})
    assert ready_stack(places)
    sleeper.kill()
    until(lambda: ready_stack(places) is None)
