"""Starts the application's processes as forks of one that has imported everything.

Each process of the application takes 1 to 2 s of CPU to import its libraries, which was two fifths
of what the fault tests needed. Here one process does it once for a world, and the others begin as
forks of it. From then on they do what their command says, with a session of their own.

`python -m tests.faults.forking N` is that first process; N is its end of a socket to `Forks`.
"""

import asyncio
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module

import django

from deploy.local.places import CHECKOUT
from deploy.local.process import Process
from deploy.local.supervisor import Child, launch

MOST = 65_536  # bytes of a message


@dataclass
class Fork:
    """A running fork."""

    pid: int
    ended: "asyncio.Future[int]" = field(repr=False)

    async def wait(self) -> int:
        return await asyncio.shield(self.ended)


class Forks:
    """The first process, and what it has started. Use `launch` for a supervisor.

    Its environment is that of all its forks.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._first = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._asking = asyncio.Lock()
        self._asked: asyncio.Future[int] | None = None
        self._running: dict[int, asyncio.Future[int]] = {}
        asyncio.get_running_loop().add_reader(self._socket, self._hear)

    async def launch(self, process: Process, output: int) -> Child:
        """Start a process: a fork if its command is a Python program of ours."""
        python, *arguments = process.command
        if python != sys.executable:
            return await launch(process, output)
        assert dict(process.env).items() <= self.env.items(), process.name
        async with self._asking:
            loop = asyncio.get_running_loop()
            self._asked = loop.create_future()
            socket.send_fds(self._socket, [json.dumps(arguments).encode()], [output])
            pid = await self._asked
        return Fork(pid, self._running[pid])

    def _hear(self) -> None:
        """What the first process says: a PID that has started, or one that has ended."""
        said = self._socket.recv(MOST)
        if not said:
            asyncio.get_running_loop().remove_reader(self._socket)
            return
        pid, code = json.loads(said)
        if code is None:
            self._running[pid] = asyncio.get_running_loop().create_future()
            assert self._asked
            self._asked.set_result(pid)
        else:
            self._running.pop(pid).set_result(code)

    def close(self) -> None:
        """End the first process; its forks must have ended."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._first.wait()


def serve(ours: socket.socket) -> list[str] | None:
    """Start forks until the other end is closed. Returns in each fork: the arguments it runs."""
    waker, woken = socket.socketpair()
    with waker, woken, selectors.DefaultSelector() as selector:
        waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        selector.register(ours, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(MOST)
                    report_ended(ours)
                    continue
                asked, files, _, _ = socket.recv_fds(ours, MOST, 1)
                if not asked:
                    return None
                if (pid := os.fork()) == 0:
                    become_a_process(*files)
                    return list(json.loads(asked))
                os.close(*files)
                ours.send(json.dumps([pid, None]).encode())


def report_ended(ours: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        ours.send(json.dumps([pid, os.waitstatus_to_exitcode(status)]).encode())


def become_a_process(output: int) -> None:
    """What a new process has: a session, its output, no handlers of signals."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def import_everything() -> None:
    """What every process of the application imports."""
    for name in ("config.celery", "celery.bin.celery", "celery.apps.beat", "celery.apps.worker"):
        import_module(name)
    django.setup()
    for name in ("config.urls", "config.sqs", "imports.tasks", "waitress.server"):
        import_module(name)
    gc.collect()
    gc.freeze()


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        import_everything()
        arguments = serve(ours)
    if arguments is None:
        return
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
