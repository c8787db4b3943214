"""A one-off task runs to its end, and one that fails says why."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deploy.aws import one_off
from deploy.aws.stacks import NotReleased

NETWORK = {"TaskSubnets": "subnet-1,subnet-2", "TaskSecurityGroup": "sg-1"}
ARN = "arn:aws:ecs:eu-central-1:1:task/onboarding/0123"
STARTED = {"tasks": [{"taskArn": ARN}], "failures": []}


def ended(**said: Any) -> dict[str, Any]:
    return {"tasks": [{"taskArn": ARN, "lastStatus": "STOPPED", **said}]}


def run(task: dict[str, Any], log: list[str] | None = None, *, starts: Any = STARTED) -> list[Any]:
    """Run a command in this account; returns the overrides with which its task was started."""
    known: Any = {
        "region_name": "eu-central-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "x",
    }
    clients: dict[str, Any] = {
        "ecs": boto3.client("ecs", **known),
        "logs": boto3.client("logs", **known),
    }
    ecs, logs = (Stubber(client) for client in clients.values())
    sent: list[Any] = []
    clients["ecs"].meta.events.register(
        "provide-client-params.ecs.RunTask", lambda params, **_: sent.append(params["overrides"])
    )
    ecs.add_response("run_task", starts)
    ecs.add_response("describe_tasks", task)
    ecs.add_response("describe_tasks", task)
    if log is None:
        logs.add_client_error("get_log_events", "ResourceNotFoundException")
    else:
        logs.add_response(
            "get_log_events",
            {"events": [{"message": line} for line in log]},
            {
                "logGroupName": "/onboarding/command",
                "logStreamName": "command/command/0123",
                "limit": one_off.LINES,
            },
        )

    class Session:
        client = staticmethod(clients.__getitem__)

    with ecs, logs:
        one_off.OneOff(Session(), "onboarding", NETWORK).run("command", ("manage.py", "canary"))
    return sent


def test_a_task_that_ends_well_ran_that_command() -> None:
    (overrides,) = run(ended(containers=[{"exitCode": 0}]))
    assert overrides == {
        "containerOverrides": [{"name": "command", "command": ["manage.py", "canary"]}]
    }


def test_a_task_that_fails_shows_the_end_of_its_log() -> None:
    failed = ended(containers=[{"exitCode": 1}], stoppedReason="Essential container exited")
    with pytest.raises(NotReleased, match=r"canary failed: Essential .*\n.*status received"):
        run(failed, ["UPLOAD_X has not", "ended: status received"])


def test_a_task_whose_image_was_not_found_says_so() -> None:
    with pytest.raises(NotReleased, match=r"CannotPull.*see the log group /onboarding/command"):
        run(ended(containers=[{}], stoppedReason="CannotPullContainerError"))


def test_a_task_that_cannot_start_says_why() -> None:
    with pytest.raises(NotReleased, match="RESOURCE:CPU"):
        run({}, starts={"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]})
