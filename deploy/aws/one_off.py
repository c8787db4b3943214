"""Runs one-off tasks: `migrate`, and commands of the application."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import WaiterError

from deploy.aws.stacks import NotReleased

WAITER_CONFIG = {"Delay": 10, "MaxAttempts": 360}  # 1 hour, for migrations
LINES = 5  # of a task's log, in the message that it failed


class OneOff:
    """One-off tasks of the cluster `name`; `network` are the outputs of the network's stack."""

    def __init__(self, session: Any, name: str, network: dict[str, str]) -> None:
        self._ecs = session.client("ecs")
        self._logs = session.client("logs")
        self._name = name
        self._network = network

    def run(self, task: str, command: Sequence[str] = ()) -> None:
        """Run a task to its end, with another command than its own if there is one.

        Raises NotReleased, with the end of its log, if it does not start or fails.
        """
        arn = self._start(task, command)
        which = {"cluster": self._name, "tasks": [arn]}
        try:
            self._ecs.get_waiter("tasks_stopped").wait(**which, WaiterConfig=WAITER_CONFIG)
        except WaiterError as problem:
            raise NotReleased(f"{task} does not end: {problem}") from problem
        ended = self._ecs.describe_tasks(**which)["tasks"][0]
        code = ended["containers"][0].get("exitCode")
        if code != 0:
            why = ended.get("stoppedReason") or f"exit code {code}"
            log = self._end_of_log(task, arn) or f"see the log group /{self._name}/{task}"
            raise NotReleased(f"{' '.join([task, *command[-1:]])} failed: {why}; {log}")

    def _start(self, task: str, command: Sequence[str]) -> str:
        overrides = [{"name": task, "command": [*command]}] if command else []
        started = self._ecs.run_task(
            cluster=self._name,
            taskDefinition=f"{self._name}-{task}",
            launchType="FARGATE",
            overrides={"containerOverrides": overrides},
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": self._network["TaskSubnets"].split(","),
                    "securityGroups": [self._network["TaskSecurityGroup"]],
                    "assignPublicIp": "ENABLED",
                }
            },
        )
        if started["failures"]:
            raise NotReleased(f"{task} did not start: {started['failures']}")
        arn: str = started["tasks"][0]["taskArn"]
        return arn

    def _end_of_log(self, task: str, arn: str) -> str:
        """The last lines that the task wrote; "" if it wrote none."""
        stream = f"{task}/{task}/{arn.rpartition('/')[2]}"
        try:
            found = self._logs.get_log_events(
                logGroupName=f"/{self._name}/{task}", logStreamName=stream, limit=LINES
            )
        except self._logs.exceptions.ResourceNotFoundException:
            return ""
        return "\n".join(event["message"] for event in found["events"])
