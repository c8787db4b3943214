"""Where the local system keeps its things, and what it remembers from one start to the next."""

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

# The environment of the embedded servers belongs to the checkout, whatever LOCAL_DIR says:
# it takes seconds to install and holds nothing that two stacks could disagree about.
SERVICES_ENVIRONMENT = CHECKOUT / ".local" / "services"

# Below the ports that Linux and macOS give to outgoing connections, so that a port stays ours
# while its server restarts.
PORTS = range(20000, 30000)


class PortTaken(Exception):
    """A port that was asked for by name belongs to another program."""


@dataclass(frozen=True)
class Places:
    """The files and directories of one local system; all of them under `root`."""

    root: Path

    @property
    def log_dir(self) -> Path:
        return self.root / "log"

    @property
    def stack(self) -> Path:
        """What others may know about a running system; exists only while it is ready."""
        return self.root / "stack.json"

    @property
    def env(self) -> Path:
        """The application's environment as a dotenv file, for commands in a shell."""
        return self.root / "env"

    @property
    def pids(self) -> Path:
        """Which processes were started, for whoever has to stop them after a crash."""
        return self.root / "pids.json"

    @property
    def lock(self) -> Path:
        """Locked as long as somebody runs this system."""
        return self.root / "lock"

    @property
    def holder(self) -> Path:
        """Who runs this system."""
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
        """A random key, made at the first start."""
        if not self.recall("secret_key"):
            self.remember("secret_key", secrets.token_urlsafe(50))
        return str(self.recall("secret_key"))

    def port(self, name: str, *, promised: Collection[int] = ()) -> int:
        """The port for this server: from the environment, else the last one, else a free one that
        is not `promised` to others.

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
        # Seeded with the place, so that a checkout that lost its memory gets its old address.
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
    """The places of this checkout's system: LOCAL_DIR, else `.local`."""
    return Places(Path(os.environ.get("LOCAL_DIR") or CHECKOUT / ".local").resolve())


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now; port 0 never is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return port != 0


def write_json(path: Path, content: object) -> None:
    """Replace the file in one step: a reader sees the old content or the new one."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_text(path: Path, content: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(content)
    fresh.replace(path)
