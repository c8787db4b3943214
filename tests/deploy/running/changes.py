"""Mistakes in templates, to see that they are found."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.aws.templates import STACKS, Layout

Resources = dict[str, dict[str, Any]]
Change = Callable[[Resources], None]


def changed(layout: Layout, directory: Path, *changes: Change) -> Layout:
    """A copy of the templates in the directory, in which each change has seen each template."""
    shutil.copytree(layout.directory, directory)
    copy = Layout(layout.key, directory)
    for stack in STACKS:
        template = json.loads(copy.path(stack).read_text())
        for change in changes:
            change(template["Resources"])
        copy.path(stack).write_text(json.dumps(template))
    return copy


def only(service: str) -> Change:
    """One task of this service, and none of the others."""

    def change(resources: Resources) -> None:
        for said in of_type(resources, "ECS::Service"):
            said["DesiredCount"] = int(said["ServiceName"] == service)

    return change


def without_variable(container: str, variable: str) -> Change:
    def change(resources: Resources) -> None:
        for task in of_type(resources, "ECS::TaskDefinition"):
            for said in task["ContainerDefinitions"]:
                if said["Name"] == container:
                    kept = [each for each in said["Environment"] if each["Name"] != variable]
                    assert len(kept) < len(said["Environment"])
                    said["Environment"] = kept

    return change


def without_permission(container: str, action: str) -> Change:
    """No statement that allows this action, in the role of the container's task."""

    def change(resources: Resources) -> None:
        for task in of_type(resources, "ECS::TaskDefinition"):
            if container in [said["Name"] for said in task["ContainerDefinitions"]]:
                role = {"Ref": task["TaskRoleArn"]["Fn::GetAtt"][0]}
                (policy,) = (
                    policy
                    for policy in of_type(resources, "IAM::Policy")
                    if role in policy["Roles"]
                )
                statements = policy["PolicyDocument"]["Statement"]
                kept = [each for each in statements if action not in each["Action"]]
                assert len(kept) < len(statements)
                policy["PolicyDocument"]["Statement"] = kept

    return change


def with_port_of_target(port: int) -> Change:
    """What is before the portal connects to another port."""

    def change(resources: Resources) -> None:
        for said in of_type(resources, "ECS::Service"):
            for target in said.get("LoadBalancers", ()):
                target["ContainerPort"] = port

    return change


def of_type(resources: Resources, kind: str) -> list[dict[str, Any]]:
    return [
        resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == f"AWS::{kind}"
    ]
