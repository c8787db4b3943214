"""Docker: its client, and a daemon that is started if none is running."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Keeps the layers, so that the second build takes only seconds. `rm -r` deletes them.
OWN_DAEMON_DIR = Path("/var/tmp/onboarding-docker")  # noqa: S108 (created with mode 700)


class CannotRun(Exception):
    """Docker is not available and cannot be started; the message says what is missing."""


class Failed(Exception):
    """A Docker command failed; the message is the command and its output."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def docker(*arguments: str, given: str = "") -> str:
    """Run the client with `given` as its input; return its output. Raises Failed."""
    done = subprocess.run(
        ["docker", *arguments], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"docker {' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def works(*arguments: str) -> bool:
    """Whether this Docker command succeeds; False without Docker."""
    try:
        docker(*arguments)
    except (Failed, FileNotFoundError):
        return False
    return True


@contextmanager
def daemon() -> Iterator[None]:
    """A daemon for the block: the one that is running, or a new one that ends with the block.

    Raises CannotRun.
    """
    if not shutil.which("docker"):
        raise CannotRun("The command `docker` is missing; Debian has it in docker.io.")
    if works("info"):
        say("Docker: using the running daemon")
        yield
        return
    program = shutil.which("dockerd")
    if not program or os.geteuid() != 0:
        raise CannotRun("No Docker daemon is running, and only root with `dockerd` can start one.")
    OWN_DAEMON_DIR.mkdir(mode=0o700, exist_ok=True)
    place = f"unix://{OWN_DAEMON_DIR}/socket"
    with (OWN_DAEMON_DIR / "log").open("wb") as log:
        own = subprocess.Popen(
            [program, "--host", place, *_own_places()],
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C must not end the daemon before our cleanup
        )
    os.environ["DOCKER_HOST"] = place
    try:
        _wait(own)
        say(f"Docker: a daemon started for this run, process {own.pid}, in {OWN_DAEMON_DIR}")
        yield
    finally:
        own.send_signal(signal.SIGTERM)
        own.wait(timeout=60)
        del os.environ["DOCKER_HOST"]
        say("Docker: stopped the daemon of this run")


def _own_places() -> list[str]:
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    return [f"--{option}={OWN_DAEMON_DIR / name}" for option, name in places.items()]


def _wait(own: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while not works("info"):
        if own.poll() is not None or time.monotonic() > deadline:
            said = (OWN_DAEMON_DIR / "log").read_text(errors="replace")
            raise CannotRun(f"dockerd did not start:\n{said[-3000:]}")
        time.sleep(0.2)
