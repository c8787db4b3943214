"""Creates Python environments on demand from pinned requirements files.

`python3.11 -m deploy.local.environment .venv requirements-dev.txt` installs if the file has changed
since the last time, and otherwise returns at once. It uses the standard library only, because it
runs before any environment exists.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path


class CannotInstall(Exception):
    """The environment could not be created; the message is the output of the failed step."""


def ensure(directory: Path, requirements: Path) -> Path:
    """Return the interpreter of the environment, which contains exactly what the file pins.

    Commands may call this at the same time: the second waits for the first.
    """
    directory.mkdir(parents=True, exist_ok=True)
    python = directory / "bin" / "python"
    stamp = directory / f".{requirements.stem}.stamp"
    # The lock is on the directory itself, because creating the environment empties it.
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _stamp(directory, requirements)
        if python.exists() and stamp.exists() and stamp.read_text() == wanted:
            return python
        began = time.monotonic()
        _say(f"Installing {requirements.name} into {directory.name} …")
        if not (python.exists() and (directory / "bin" / "pip").exists()):
            _step([sys.executable, "-m", "venv", "--clear", str(directory)])
        install = ["install", "-qq", "--no-input", "--disable-pip-version-check"]
        pinned = ["--require-hashes", "--no-deps", "-r", str(requirements)]
        _step([str(python), "-m", "pip", *install, *pinned])
        stamp.write_text(wanted)
        _say(f"Installed in {time.monotonic() - began:.0f} s")
    finally:
        os.close(lock)
    return python


def _stamp(directory: Path, requirements: Path) -> str:
    # The stamp includes the path, which scripts in bin/ contain: after a move the environment is
    # created again.
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{digest} {directory.resolve()} {sys.version_info[0]}.{sys.version_info[1]}\n"


def _step(command: list[str]) -> None:
    # Output is shown only when a step fails: a successful one prints noise about indexes.
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
    )
    if done.returncode:
        raise CannotInstall(f"{' '.join(command)}\n{done.stdout}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        ensure(Path(sys.argv[1]), Path(sys.argv[2]))
    except CannotInstall as problem:
        sys.exit(f"Cannot install:\n{problem}")
