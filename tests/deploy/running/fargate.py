"""Runs the containers of a task as processes: command, environment, health check and stop time are
those of the task definition, and a process gets nothing else from this machine.

A task has an address of its own, as on AWS, so that each has its ports. What is not a network or a
file system here is replaced: `0.0.0.0` and `127.0.0.1` by that address, and the path of a mounted
volume by a directory of the container.
"""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local import stopping
from deploy.local.aws import REGION
from tests.deploy.running import image
from tests.deploy.running.roles import Roles
from tests.faults.spare_time import SpareTime

EVERY_ADDRESS = re.compile(r"\b(?:0\.0\.0\.0|127\.0\.0\.1)\b")
SHOWN = 3_000  # bytes of a log
HEALTH_SECONDS = 5  # between two health checks of a container; each starts a process


class Broken(AssertionError):
    """The deployment does not work; the message names the container and what is wrong."""


@dataclass(frozen=True)
class Fargate:
    """What tasks of the deployment find on this machine."""

    image: Path
    authorities: Path  # certificate authorities of the database
    files: Path
    database: str  # its address
    roles: Roles

    def task(
        self, definition: Mapping[str, Any], address: str, command: Sequence[str] = ()
    ) -> "Task":
        """Start the containers; with `command`, as an override, in place of the first one's."""
        task = Task(self, definition, address)
        try:
            for container in task.containers:
                container.start(command)
        except BaseException:
            task.kill()
            raise
        return task


@dataclass
class Container:
    fargate: Fargate
    task: "Task"
    said: Mapping[str, Any]  # in the task definition
    process: "subprocess.Popen[bytes]" = field(init=False)
    environment: Mapping[str, str] = field(init=False)
    was_healthy: bool = False
    asked: float = 0.0  # when the health check ran last

    @property
    def name(self) -> str:
        return f"{self.task.definition['family']}/{self.said['name']}"

    @property
    def directory(self) -> Path:
        return self.fargate.files / self.task.address / str(self.said["name"])

    def start(self, command: Sequence[str]) -> None:
        for mount in self.said.get("mountPoints", ()):
            self._mounted(mount["containerPath"]).mkdir(parents=True)
        self._agent_may_prepare()
        self.environment = self._environment()
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [self._here(part) for part in command or self.said["command"]],
                cwd=self.fargate.image,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        """The variables of the definition, those of the image, and what AWS adds: credentials, and
        here the addresses of AWS and of the database."""
        said = {each["name"]: self._here(each["value"]) for each in self.said["environment"]}
        return {
            **image.ENVIRONMENT,
            "PGSSLROOTCERT": str(self.fargate.authorities),
            **said,
            **self.task.secrets(self.said.get("secrets", ())),
            **self.task.credentials,
            "AWS_ENDPOINT_URL": self.fargate.roles.endpoint,
            "PGHOSTADDR": self.fargate.database,
            "TMPDIR": str(self._mounted("/tmp")),
        }

    def _here(self, text: str) -> str:
        for mount in self.said.get("mountPoints", ()):
            path = mount["containerPath"]
            if text.startswith(f"{path}/"):
                return text.replace(path, str(self._mounted(path)), 1)
        return EVERY_ADDRESS.sub(self.task.address, text)

    def _mounted(self, path: str) -> Path:
        return self.directory / path.lstrip("/")

    def _agent_may_prepare(self) -> None:
        """What ECS itself does with the execution role, except for secrets."""
        options = self.said["logConfiguration"]["options"]
        where = f"log-group:{options['awslogs-group']}:*"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            self.task.agent_demands(action, f"arn:aws:logs:{REGION}:000000000000:{where}")

    def check(self) -> None:
        """Raises Broken if the container has ended by itself."""
        code = self.process.poll()
        if code is not None:
            raise Broken(f"{self.name} ended by itself with exit code {code}:\n{self.log()}")

    def is_healthy(self) -> bool:
        """Whether the health check of the definition has succeeded; it runs every few seconds until
        it does. Raises Broken if the container has ended."""
        self.check()
        if self.was_healthy or time.monotonic() < self.asked + HEALTH_SECONDS:
            return self.was_healthy
        health = self.said.get("healthCheck")
        if health:
            self.asked = time.monotonic()
            kind, *command = health["command"]
            assert kind == "CMD", health
            done = subprocess.run(
                [self._here(part) for part in command],
                cwd=self.fargate.image,
                env=self.environment,
                capture_output=True,
                check=False,
            )
        self.was_healthy = not health or done.returncode == 0
        return self.was_healthy

    def closed_ports(self) -> list[int]:
        """Ports of the definition on which the process does not listen."""
        ports = [each["containerPort"] for each in self.said.get("portMappings") or ()]
        return [port for port in ports if not listens(self.task.address, port)]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, since_stop: SpareTime) -> None:
        """Wait for the end after `stop`. Raises Broken."""
        seconds = self.said["stopTimeout"]
        while self.process.poll() is None:
            if since_stop() > seconds:
                raise Broken(
                    f"{self.name} did not end within its stopTimeout of {seconds} s:\n{self.log()}"
                )
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        if code := self.process.returncode:
            raise Broken(f"{self.name} ended with exit code {code} after SIGTERM:\n{self.log()}")

    def kill(self) -> None:
        if hasattr(self, "process"):
            stopping.kill_session(self.process.pid)
            self.process.wait()

    @property
    def _log(self) -> Path:
        return self.directory.with_suffix(".log")

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-SHOWN:]


class Task:
    """The containers of one task definition, at one address."""

    def __init__(self, fargate: Fargate, definition: Mapping[str, Any], address: str) -> None:
        self.fargate = fargate
        self.definition = definition
        self.address = address
        family = definition["family"]
        self.credentials = fargate.roles.key(f"The task {family}", definition["taskRoleArn"])
        self._agents = fargate.roles.key(f"The agent of {family}", definition["executionRoleArn"])
        self.containers = [
            Container(fargate, self, said) for said in definition["containerDefinitions"]
        ]

    def secrets(self, said: Sequence[Mapping[str, str]]) -> dict[str, str]:
        """The variables that are secrets, which ECS reads with the execution role."""
        store = self.fargate.roles.client("ssm", self._agents)
        found = {}
        for each in said:
            name = each["valueFrom"].partition(":parameter")[2]
            answer = store.get_parameters(Names=[name], WithDecryption=True)
            found[each["name"]] = answer["Parameters"][0]["Value"]
        return found

    def agent_demands(self, action: str, resource: str) -> None:
        self.fargate.roles.may(self._agents["AWS_ACCESS_KEY_ID"], action, resource)

    def check(self) -> None:
        for container in self.containers:
            container.check()

    def is_healthy(self) -> bool:
        healthy = [each.is_healthy() for each in self.containers]  # asks all of them
        return all(healthy)

    def stop(self) -> SpareTime:
        """Send SIGTERM to each container; returns the clock of their ends."""
        for container in self.containers:
            container.stop()
        return SpareTime()

    def ended(self, since_stop: SpareTime) -> None:
        """Wait for the end of each container. Raises Broken."""
        for container in self.containers:
            container.ended(since_stop)

    def kill(self) -> None:
        for container in self.containers:
            container.kill()


def listens(address: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((address, port), timeout=5):
        return True
    return False


def addresses(network: str) -> Iterator[str]:
    """Addresses for tasks in this network, which is written as `127.1.2`."""
    return (f"{network}.{number}" for number in range(10, 255))
