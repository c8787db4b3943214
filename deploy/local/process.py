"""A process of the local system, and checks whether a server is ready."""

import http.client
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Process:
    """A command to keep running.

    `ready` is polled until it returns True; `ready_line` is a text in the output that means the
    same. A process with neither is ready when it is started. `on_ready` runs each time the process
    becomes ready, also after a restart, before anything depends on it. `stage` is the order of
    stopping: higher stages end before lower ones are stopped. `grace` is how many seconds a process
    has after `stop_signal` before it is killed.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    ready_line: bytes | None = None
    on_ready: Callable[[], object] | None = None
    stage: int = 2
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10
    run_as: Mapping[str, Any] = field(default_factory=dict)

    def popen_options(self) -> dict[str, Any]:
        """Arguments for subprocess or asyncio: a session of its own and empty input.

        Because of the session, Ctrl-C does not reach the process (the supervisor decides when it
        stops), and all its descendants can be found.
        """
        return {
            "cwd": self.cwd,
            "env": dict(self.env),
            "stdin": -3,  # subprocess.DEVNULL
            "start_new_session": True,
            **self.run_as,
        }


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def answers(port: int, path: str) -> bool:
    """Whether GET path on this port of 127.0.0.1 returns 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
