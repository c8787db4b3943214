"""Plays ECS: keeps as many tasks of each service as the service wants at the moment."""

from collections.abc import Iterator
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

    def is_steady(self) -> bool:
        """Whether each service of the layout has the tasks that it wants, all of them healthy."""
        self.check()
        there = {name: len(tasks) for name, tasks in self.tasks.items()}
        is_complete = there.keys() == self._layout.services().keys() and there == self._wanted
        return is_complete and all(task.is_healthy() for task in self.all_tasks())

    def run(self, family: str, command: tuple[str, ...] = ()) -> None:
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
            for service in self._services()
            for container in self._definition(service["taskDefinition"])["containerDefinitions"]
        }

    def stop(self) -> dict[str, float]:
        """Stop all tasks at once; the seconds until the end of each container. Raises Broken."""
        self.pause()
        tasks = self.all_tasks()
        began = [task.stop() for task in tasks]
        return {
            name: seconds
            for task, at in zip(tasks, began, strict=True)
            for name, seconds in task.ended(at).items()
        }

    def _run(self) -> None:
        try:
            while not self._ends.wait(PACE):
                services = self._services()
                for service in services:
                    self._serve(service)
                self._wanted = {each["serviceName"]: each["desiredCount"] for each in services}
        except Exception as problem:  # noqa: BLE001 (`check` raises it in the test)
            self._problem = problem

    def _serve(self, service: dict[str, Any]) -> None:
        name = service["serviceName"]
        if name not in self.tasks and "DesiredCount" not in self._layout.services()[name]:
            # Scaling decides; nothing waits, so it wants none.
            self._client.update_service(cluster=service["clusterArn"], service=name, desiredCount=0)
            service["desiredCount"] = 0
        tasks = self.tasks.setdefault(name, [])
        for task in tasks:
            task.check()
        while len(tasks) < service["desiredCount"]:
            definition = self._definition(service["taskDefinition"])
            tasks.append(self._fargate.task(definition, next(self._addresses)))

    def _services(self) -> list[dict[str, Any]]:
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
