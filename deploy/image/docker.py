"""Docker: its client, and a daemon started for us where none runs."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Its layers stay there, so that the second build is a matter of seconds. `rm -r` forgets them.
OWN_DAEMON_DIR = Path("/var/tmp/onboarding-docker")  # noqa: S108 (root's alone: made with mode 700)


class CannotRun(Exception):
    """There is no Docker here, and none can be started; the text says what is lacking."""


class Failed(Exception):
    """A command of Docker's failed; the text is the command and what it printed."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def docker(*arguments: str, given: str = "") -> str:
    """Run the client with `given` as its input; return what it printed. Raises Failed."""
    done = subprocess.run(
        ["docker", *arguments], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"docker {' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def works(*arguments: str) -> bool:
    """Whether this command of Docker's succeeds; not, where there is no Docker."""
    try:
        docker(*arguments)
    except (Failed, FileNotFoundError):
        return False
    return True


@contextmanager
def daemon() -> Iterator[None]:
    """A daemon for the block: the one that answers, or one that ends with the block.

    Raises CannotRun.
    """
    if not shutil.which("docker"):
        raise CannotRun("There is no `docker` command (Debian's package docker.io has it).")
    if works("info"):
        say("Docker: the daemon that runs here")
        yield
        return
    program = shutil.which("dockerd")
    if not program or os.geteuid() != 0:
        raise CannotRun("No Docker daemon answers, and only root with `dockerd` can start one.")
    OWN_DAEMON_DIR.mkdir(mode=0o700, exist_ok=True)
    place = f"unix://{OWN_DAEMON_DIR}/socket"
    with (OWN_DAEMON_DIR / "log").open("wb") as log:
        own = subprocess.Popen(
            [program, "--host", place, *_own_places()],
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is ours; the daemon has to outlive our cleaning up
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
        say("Docker: our daemon has ended")


def _own_places() -> list[str]:
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    return [f"--{option}={OWN_DAEMON_DIR / name}" for option, name in places.items()]


def _wait(own: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while not works("info"):
        if own.poll() is not None or time.monotonic() > deadline:
            said = (OWN_DAEMON_DIR / "log").read_text(errors="replace")
            raise CannotRun(f"dockerd does not start:\n{said[-3000:]}")
        time.sleep(0.2)
