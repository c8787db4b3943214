"""Access to the synthesized templates, for what is drawn from them and for tests."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXPORTED = (
    r"<onboarding-\w+:ExportsOutput(?:FnGetAtt|Ref)(\w+?)(?:[0-9A-F]{8})?(?:Arn)?[0-9A-F]{8}>"
)
STACKS = ("data", "network", "database", "base", "migrate", "workers", "web", "watch")


@dataclass(frozen=True)
class Layout:
    """The templates of one layout in `directory`, of the environment `name`."""

    key: str
    directory: Path
    name: str = "onboarding"

    def path(self, stack: str) -> Path:
        return self.directory / f"{self.name}-{stack}.template.json"

    def template(self, stack: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path(stack).read_text(), object_hook=long_form)
        return found

    def resources(self, kind: str, *stacks: str) -> dict[str, dict[str, Any]]:
        """Properties of all resources of a type (without `AWS::`) by logical ID; at least one."""
        found = self.find(kind, *stacks)
        assert found, f"no {kind} in {self.key}"  # noqa: S101 - a mistake of the caller
        return found

    def find(self, kind: str, *stacks: str) -> dict[str, dict[str, Any]]:
        """As `resources`, also if there is none."""
        return {
            name: resource.get("Properties", {})
            for stack in stacks or STACKS
            for name, resource in self.template(stack)["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def services(self) -> dict[str, dict[str, Any]]:
        return {each["ServiceName"]: each for each in self.resources("ECS::Service").values()}

    def scaling(self, service: str) -> dict[str, Any]:
        """The scalable target of a service whose number of tasks scaling decides."""
        targets = self.resources("ApplicationAutoScaling::ScalableTarget").values()
        (found,) = (each for each in targets if each["ResourceId"].endswith(f"/{service}"))
        return found

    def containers(self) -> dict[str, dict[str, Any]]:
        """Every container of every task, by name."""
        return {
            container["Name"]: container
            for task in self.resources("ECS::TaskDefinition").values()
            for container in task["ContainerDefinitions"]
        }

    def environment(self, container: str) -> dict[str, Any]:
        """The variables of a container that are not secrets; references remain references."""
        said = self.containers()[container]["Environment"]
        return {variable["Name"]: variable["Value"] for variable in said}

    def may(self, part: str) -> dict[str, set[str]]:
        """What the role of the task with this container may do: action to resources, as text.

        `may("web")["sqs:SendMessage"]` are the queues that the portal may send to.
        """
        (task,) = (
            task
            for task in self.resources("ECS::TaskDefinition").values()
            if part in [container["Name"] for container in task["ContainerDefinitions"]]
        )
        role = task["TaskRoleArn"]["Fn::GetAtt"][0]
        allowed: dict[str, set[str]] = {}
        for policy in self.resources("IAM::Policy").values():
            if {"Ref": role} in policy["Roles"]:
                for action, resource in grants(policy["PolicyDocument"]):
                    allowed.setdefault(action, set()).add(resource)
        return allowed


def is_spot(service: Mapping[str, Any]) -> bool:
    """Whether the tasks of a service run on Spot."""
    (provider,) = service["CapacityProviderStrategy"]
    return bool(provider["CapacityProvider"] == "FARGATE_SPOT")


def long_form(value: dict[str, Any]) -> dict[str, Any]:
    """Convert `GetAtt: a.b`, as in an included file, to `GetAtt: [a, b]`, as CDK writes it."""
    if isinstance(attribute := value.get("Fn::GetAtt"), str):
        return {"Fn::GetAtt": attribute.split(".", 1)}
    return value


def grants(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action that a policy allows, with each resource, as text."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, text(resource)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A value of a template with references in angle brackets; a reference to another stack becomes
    the name of the resource there."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        joined: str = argument[0].join(map(text, argument[1]))
        return joined
    return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"


def exported(resource: str) -> str:
    """`Bucket/errors/*` for a resource that another stack exports, else the resource unchanged."""
    return re.sub(EXPORTED, r"\1", resource)
