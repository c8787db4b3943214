"""`python -m deploy.local run | up | down | demo [data set] | clean`."""

import asyncio
import signal
import subprocess
import sys
import time

from deploy.local import postgres, stack, stopping
from deploy.local.application_env import process_env, read_dotenv
from deploy.local.places import CHECKOUT, Places, local_places
from deploy.local.running import AlreadyRuns, exclusive, holder, ready_stack


def run(places: Places) -> int:
    """Run in the foreground until Ctrl-C."""
    try:
        return asyncio.run(stack.run(places))
    except AlreadyRuns as problem:
        sys.stderr.write(f"{problem} Run `make down` to stop it.\n")
        return 1


def up(places: Places) -> int:
    """Start in the background; return when everything is ready."""
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
                child = None  # another command was faster
                continue
            sys.stderr.write(log.read_text(errors="replace")[-5000:])
            return 1
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            down(places)
            return 130
    sys.stdout.write(stack.greeting(ready, "Running. Stop it with `make down`."))
    return 0


def down(places: Places) -> int:
    """Stop the system, and any processes that a killed one left behind."""
    if pid := holder(places):
        born = stopping.birth(pid)
        stopping.send(pid, signal.SIGTERM)
        while stopping.birth(pid) == born:
            time.sleep(0.05)
    with exclusive(places):
        pass  # acquiring the lock stops what a killed system left behind
    sys.stdout.write("Stopped\n")
    return 0


def demo(places: Places, dataset: str = "products") -> int:
    """Import a file with errors and show every result; start the system for it if necessary."""
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
    """Stop the system and delete its files outside the checkout."""
    down(places)
    postgres.forget(places)
    return 0


COMMANDS = {command.__name__: command for command in (run, up, down, demo, clean)}

if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in COMMANDS:
        sys.exit(f"Usage: python -m deploy.local {' | '.join(COMMANDS)}")
    name, *more = sys.argv[1:]
    sys.exit(demo(local_places(), *more[:1]) if name == "demo" else COMMANDS[name](local_places()))
