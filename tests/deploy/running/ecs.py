"""Plays ECS: keeps as many tasks of each service as the service wants at the moment."""

import time
from collections.abc import Iterator, Sequence
from threading import Event, Thread
from typing import Any

from deploy.aws.templates import Layout
from tests.deploy.running.fargate import Broken, Fargate, Task

PACE = 0.5  # seconds between two looks


class Ecs:
    """Use as a context: it starts tasks of services as soon as a stack has created them."""

    def __init__(
        self, client: Any, layout: Layout, fargate: Fargate, addresses: Iterator[str]
    ) -> None:
        self.tasks: dict[str, list[Task]] = {}  # by service
        self._client = client
        self._layout = layout
        self._fargate = fargate
        self._addresses = addresses
        self._problem: Exception | None = None
        self._wanted: dict[str, int] = {}
        self._looked_at = 0.0
        self._ends = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Ecs":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()
        for task in self.all_tasks():
            task.kill()

    def pause(self) -> None:
        """Start and watch nothing more."""
        self._ends.set()
        self._thread.join()

    def all_tasks(self) -> list[Task]:
        return [task for tasks in list(self.tasks.values()) for task in list(tasks)]

    def check(self) -> None:
        """Raises Broken if a container ended, or a task could not start."""
        if self._problem:
            raise self._problem

    def is_steady(self, since: float) -> bool:
        """Whether each service that exists since then has the tasks it wants, all healthy."""
        self.check()
        there = {name: len(tasks) for name, tasks in self.tasks.items()}
        has_all = self._looked_at > since and there == self._wanted
        healthy = [task.is_healthy() for task in self.all_tasks()]  # asks all of them
        return has_all and all(healthy)

    def run(self, family: str, command: Sequence[str] = ()) -> None:
        """Run a task once, as `aws ecs run-task` does. Raises Broken unless it succeeds."""
        task = self._fargate.task(self._definition(family), next(self._addresses), command)
        try:
            for container in task.containers:
                if container.process.wait(timeout=300):
                    raise Broken(f"{container.name} failed:\n{container.log()}")
        finally:
            task.kill()

    def images(self) -> set[str]:
        """Those of all containers of all services."""
        return {
            container["image"]
            for service in self.services()
            for container in self._definition(service["taskDefinition"])["containerDefinitions"]
        }

    def stop(self) -> None:
        """Stop all tasks at once. Raises Broken unless each container ends well and in time."""
        self.pause()
        clocks = [(task, task.stop()) for task in self.all_tasks()]
        for task, clock in clocks:
            task.ended(clock)

    def _run(self) -> None:
        try:
            while not self._ends.wait(PACE):
                began = time.monotonic()
                services = self.services()
                for service in services:
                    self._serve(service)
                self._wanted = {each["serviceName"]: each["desiredCount"] for each in services}
                self._looked_at = began
        except Exception as problem:  # noqa: BLE001 (`check` raises it in the test)
            self._problem = problem

    def _serve(self, service: dict[str, Any]) -> None:
        name = service["serviceName"]
        if name not in self.tasks and "DesiredCount" not in self._layout.services()[name]:
            # Scaling decides; nothing waits, so it wants the fewest.
            fewest = self._layout.scaling(name)["MinCapacity"]
            self._client.update_service(
                cluster=service["clusterArn"], service=name, desiredCount=fewest
            )
            service["desiredCount"] = fewest
        tasks = self.tasks.setdefault(name, [])
        for task in tasks:
            task.check()
        while len(tasks) < service["desiredCount"]:
            definition = self._definition(service["taskDefinition"])
            tasks.append(self._fargate.task(definition, next(self._addresses)))

    def services(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for cluster in self._client.list_clusters()["clusterArns"]:
            names = self._client.list_services(cluster=cluster)["serviceArns"]
            if names:
                found += self._client.describe_services(cluster=cluster, services=names)["services"]
        return found

    def _definition(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._client.describe_task_definition(taskDefinition=name)
        definition: dict[str, Any] = found["taskDefinition"]
        return definition
