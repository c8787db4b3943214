"""A layout deployed on this machine by the code that deploys it to AWS."""

import dataclasses
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deploy.aws import choices, portal, release
from deploy.aws.templates import Layout
from deploy.local import aws, bootstrap, embedded, stopping
from deploy.local.places import Places
from tests.deploy import strict
from tests.deploy.running import rds
from tests.deploy.running.ecs import Ecs
from tests.deploy.running.fargate import Broken, Fargate, addresses
from tests.deploy.running.front import Front
from tests.deploy.running.roles import Roles
from tests.deploy.running.tls import serving
from tests.faults.world import wait_until

IMAGES = ["sha256:" + digit * 64 for digit in "12"]
START = 240  # seconds of idle time for all services to become healthy


class OnlyStacks(release.Account):
    """The emulator as the account, without what runs in it. `digest` is of the image to deploy."""

    digest = IMAGES[0]

    def push(self) -> str:
        return self.address(self.digest)

    def wait_for_portal(self) -> None:
        """Nothing runs."""

    def _run(self, task: str, command: Sequence[str] = ()) -> None:
        """Nothing runs."""


class Running(OnlyStacks):
    """The same with RDS and ECS on this machine."""

    deployment: "Deployment"

    def stack(self, name: str, *, image: str = "") -> None:
        super().stack(name, image=image)
        self.deployment.start_database()

    def migrate(self) -> None:
        self.deployment.may_migrate()
        super().migrate()

    def wait_for_portal(self) -> None:
        self.deployment.wait_until_steady()

    def _run(self, task: str, command: Sequence[str] = ()) -> None:
        try:
            self.deployment.ecs.run(f"{self._name}-{task}", command)
        finally:
            self.deployment.check()


@dataclasses.dataclass
class Deployment:
    """Use `deployment()`."""

    layout: Layout
    name: str
    domain: str
    places: Places
    network: str
    endpoint: str
    roles: Roles
    ecs: Ecs
    front: Front
    fargate: Fargate
    cleanup: ExitStack
    database: rds.Rds | None = None

    def aws(self, service: str) -> Any:
        """A client that may do everything."""
        return bootstrap.client(service, self.endpoint)

    def account(self, kind: type[OnlyStacks]) -> OnlyStacks:
        session = strict.Session(self.endpoint)
        account = kind(self.name, self.domain, self.layout.directory, session)
        if isinstance(account, Running):
            account.deployment = self
        return account

    def start_database(self) -> None:
        if self.database is None:
            self.database = rds.start(self)

    def may_migrate(self) -> None:
        """Raises Broken if there are services, which need the tables from the beginning."""
        if names := sorted(each["serviceName"] for each in self.ecs.services()):
            raise Broken(f"{', '.join(names)} exist before the database is migrated")

    def rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        assert self.database
        return self.database.rows(statement, *values)

    def check(self) -> None:
        """Raises Broken if a role lacks a permission, or a container ended, perhaps for that."""
        if self.roles.refused:
            raise Broken("; ".join(dict.fromkeys(self.roles.refused)))
        self.ecs.check()

    def wait_until_steady(self) -> None:
        """Wait until all services run, and the front reaches the portal. Raises Broken."""
        now = time.monotonic()
        self.wait_for("all services are healthy", lambda: self.ecs.is_steady(now), within=START)
        for task in self.ecs.all_tasks():
            for container in task.containers:
                if closed := container.closed_ports():
                    raise Broken(f"{container.name} does not listen on its ports {closed}")
        for page in portal.PAGES:
            answer = self.front.ask("GET", page, {"host": self.domain})
            if answer.status != 200:
                at = f"on port {self.front.port}"
                raise Broken(f"{self.front.service}: {page} answers {answer.status} {at}")

    def wait_for(self, what: str, is_so: Any, *, within: float = 60) -> Any:
        """Wait until the answer is true, and return it. Raises Broken and TooLate."""

        def ask() -> Any:
            self.check()
            return is_so()

        return wait_until(what, ask, within=within, tell=self.logs)

    def logs(self) -> str:
        return "\n".join(
            f"--- {container.name}\n{container.log()}"
            for task in self.ecs.all_tasks()
            for container in task.containers
        )


@contextmanager
def deployment(layout: Layout, image: Path, files: Path) -> Iterator[Deployment]:
    """An empty account in which the layout can be deployed."""
    chosen = choices.read()
    with ExitStack() as cleanup:
        places = embedded.own_places(embedded.TEST_RUNS, cleanup)
        port = embedded.ports(places, "aws")["aws"]
        # Addresses of loopback that no other run has: the ports are those of AWS.
        network = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        embedded.run(_emulator(places, port, f"{network}.1"), places)
        endpoint = aws.endpoint(port)
        roles = Roles(f"{network}.1", port, bootstrap.client("iam", endpoint))
        cleanup.enter_context(serving(roles))
        # Before the proxies, whose last requests it answers.
        cleanup.callback(lambda: stopping.stop(stopping.recorded(places.pids)))
        fargate = Fargate(image, files / "authorities.pem", files, f"{network}.2", roles)
        ecs = Ecs(bootstrap.client("ecs", endpoint), layout, fargate, addresses(network))
        cleanup.enter_context(ecs)
        front = Front(layout, lambda service: ecs.tasks.get(service, []))
        name, domain = chosen["name"], chosen["domain"]
        yield Deployment(
            layout, name, domain, places, network, endpoint, roles, ecs, front, fargate, cleanup
        )


def _emulator(places: Places, port: int, name: str) -> Any:
    """The emulator, whose URLs lead to `name`."""
    process = aws.prepare(places, port, durable=False)
    python, emulator = process.command
    return dataclasses.replace(
        process,
        command=(python, str(strict.PROGRAM), emulator),
        env={**process.env, "MINISTACK_HOST": name},
    )
