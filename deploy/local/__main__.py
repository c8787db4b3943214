"""`python -m deploy.local run | up | down | demo [data set] | clean`."""

import asyncio
import signal
import subprocess
import sys
import time

from deploy.local import postgres, stack, stopping
from deploy.local.application_env import process_env, read_dotenv
from deploy.local.places import CHECKOUT, Places, local_places
from deploy.local.running import AlreadyRuns, holder, ready_stack, exclusive


def run(places: Places) -> int:
    """Run in the foreground until Ctrl-C."""
    try:
        return asyncio.run(stack.run(places))
    except AlreadyRuns as problem:
        sys.stderr.write(f"{problem} `make down` stops it.\n")
        return 1


def up(places: Places) -> int:
    """Start in the background; return when everything is ready, or at once if it already is."""
    log = places.log_dir / "all.log"
    child = None
    while not (ready := ready_stack(places)):
        if child is None and not holder(places):
            places.log_dir.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                child = subprocess.Popen(
                    [sys.executable, "-m", "deploy.local", "run"],
                    cwd=CHECKOUT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        elif child and child.poll() is not None:
            if holder(places):
                child = None  # somebody else was quicker
                continue
            sys.stderr.write(log.read_text(errors="replace")[-5000:])
            return 1
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            down(places)
            return 130
    sys.stdout.write(stack.greeting(ready, "It runs; `make down` stops it"))
    return 0


def down(places: Places) -> int:
    """Stop it, and whatever a killed one left running."""
    if pid := holder(places):
        born = stopping.birth(pid)
        stopping.send(pid, signal.SIGTERM)
        while stopping.birth(pid) == born:
            time.sleep(0.05)
    with exclusive(places):
        pass  # taking its place stops what it left
    sys.stdout.write("Stopped\n")
    return 0


def demo(places: Places, dataset: str = "products") -> int:
    """Show the whole way of a file with mistakes; start the system for it if none runs."""
    ours = not ready_stack(places)
    if ours and (code := up(places)):
        return code
    env = process_env(read_dotenv(places))
    try:
        return subprocess.run(
            [sys.executable, "manage.py", "demo", "--dataset", dataset],
            cwd=CHECKOUT,
            env=env,
            check=False,
        ).returncode
    finally:
        if ours:
            down(places)


def clean(places: Places) -> int:
    """Stop it and forget what is kept outside the checkout."""
    down(places)
    postgres.forget(places)
    return 0


COMMANDS = {command.__name__: command for command in (run, up, down, demo, clean)}

if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in COMMANDS:
        sys.exit(f"Usage: python -m deploy.local {' | '.join(COMMANDS)}")
    name, *more = sys.argv[1:]
    sys.exit(demo(local_places(), *more[:1]) if name == "demo" else COMMANDS[name](local_places()))
