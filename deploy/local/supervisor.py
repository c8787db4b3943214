"""Keeps processes running: starts them, waits until they are ready, restarts and stops them."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from deploy.local import stopping
from deploy.local.output import Output
from deploy.local.process import Process
from deploy.local.stopping import Started

# The pause before a restart doubles each time and is reset after a process was stable. A worker
# that died is replaced within 10 s, and one that cannot start does not fill the log.
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS, STABLE_AFTER_SECONDS = 0.2, 5.0, 10.0

# Starts without ever becoming ready, before giving up.
MAX_FAILED_STARTS = 3


class NotReady(Exception):
    """A process ended or did not become ready in time; the message is the end of its log."""


class Child(Protocol):
    """A running process. `wait` returns its exit code, or the negative number of a signal."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int: ...


# Starts a process that writes its output, also that of errors, to a file descriptor.
Launch = Callable[[Process, int], Awaitable[Child]]


async def launch(process: Process, output: int) -> Child:
    """Start a process by its command."""
    options = process.popen_options()
    return await asyncio.create_subprocess_exec(
        *process.command, stdout=output, stderr=output, **options
    )


class Supervisor:
    """The processes of one system. `changed` is called whenever a process gets a new PID.

    Running processes are written to the file `record`, so that the next start can stop them if this
    process is killed.
    """

    def __init__(
        self,
        output: Output,
        record: Path,
        changed: Callable[[], None],
        launch: Launch = launch,
    ) -> None:
        self._output = output
        self._record = record
        self._changed = changed
        self._launch = launch
        self.pids: dict[str, int] = {}  # the latest of every process, also while it restarts
        self._running: dict[str, Started] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self, *processes: Process, within: float = 180) -> None:
        """Start processes together and keep them running; return when all are ready.

        Raises NotReady if one is not ready `within` that many seconds, or ends too often before.
        """
        gates = []
        for process in processes:
            gates.append(asyncio.get_running_loop().create_future())
            self._keepers.append(asyncio.create_task(self._keep(process, gates[-1])))
        try:
            await asyncio.wait_for(asyncio.gather(*gates), within)
        except TimeoutError:
            late = [p.name for p, gate in zip(processes, gates, strict=True) if gate.cancelled()]
            tails = "\n".join(self._output.tail(name) for name in late)
            raise NotReady(f"Not ready after {within:.0f} s: {', '.join(late)}\n{tails}") from None

    async def once(self, process: Process) -> int:
        """Run a process until it ends; return its exit code (negative: a signal's number)."""
        return await self._live(process, asyncio.get_running_loop().create_future())

    async def stop(self) -> None:
        """Stop all processes, stage by stage."""
        self._stopping = True
        await asyncio.to_thread(stopping.stop, list(self._running.values()))
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def kill(self) -> None:
        """Kill all processes at once, so that a `stop` in progress returns."""
        self._stopping = True
        for entry in list(self._running.values()):
            stopping.kill_session(entry["pid"])

    async def _keep(self, process: Process, gate: "asyncio.Future[None]") -> None:
        pause, early = MIN_PAUSE_SECONDS, 0
        while not self._stopping:
            began = time.monotonic()
            code = await self._live(process, gate)
            if self._stopping:
                return
            early += not gate.done()
            if early == MAX_FAILED_STARTS:
                tail = self._output.tail(process.name)
                gate.set_exception(NotReady(f"{process.name} did not start:\n{tail}"))
                return
            pause = MIN_PAUSE_SECONDS if time.monotonic() - began > STABLE_AFTER_SECONDS else pause
            # Even after exit code 0, which a worker has when its queue is gone.
            self._output.say(
                f"{process.name} ended with exit code {code}; restarting in {pause:.1f} s"
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_SECONDS)

    async def _live(self, process: Process, gate: "asyncio.Future[None]") -> int:
        """Run a process once, until it and all its descendants have ended."""
        # Our own pipe: with asyncio's, wait() would wait for every child that inherited it.
        reading, writing = os.pipe()
        try:
            child = await self._launch(process, writing)
        finally:
            os.close(writing)
        self._running[process.name] = stopping.started(process, child.pid)
        self.pids[process.name] = child.pid
        stopping.record(self._record, self._running.values())
        self._changed()
        said_so = asyncio.Event()
        reading_on = asyncio.create_task(self._read(process, reading, said_so))
        opening = asyncio.create_task(self._open(process, child.pid, gate, said_so))
        try:
            if self._stopping:  # since before this was started
                stopping.kill_session(child.pid)
            return await child.wait()
        finally:
            # Children of a dead worker must not keep running beside those of the next.
            stopping.kill_session(child.pid)
            opening.cancel()
            # Before any await, where `stop` may cancel this task.
            del self._running[process.name]
            stopping.record(self._record, self._running.values())
            await asyncio.wait([reading_on], timeout=2)
            reading_on.cancel()

    async def _open(
        self,
        process: Process,
        pid: int,
        gate: "asyncio.Future[None]",
        said_so: asyncio.Event,
    ) -> None:
        try:
            if process.ready_line:
                await said_so.wait()
            while process.ready and not await asyncio.to_thread(process.ready):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # another program cannot set an event of ours
            if process.on_ready:
                await asyncio.to_thread(process.on_ready)
        except Exception as problem:  # noqa: BLE001 (the next start may succeed)
            self._output.say(f"{process.name} started, but its setup failed: {problem}")
            stopping.kill_session(pid)
        else:
            if not gate.done():
                gate.set_result(None)

    async def _read(self, process: Process, pipe: int, said_so: asyncio.Event) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", 0)
        )
        rest = b""
        try:
            while chunk := await reader.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > 65536:  # a line without an end
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    if process.ready_line and process.ready_line in line:
                        said_so.set()
                    self._output.line(process.name, line)
            if rest:
                self._output.line(process.name, rest)
        finally:
            transport.close()
