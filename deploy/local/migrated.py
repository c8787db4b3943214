"""A PostgreSQL for tests that begins with all migrations applied.

The migrations need 7 to 14 s of CPU, and a run of the tests needs a dozen servers. So they run once
for a state of the migrations, and every server begins with a copy of the resulting data directory.
"""

import ast
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from deploy.local import embedded, postgres, stopping
from deploy.local.application import Commands
from deploy.local.application_env import nowhere
from deploy.local.places import CHECKOUT, Places
from deploy.local.process import Process

KEPT = CHECKOUT / ".local" / "migrated"


def prepare(places: Places, port: int, *, durable: bool = True) -> Process:
    """As `postgres.prepare`, with a database in which all migrations of this code have run.

    Several may be prepared at the same time: the first one runs the migrations. Raises CannotStart
    with what Django says if they fail.
    """
    data = postgres.data_directory(places)
    if not data.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with embedded.locked(KEPT):
            kept = KEPT / state_of_migrations() / data.name
            if not kept.exists():
                _forget_other_states(kept.parent)
                _migrate(kept)
            _copy(kept, data)
    return postgres.prepare(places, port, durable=durable)


def state_of_migrations() -> str:
    """A digest of everything that decides what the migrations do: the files, what of ours they
    import, and the versions of the libraries."""
    migrations = set(CHECKOUT.glob("*/migrations/*.py"))
    names = {name for file in migrations for name in _imported(file)}
    modules = {CHECKOUT / f"{name.replace('.', '/')}.py" for name in names}
    ours = {module for module in modules if module.exists()}
    digest = hashlib.sha256()
    for file in sorted(migrations | ours | {CHECKOUT / "requirements-dev.txt"}):
        digest.update(f"{file.relative_to(CHECKOUT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _imported(file: Path) -> Iterator[str]:
    """What a file imports: modules, and names that may be modules."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _forget_other_states(state: Path) -> None:
    for other in KEPT.iterdir():
        if other != state:
            shutil.rmtree(other)
    state.mkdir(exist_ok=True)


def _migrate(kept: Path) -> None:
    """Run all migrations in an empty database; keep the data directory there."""
    with ExitStack() as cleanup:
        places = embedded.own_places(embedded.TEST_RUNS, cleanup)
        port = embedded.ports(places, "postgres")["postgres"]
        embedded.run(postgres.prepare(places, port, durable=False), places)
        env = nowhere() | {"DATABASE_URL": postgres.url(port)}
        command = Commands(places, env).manage("migrate", "migrate", "--noinput", "-v0")
        done = subprocess.run(
            command.command,
            check=False,
            cwd=command.cwd,
            env=command.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise postgres.CannotStart(f"manage.py migrate\n{done.stdout}")
        stopping.stop(stopping.recorded(places.pids))
        _copy(postgres.data_directory(places), kept)


def _copy(data: Path, to: Path) -> None:
    """Copy the directory of a stopped server, with its owner."""
    half = to.with_name("half-copy")
    shutil.rmtree(half, ignore_errors=True)
    subprocess.run(["cp", "-a", str(data), str(half)], check=True)
    half.rename(to)


def main() -> None:
    """Run the migrations if necessary, before the tests begin."""
    with ExitStack() as cleanup:
        prepare(embedded.own_places(embedded.TEST_RUNS, cleanup), port=0)


if __name__ == "__main__":
    main()
