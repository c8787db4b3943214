"""What a process of the local system is, and how to ask whether it is ready."""

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

    `ready` is asked again and again until it says yes; `ready_line` is a text in the output
    that says the same. A process with neither counts as ready when it is started. `on_ready`
    runs whenever it has become ready, also after a restart, before anybody relies on it.
    `stage` orders the stop: higher stages end first, and one stage ends before the next.
    `grace` is how long, in seconds, `stop_signal` may take before the process is killed.
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
        """Arguments for subprocess or asyncio: in a session of its own, nothing to read.

        The session keeps a Ctrl-C at the terminal away from the process (the supervisor alone
        decides who stops when) and is how everything the process started is found again.
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
    """Whether GET path on this port of 127.0.0.1 answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
