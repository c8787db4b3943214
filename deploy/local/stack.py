"""The whole local system: its processes, their start order and the message when it is ready."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from deploy.local import aws, postgres
from deploy.local.application import ONCE, Commands
from deploy.local.application_env import application_env, write_dotenv
from deploy.local.bootstrap import LOCAL_TIMEOUTS, CannotBootstrap, bootstrap
from deploy.local.demo_logins import DEMO_LOGINS
from deploy.local.environment import CannotInstall
from deploy.local.output import Output
from deploy.local.places import CHECKOUT, Places, PortTaken, write_json
from deploy.local.running import exclusive
from deploy.local.supervisor import NotReady, Supervisor

SAMPLE = CHECKOUT / "deploy" / "local" / "sample.csv"
EXIT_COMPLETED, EXIT_PARTIAL = 0, 1  # of import_file
EXPECTED = (NotReady, CannotInstall, CannotBootstrap, PortTaken, postgres.CannotStart)


class CannotPrepare(Exception):
    """A command that prepares the application failed; the message contains its output."""


async def run(places: Places) -> int:
    """Run the system until a signal; return the exit code.

    The first SIGINT, SIGTERM or SIGHUP stops everything in order; the second kills everything.
    """
    with exclusive(places):
        stack = _Stack(places)
        asked = asyncio.Event()

        def ask() -> None:
            if asked.is_set():
                stack.supervisor.kill()
            else:
                stack.output.say("Stopping. Press Ctrl-C again to stop at once.")
            asked.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, ask)
        stop = asyncio.create_task(asked.wait())
        start = asyncio.create_task(stack.start())
        try:
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                sys.stdout.write(start.result())
                sys.stdout.flush()
                await stop
        except (*EXPECTED, CannotPrepare) as problem:
            stack.output.say(f"Cannot start: {problem}")
            return 1
        finally:
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
            await stack.stop()
    return 0


class _Stack:
    """The processes that this supervisor runs."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.output = Output(places.log_dir)
        self.supervisor = Supervisor(self.output, places.pids, self._describe)
        self.outputs: dict[str, str] = {}
        self.description: dict[str, Any] | None = None

    async def start(self) -> str:
        """Start everything; return the greeting."""
        began = time.monotonic()
        web, env = await self._servers()
        command = Commands(self.places, env)
        for name, *arguments in (("migrate", "--noinput"), ("load_demo",)):
            if await self.supervisor.once(command.manage(name, name, *arguments)):
                raise CannotPrepare(f"manage.py {name}\n{self.output.tail(name)}")
        await self.supervisor.start(*command.application(web))
        if not self.places.recall("sample_imported"):
            await self._import_sample(command)
        self.description = {
            "portal_url": env["PORTAL_URL"],
            "database_url": env["DATABASE_URL"],
            "aws_endpoint_url": env["AWS_ENDPOINT_URL"],
            "aws_region": env["AWS_REGION"],
            "bucket": env["S3_BUCKET"],
            "log_dir": str(self.places.log_dir),
            "pids": {},
            "logins": DEMO_LOGINS,
        }
        self._describe()
        return greeting(self.description, f"Ready after {time.monotonic() - began:.1f} s")

    async def stop(self) -> None:
        """Stop everything; first remove the description, because the system is no longer ready."""
        self.description = None
        self.places.stack.unlink(missing_ok=True)
        self.output.only_files = True  # servers print alarming but harmless lines while stopping
        await self.supervisor.stop()
        self.output.say("Stopped")
        self.output.close()

    async def _servers(self) -> tuple[int, dict[str, str]]:
        ports = {name: self.places.port(name) for name in ("web", "postgres", "aws")}
        endpoint = aws.endpoint(ports["aws"])

        def fill() -> None:
            # Also after a restart: a killed emulator loses its queues.
            self.outputs = bootstrap(endpoint, LOCAL_TIMEOUTS)

        emulator = aws.prepare(self.places, ports["aws"], on_ready=fill)
        starting = [self.supervisor.start(emulator)]
        ours = postgres.url(ports["postgres"])
        database_url = os.environ.get("DATABASE_URL") or ours
        if database_url == ours:  # also when the shell has loaded .local/env
            starting.append(self._start_postgres(ports["postgres"]))
        await asyncio.gather(*starting)
        env = application_env(
            self.outputs,
            secret_key=self.places.secret_key(),
            database_url=database_url,
            aws_endpoint_url=endpoint,
            portal_url=f"http://127.0.0.1:{ports['web']}",
        )
        write_dotenv(self.places, env)
        return ports["web"], env

    async def _start_postgres(self, port: int) -> None:
        server = await asyncio.to_thread(postgres.prepare, self.places, port)
        await self.supervisor.start(server)

    async def _import_sample(self, command: Commands) -> None:
        arguments = (str(SAMPLE), "--vendor", "VEND001")
        importing = command.manage("sample", "import_file", *arguments)
        try:
            code = await asyncio.wait_for(self.supervisor.once(importing), timeout=60)
        except TimeoutError:
            code = None
        if code in (EXIT_COMPLETED, EXIT_PARTIAL):
            self.places.remember("sample_imported", True)
        else:
            self.output.say("The sample could not be imported. The next start will try again.")

    def _describe(self) -> None:
        """Write the description with the current PIDs, if the system is ready."""
        if self.description:
            pids = {n: p for n, p in self.supervisor.pids.items() if n not in ONCE}
            self.description["pids"] = {**pids, "supervisor": os.getpid()}
            write_json(self.places.stack, self.description)


def greeting(stack: Mapping[str, Any], how: str) -> str:
    """The message when the system is ready: addresses, logins and the log directory."""
    logins = "".join(
        f"  {who:<13} {login['username']} / {login['password']}\n"
        for who, login in stack["logins"].items()
    )
    return (
        f"\n{how}\n\n"
        f"  portal        {stack['portal_url']}/\n"
        f"  admin         {stack['portal_url']}/admin/\n\n"
        f"{logins}\n"
        f"  logs          {stack['log_dir']}\n\n"
    )
