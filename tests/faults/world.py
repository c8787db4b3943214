"""A whole system with a fault proxy in front of each of its servers.

The processes are those of `make up`, run by the same supervisor, with short timeouts. The tests
connect to PostgreSQL and the emulator directly, not through the proxies, and share no code with the
pipeline.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg2
from psycopg2.extras import RealDictCursor

from deploy.local import aws, bootstrap, embedded, migrated, postgres, stopping
from deploy.local.application import Commands
from deploy.local.application_env import application_env
from deploy.local.output import Output
from deploy.local.places import CHECKOUT, Places
from deploy.local.process import Process
from deploy.local.supervisor import Child, Supervisor, launch
from imports.execution.failpoints import FREEZE
from tests.faults.forking import Forks
from tests.faults.http_faults import HttpFaults
from tests.faults.pg_faults import PgFaults
from tests.faults.spare_time import moments

T = TypeVar("T")
START = 300.0  # seconds for a whole system to start or stop, on a very busy machine
MANY = 1_000  # receives of a message
HANG = 90.0  # seconds, more than anything takes on a machine with an idle CPU
ENDED = (FileNotFoundError, ProcessLookupError)  # of a file of /proc, also while it is read
HINTS = (
    "Imports",
    "Maintenance",
    "Mail",
    "Webhooks",
)  # queues whose messages say that there may be work
QUEUES = (*HINTS, "Events", "MailEvents")
SHORT = {
    "LOG_FORMAT": "json",
    "LEASE_SECONDS": "2",
    "STEP_SECONDS": "20",
    "SLICE_SECONDS": "0.3",
    "BATCH_ROWS": "1000",  # the maximum in one staged item
    "RETRY_BASE_SECONDS": "0.2",
    "RETRY_MAX_SECONDS": "1",
    "RESUME_EVERY_SECONDS": "2",
    "HINT_GRACE_SECONDS": "0.5",
    "MISSING_EVENTS_EVERY_SECONDS": "4",
    "EVENT_GRACE_SECONDS": "3",
    "CLEAN_UP_EVERY_SECONDS": "4",
    "DEAD_LETTERS_EVERY_SECONDS": "3",
    "SQS_WAIT_SECONDS": "3",
    "SQS_UNANSWERED_SECONDS": "5",
    "DB_CONNECT_TIMEOUT": "2",
    "MAIL_ANSWER_SECONDS": "5",
    "MAIL_RETRY_MAX_SECONDS": "1",
    "MAIL_EVENTS_EVERY_SECONDS": "4",
    "WEBHOOK_ANSWER_SECONDS": "3",
}


class TooLate(AssertionError):
    """A condition did not become true; the message describes the state."""


def wait_until(
    what: str,
    is_so: Callable[[], Any],
    *,
    within: float = HANG,
    every: float = 0.05,
    tell: Callable[[], str] = str,
) -> Any:
    """Wait until the answer is true, and return it. Raises TooLate.

    `within` is for promises, in seconds of idle time. `every` is the pause between two questions:
    longer where a question is expensive and what it asks for does not pass.
    """
    for _ in moments(within, every=every):
        if answer := is_so():
            return answer
    raise TooLate(f"not within {within:.0f} s: {what}\n{tell()}")


class World:
    """The running system. Use `running()`."""

    def __init__(
        self, places: Places, settings: dict[str, str], queues: dict[str, str], hint_receives: int
    ) -> None:
        self.places = places
        self.settings = SHORT | settings
        self.queues = queues
        self.hint_receives = hint_receives
        self.failpoints = places.root / "failpoints"
        self.temp = places.root / "tmp"
        for directory in (self.failpoints, self.temp):
            directory.mkdir()
        self.output = Output(places.log_dir)
        self.output.only_files = True
        self.forks: Forks | None = None
        self.supervisor = Supervisor(self.output, places.pids, lambda: None, self._launch)
        names = ("postgres", "aws", "pg_proxy", "aws_proxy", "web")
        self.ports = embedded.ports(places, *names)
        self.http = HttpFaults(self.ports["aws"], self.ports["aws_proxy"])
        self.pg = PgFaults(self.ports["postgres"], self.ports["pg_proxy"])
        self.outputs: dict[str, str] = {}
        self.env: dict[str, str] = {}
        self.kills = 0  # since the last `heal`
        self.freezes = False  # at failpoints, instead of dying
        self._connection: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    # --- Life ---------------------------------------------------------------------------------

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the event loop of the proxies and the supervisor."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START)

    async def start(self) -> None:
        """Start everything."""
        endpoint = aws.endpoint(self.ports["aws"])

        def fill() -> None:
            self.outputs = bootstrap.bootstrap(endpoint, self.queues)

        emulator = aws.prepare(self.places, self.ports["aws"], durable=False, on_ready=fill)
        database = await asyncio.to_thread(
            migrated.prepare, self.places, self.ports["postgres"], durable=False
        )
        await self.supervisor.start(emulator, database, within=START)
        self.limit_receives_of_hints(self.hint_receives)
        await self.http.start()
        await self.pg.start()
        command = Commands(self.places, self._environment())
        self.env = dict(command.env)
        processes = self.processes(command)
        self.forks = Forks({name: value for each in processes for name, value in each.env.items()})
        for name, *arguments in (("migrate", "--noinput", "-v0"), ("load_demo",)):
            code = await self.supervisor.once(command.manage(name, name, *arguments))
            assert code == 0, self.output.tail(name)
        await self.supervisor.start(*processes, within=START)

    async def _launch(self, process: Process, output: int) -> Child:
        return await (self.forks.launch if self.forks else launch)(process, output)

    def processes(self, command: Commands) -> tuple[Process, ...]:
        return command.application(self.ports["web"])

    def _environment(self) -> dict[str, str]:
        proxy = f"127.0.0.1:{self.ports['aws_proxy']}"
        outputs = {
            name: urlsplit(value)._replace(netloc=proxy).geturl() if name.endswith("Url") else value
            for name, value in self.outputs.items()
        }
        known = application_env(
            outputs,
            secret_key=self.places.secret_key(),
            database_url=postgres.url(self.ports["pg_proxy"]),
            aws_endpoint_url=f"http://{proxy}",
            portal_url=f"http://127.0.0.1:{self.ports['web']}",
        )
        ours = {"FAILPOINTS": str(self.failpoints), "TMPDIR": str(self.temp)}
        return {**known, **self.settings, **ours}

    def stop(self) -> None:
        """Stop everything."""

        async def end() -> None:
            await self.supervisor.stop()
            if self.forks:
                self.forks.close()
            await self.http.stop()
            await self.pg.stop()
            await asyncio.sleep(0.2)  # transports close in later rounds of the loop

        if self._connection:
            self._connection.close()
        self.do(end())
        self.output.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- Faults -------------------------------------------------------------------------------

    def order_death(self, point: str, times: int = 1) -> None:
        """Make the next processes that reach this failpoint die there, or freeze if `freezes`."""
        self.kills += times
        for number in range(times):
            # Complete at once: a process may look at any moment.
            order = self.temp / "order"
            order.write_text(FREEZE if self.freezes else "")
            order.rename(self.failpoints / f"{point}.{number}")

    def deaths_left(self, point: str = "") -> list[str]:
        """Ordered deaths that have not happened yet."""
        return sorted(path.name for path in self.failpoints.glob(f"{point}*"))

    def pid(self, name: str) -> int:
        """The current PID of a process."""
        return self.supervisor.pids[name]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the process only; return its PID."""
        self.kills += 1
        pid = self.pid(name)
        stopping.send(pid, number)
        return pid

    def successor(self, name: str, killed: int) -> int:
        """Wait for the replacement of a killed process; return its PID."""
        wait_until("a successor", lambda: self.pid(name) != killed)
        return self.pid(name)

    def children(self, name: str) -> list[int]:
        """The PIDs of the children of a process; none if it has just ended."""
        pid = self.pid(name)
        try:
            found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except ENDED:
            return []
        return [int(child) for child in found.split()]

    def awaits_aws(self, pid: int) -> bool:
        """Whether the process has an open request to AWS: a connection to the proxy."""
        port = f":{self.ports['aws_proxy']:04X}"
        lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        open_ones = {f"socket:[{w[9]}]" for w in lines if w[2].endswith(port) and w[3] == "01"}
        return bool(open_ones.intersection(descriptors(pid)))

    def frozen(self) -> list[int]:
        """The PIDs of our processes that are stopped."""
        ours = [
            pid for name in self.supervisor.pids for pid in (self.pid(name), *self.children(name))
        ]
        return [pid for pid in ours if process_state(pid) == "T"]

    def limit_receives_of_hints(self, most: int) -> None:
        """After how many receives a hint becomes a dead letter. A machine may keep a worker from
        its work for longer than a short visibility timeout; a good hint is then received again."""
        sqs = self.aws("sqs")
        for name in HINTS:
            url = self.queue(name)
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
            policy = json.loads(answer["Attributes"]["RedrivePolicy"])
            attributes = {"RedrivePolicy": json.dumps(policy | {"maxReceiveCount": most})}
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    def heal(self) -> None:
        """Remove all faults."""
        self.freezes = False
        self.limit_receives_of_hints(self.hint_receives)
        for pid in self.frozen():
            stopping.send(pid, signal.SIGCONT)

        async def repair() -> None:
            self.http.heal()
            self.pg.cuts.clear()
            for proxy in (self.http, self.pg):
                if not proxy.is_up:
                    await proxy.start()

        self.do(repair())
        self.kills = 0
        for path in self.failpoints.iterdir():
            path.unlink(missing_ok=True)

    # --- Looking ------------------------------------------------------------------------------

    def rows(self, statement: str, parameters: Any = ()) -> list[dict[str, Any]]:
        """Query the database directly, each time in a transaction of its own; waits for a restart.

        With one connection: each new one is a new process of PostgreSQL, and tests ask often.
        """
        deadline = time.monotonic() + HANG
        while True:
            try:
                return self._rows(statement, parameters)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _rows(self, statement: str, parameters: Any) -> list[dict[str, Any]]:
        if self._connection is None or self._connection.closed:
            database = postgres.url(self.ports["postgres"])
            self._connection = psycopg2.connect(database, connect_timeout=5)
            self._connection.autocommit = True
        with self._connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(statement, parameters)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    @contextmanager
    def taking_back(self) -> Iterator[None]:
        """What `rows` changes meanwhile, `rows` alone sees, and it is taken back at the end."""
        self.rows("SELECT")
        assert self._connection is not None
        self._connection.autocommit = False
        try:
            yield
        finally:
            self._connection.rollback()
            self._connection.autocommit = True

    def aws(self, service: str) -> Any:
        """A client connected directly to the emulator."""
        return bootstrap.client(service, aws.endpoint(self.ports["aws"]))

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a DynamoDB table, of which one answer holds 1 MB at most."""
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    @property
    def bucket(self) -> str:
        return self.outputs["Bucket"]

    def queue(self, output: str) -> str:
        """The URL of a queue, such as "Imports" or "EventsDeadLetter"."""
        name = f"{output}Url" if output.endswith("DeadLetter") else f"{output}QueueUrl"
        return self.outputs[name]

    def messages_in(self, output: str) -> int:
        """Messages in a queue in any state."""
        answer = self.aws("sqs").get_queue_attributes(
            QueueUrl=self.queue(output), AttributeNames=["All"]
        )
        return sum(
            int(number)
            for name, number in answer["Attributes"].items()
            if name.startswith("ApproximateNumberOf")
        )

    def manage(self, *arguments: str) -> str:
        """Run a management command; return its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=START,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def temporary_files(self) -> set[str]:
        return {path.name for path in self.temp.rglob("onboarding-*")}

    def forget_messages(self) -> None:
        """Empty all queues, so that no test receives the messages of another."""
        for name in QUEUES:
            for queue in (name, f"{name}DeadLetter"):
                self.aws("sqs").purge_queue(QueueUrl=self.queue(queue))
        self.rows("DELETE FROM alarms WHERE kind = 'dead_letter'")

    def log_sizes(self) -> dict[str, int]:
        """The current size of each process's log."""
        return {path.stem: path.stat().st_size for path in self.places.log_dir.glob("*.log")}

    def log(self, name: str, since: int = 0) -> str:
        """The log of a process, from this byte on."""
        path = self.places.log_dir / f"{name}.log"
        return path.read_bytes()[since:].decode(errors="replace") if path.exists() else ""


def descriptors(pid: int) -> Iterator[str]:
    """What the process has open; nothing if it has ended, also while it is a zombie."""
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                yield str(link.readlink())


def process_state(pid: int) -> str:
    """ "T" if the process is stopped; "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ENDED:
        return ""


@contextmanager
def running(
    *, most_receives: int | None = None, visibility: int = 2, **settings: str
) -> Iterator[World]:
    """A running world, removed afterwards. `settings` override the short timeouts; a message that
    cannot be processed becomes a dead letter after `most_receives` times `visibility` seconds: an
    event after 5 times, and a hint hardly ever, unless it is given."""
    queues = dict.fromkeys(
        (f"{name}VisibilityTimeout" for name in QUEUES),
        str(visibility),
    )
    with ExitStack() as cleanup:
        places = embedded.own_places(embedded.TEST_RUNS, cleanup)
        given = os.environ.pop("PGBIN", None)  # the proxy needs an embedded server
        queues |= {"MaxReceiveCount": str(most_receives or 5)}
        world = World(places, settings, queues, most_receives or MANY)
        cleanup.callback(world.stop)
        world.do(world.start())
        if given:
            os.environ["PGBIN"] = given
        yield world
