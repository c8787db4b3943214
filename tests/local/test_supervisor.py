"""The supervisor, with small processes."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.local import stopping, supervisor
from deploy.local.output import Output
from deploy.local.process import Process
from deploy.local.supervisor import NotReady, Supervisor

FOREVER = "import time\nprint('ready', flush=True)\nwhile True: time.sleep(60)"


class Toys:
    """A supervisor and a directory for its processes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.changes = 0
        self.record = place / "pids.json"
        self.output = Output(place / "log")
        self.supervisor = Supervisor(self.output, self.record, self._changed)

    def process(self, name: str, program: str, **more: Any) -> Process:
        more.setdefault("ready_line", b"ready")
        return Process(
            name=name,
            command=(sys.executable, "-c", program),
            cwd=self.place,
            env={"PLACE": str(self.place), "PYTHONUNBUFFERED": "1"},
            **more,
        )

    def text(self, name: str) -> str:
        path = self.place / name
        return path.read_text() if path.exists() else ""

    def _changed(self) -> None:
        self.changes += 1


def run(tmp_path: Path, story: Callable[[Toys], Awaitable[None]]) -> Toys:
    """Run the story with a new supervisor; afterwards none of its processes is running."""

    async def guarded(toys: Toys) -> None:
        try:
            await asyncio.wait_for(story(toys), 120)
        finally:
            toys.supervisor.kill()
            await toys.supervisor.stop()
            toys.output.close()

    toys = Toys(tmp_path)
    asyncio.run(guarded(toys))
    return toys


async def until(question: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 100
    while not (answer := question()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    return answer


def lives(pid: int) -> bool:
    return stopping.birth(pid) is not None


def test_start_returns_when_all_are_ready(tmp_path: Path) -> None:
    slow = "import pathlib\npathlib.Path('warm').touch()\n" + FOREVER

    async def story(toys: Toys) -> None:
        warm = (tmp_path / "warm").exists
        await toys.supervisor.start(
            toys.process("a", slow, ready_line=None, ready=warm), toys.process("b", FOREVER)
        )
        assert warm()
        assert toys.text("log/b.log") == "ready\n"

    run(tmp_path, story)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_dies_is_restarted_at_once(tmp_path: Path, how: signal.Signals) -> None:
    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", FOREVER))
        first = toys.supervisor.pids["a"]
        os.kill(first, how)
        await until(lambda: toys.supervisor.pids["a"] != first)
        assert "restarting in 0.2 s" in toys.text("log/supervisor.log")
        assert toys.changes == 2, "the new PID is reported"
        assert [entry["pid"] for entry in stopping.recorded(toys.record)] == [
            toys.supervisor.pids["a"]
        ]

    run(tmp_path, story)


def test_a_process_that_exits_normally_is_restarted_too(tmp_path: Path) -> None:
    counting = "open('lives', 'a').write('x')\nprint('ready')"

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", counting))
        await until(lambda: len(toys.text("lives")) >= 3)

    run(tmp_path, story)


def test_the_pauses_grow_but_stay_under_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MIN_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "MAX_PAUSE_SECONDS", 0.05)

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", "print('ready')"))
        await until(lambda: toys.text("log/supervisor.log").count("restarting") >= 5)

    said = run(tmp_path, story).text("log/supervisor.log")
    pauses = [line.split(" in ")[1] for line in said.splitlines() if "restarting in" in line]
    assert pauses[0] == "0.0 s"
    assert pauses[-1] == "0.1 s"
    assert supervisor.STABLE_AFTER_SECONDS >= 1


def test_the_longest_pause_keeps_the_promise() -> None:
    assert supervisor.MAX_PAUSE_SECONDS <= 8


def test_children_of_a_dead_worker_are_stopped(tmp_path: Path) -> None:
    family = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))\n" + FOREVER
    )

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", family))
        child, parent = int(toys.text("child")), toys.supervisor.pids["a"]
        os.kill(parent, signal.SIGKILL)
        await until(lambda: toys.supervisor.pids["a"] != parent)
        assert not lives(child)

    run(tmp_path, story)


def test_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    """Not even descendants that ignore SIGTERM or have their own process group."""
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    family = (
        "import os, subprocess, sys\n"
        f"one = subprocess.Popen([sys.executable, '-c', {stubborn!r}])\n"
        f"two = subprocess.Popen([sys.executable, '-c', {stubborn!r}], process_group=0)\n"
        "open('family', 'w').write(f'{one.pid} {two.pid}')\n" + FOREVER
    )

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", family))
        pids = [toys.supervisor.pids["a"], *map(int, toys.text("family").split())]
        assert all(map(lives, pids))
        await toys.supervisor.stop()
        assert not any(map(lives, pids))
        assert json.loads(toys.record.read_text()) == []

    run(tmp_path, story)


def test_stages_end_one_after_another(tmp_path: Path) -> None:
    leaving = (
        "import signal, sys, time\n"
        "def leave(*_):\n"
        "    open('order', 'a').write(sys.argv[1] + ' goes\\n')\n"
        "    time.sleep(0.1)\n"
        "    open('order', 'a').write(sys.argv[1] + ' gone\\n')\n"
        "    sys.exit()\n"
        "for number in (2, 15): signal.signal(number, leave)\n" + FOREVER
    )

    async def story(toys: Toys) -> None:
        def named(name: str, **more: Any) -> Process:
            return toys.process(name, leaving.replace("sys.argv[1]", repr(name)), **more)

        await toys.supervisor.start(
            named("database", stage=0, stop_signal=signal.SIGINT),
            named("emulator", stage=1),
            named("worker"),
        )
        await toys.supervisor.stop()

    names = ["worker", "emulator", "database"]
    expected = [f"{name} {did}" for name in names for did in ("goes", "gone")]
    assert run(tmp_path, story).text("order").splitlines() == expected


def test_a_process_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN)\n" + FOREVER

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", stubborn, grace=0.1))
        await toys.supervisor.stop()
        assert not lives(toys.supervisor.pids["a"])

    run(tmp_path, story)


def test_kill_ends_a_slow_stop(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN)\n" + FOREVER

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", stubborn, grace=600))
        stop = asyncio.create_task(toys.supervisor.stop())
        await asyncio.sleep(0)
        toys.supervisor.kill()
        await asyncio.wait_for(stop, 100)
        assert not lives(toys.supervisor.pids["a"])

    run(tmp_path, story)


def test_a_process_that_cannot_start_is_an_error_with_its_last_output(tmp_path: Path) -> None:
    async def story(toys: Toys) -> None:
        with pytest.raises(NotReady, match="no such table"):
            await toys.supervisor.start(toys.process("a", "raise SystemExit('no such table')"))

    run(tmp_path, story)


def test_a_process_that_is_never_ready_is_an_error(tmp_path: Path) -> None:
    async def story(toys: Toys) -> None:
        silent = toys.process("a", FOREVER, ready_line=b"something else")
        with pytest.raises(NotReady, match="a"):
            await toys.supervisor.start(silent, within=0.5)

    run(tmp_path, story)


def test_a_server_is_set_up_again_after_a_restart(tmp_path: Path) -> None:
    fills: list[int] = []

    async def story(toys: Toys) -> None:
        server = toys.process("a", FOREVER, on_ready=lambda: fills.append(1))
        await toys.supervisor.start(server)
        assert len(fills) == 1
        os.kill(toys.supervisor.pids["a"], signal.SIGKILL)
        await until(lambda: len(fills) == 2)

    run(tmp_path, story)


def test_a_server_whose_setup_fails_is_restarted(tmp_path: Path) -> None:
    fills: list[int] = []

    def fill() -> None:
        fills.append(1)
        if len(fills) == 1:
            raise OSError("not now")

    async def story(toys: Toys) -> None:
        await toys.supervisor.start(toys.process("a", FOREVER, on_ready=fill))
        assert len(fills) == 2

    assert "not now" in run(tmp_path, story).text("log/supervisor.log")


def test_a_command_that_ends_returns_its_exit_code(tmp_path: Path) -> None:
    async def story(toys: Toys) -> None:
        assert await toys.supervisor.once(toys.process("a", "print('one')")) == 0
        assert await toys.supervisor.once(toys.process("b", "raise SystemExit(3)")) == 3

    assert run(tmp_path, story).text("log/a.log") == "one\n"


def test_long_and_unterminated_lines_are_logged(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.write('x' * 300_000 + '\\nend')"

    async def story(toys: Toys) -> None:
        await toys.supervisor.once(toys.process("a", program))

    written = run(tmp_path, story).text("log/a.log")
    assert written.count("x") == 300_000
    assert written.endswith("end\n")


def test_lines_begin_with_the_name_of_their_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(toys: Toys) -> None:
        await toys.supervisor.once(toys.process("web", "print('hello')"))

    run(tmp_path, story)
    assert capsys.readouterr().out == "web         | hello\n"
