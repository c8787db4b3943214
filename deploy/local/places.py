"""The files of the local system, and the values it keeps from one start to the next."""

import json
import os
import random
import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]

# The environment of the embedded servers is in the checkout, independent of LOCAL_DIR: it takes
# time to install, and several stacks can share it.
SERVICES_ENVIRONMENT = CHECKOUT / ".local" / "services"

# Below the ports that Linux and macOS use for outgoing connections, so that no other program gets
# a port while its server restarts.
PORTS = range(20000, 30000)


class PortTaken(Exception):
    """Another program uses a port that was requested explicitly."""


@dataclass(frozen=True)
class Places:
    """The files and directories of one local system, all under `root`."""

    root: Path

    @property
    def log_dir(self) -> Path:
        return self.root / "log"

    @property
    def stack(self) -> Path:
        """The public description of a running system; exists only while it is ready."""
        return self.root / "stack.json"

    @property
    def env(self) -> Path:
        """The application's environment as a dotenv file, for commands in a shell."""
        return self.root / "env"

    @property
    def pids(self) -> Path:
        """The processes that were started, so that they can be stopped after a crash."""
        return self.root / "pids.json"

    @property
    def lock(self) -> Path:
        """Locked while a supervisor runs this system."""
        return self.root / "lock"

    @property
    def holder(self) -> Path:
        """The process that runs this system."""
        return self.root / "holder.json"

    @property
    def aws_state(self) -> Path:
        return self.root / "aws"

    @property
    def beat_schedule(self) -> Path:
        return self.root / "beat-schedule"

    def remember(self, name: str, value: Any) -> None:
        """Keep a value for the next start."""
        write_json(self.root / "kept.json", {**self._kept(), name: value})

    def recall(self, name: str) -> Any:
        """The value kept under this name, or None."""
        return self._kept().get(name)

    def secret_key(self) -> str:
        """A random key, generated at the first start."""
        if not self.recall("secret_key"):
            self.remember("secret_key", secrets.token_urlsafe(50))
        return str(self.recall("secret_key"))

    def port(self, name: str, *, promised: Collection[int] = ()) -> int:
        """The port of this server: from the environment, else the previous one, else a free one.

        It is never one of `promised`, the ports of servers that start at the same time.

        Raises PortTaken when the environment names one that is in use.
        """
        if asked := os.environ.get(f"{name.upper()}_PORT"):
            if not is_free(int(asked)):
                raise PortTaken(f"{name.upper()}_PORT={asked} is in use by another program.")
            return int(asked)
        ports: dict[str, int] = self.recall("ports") or {}
        taken = {port for other, port in ports.items() if other != name}.union(promised)
        if ports.get(name) not in taken and is_free(ports.get(name, 0)):
            return ports[name]
        # Seeded with the path, so that a checkout gets the same ports after `make clean`.
        chance = random.Random(f"{self.root} {name}")  # noqa: S311 (a port is no secret)
        candidates = chance.sample(PORTS, k=200)
        ports[name] = next(p for p in candidates if p not in taken and is_free(p))
        self.remember("ports", ports)
        return ports[name]

    def _kept(self) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads((self.root / "kept.json").read_text())
        except FileNotFoundError:
            return {}
        return kept


def local_places() -> Places:
    """The files of this checkout's system: in LOCAL_DIR, else in `.local`."""
    return Places(Path(os.environ.get("LOCAL_DIR") or CHECKOUT / ".local").resolve())


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now; port 0 is never free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return port != 0


def write_json(path: Path, content: object) -> None:
    """Replace the file atomically: readers see either the old content or the new."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_text(path: Path, content: str) -> None:
    """Replace the file atomically; only its owner can read it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(content)
    fresh.replace(path)
