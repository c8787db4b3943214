"""Creates and updates the stacks of one deployment.

A release goes on from whatever state an earlier one left a stack in, or reports the command that
must be run first.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

PROTECTED = ("data", "network", "database", "base")  # against deletion, once they exist
# The parameter that protects a database or load balancer against deletion. It is off while its
# stack is created, because a creation that fails must be able to delete it.
PROTECTION = "DeletionProtection"
PAUSE_SECONDS = 5.0
MAX_SECONDS = 3600.0  # a new database takes 15 minutes

# Every state of a stack that CloudFormation knows is in one of these, or ends in _IN_PROGRESS.
UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
# Nothing but a deletion is possible: the stack was never created, or is partly deleted.
DELETED_FIRST = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"}
)
GONE = frozenset({"", "DELETE_COMPLETE"})
# With the command that makes the stack updatable again.
STUCK = {
    "UPDATE_FAILED": "rollback-stack",
    "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
    "IMPORT_ROLLBACK_FAILED": "continue-update-rollback",
}


class NotReleased(Exception):
    """The release stopped; the message says where and what to check."""


class Stacks:
    """The stacks whose names begin with `prefix`, with their templates in a directory."""

    def __init__(self, cloudformation: Any, prefix: str, templates: Path) -> None:
        self._cloudformation = cloudformation
        self._prefix = prefix
        self._templates = templates

    def check_exports(self) -> None:
        """Raise NotReleased if a template lacks an export that a stack imports now.

        CloudFormation would refuse to update its stack, in the middle of the release.
        """
        for path in sorted(self._templates.glob(f"{self._prefix}-*.template.json")):
            name = path.name.removesuffix(".template.json")
            if self._state(name) in GONE:
                continue
            outputs = json.loads(path.read_text()).get("Outputs", {}).values()
            stay = {each["Export"]["Name"] for each in outputs if "Export" in each}
            for output in self._described(name).get("Outputs", ()):
                export = output.get("ExportName", "")
                if export and export not in stay and (users := self._importing(export)):
                    raise NotReleased(
                        f"{name} would no longer export {export}, which {', '.join(users)} uses. "
                        "Keep it for one more release: write `self.export_value(…)` of the same "
                        "attribute in its stack."
                    )

    def _importing(self, export: str) -> list[str]:
        try:
            answer = self._cloudformation.list_imports(ExportName=export)
        except ClientError as problem:
            if "not imported" not in str(problem):
                raise
            return []
        users: list[str] = answer["Imports"]
        return users

    def change(self, stack: str, parameters: Mapping[str, str]) -> None:
        """Create the stack or update it, from its template. Raises NotReleased.

        It is protected against deletion when it exists. If a creation fails, CloudFormation deletes
        what it had created, and the next call deletes the empty stack before it creates it again.
        """
        name = self._name(stack)
        template = json.loads((self._templates / f"{name}.template.json").read_text())
        # Without whitespace: CloudFormation accepts at most 51,200 bytes.
        body = {"TemplateBody": json.dumps(template, separators=(",", ":"))}
        declared = template.get("Parameters", {})
        if self._make_room(name):
            self._create(name, body, parameters)
        protected = {PROTECTION: "true"} if PROTECTION in declared else {}
        self._update(name, body, {**parameters, **protected})
        if stack in PROTECTED:
            self._protect(name, protected=True)

    def set_parameters(self, stack: str, parameters: Mapping[str, str]) -> None:
        """Change these parameters of a stack, but nothing else. Raises NotReleased."""
        name = self._name(stack)
        if self._wait(name) not in UPDATABLE:
            raise NotReleased(f"{name} is {self._state(name) or 'missing'}: run `make deploy`")
        others = {each["ParameterKey"] for each in self._described(name).get("Parameters", ())}
        self._update(name, {"UsePreviousTemplate": True}, parameters, others - parameters.keys())

    def parameter(self, stack: str, name: str) -> str:
        """The value of a parameter of the stack; "" without the stack."""
        if self._state(self._name(stack)) in GONE:
            return ""
        said = self._described(self._name(stack)).get("Parameters", ())
        values: dict[str, str] = {e["ParameterKey"]: e["ParameterValue"] for e in said}
        return values.get(name, "")

    def outputs(self, stack: str) -> dict[str, str]:
        said = self._described(self._name(stack)).get("Outputs", ())
        return {each["OutputKey"]: each["OutputValue"] for each in said}

    def delete(self, stack: str) -> None:
        """Delete a stack, also if it is protected against termination. Raises NotReleased."""
        self._delete(self._name(stack))

    def _name(self, stack: str) -> str:
        return f"{self._prefix}-{stack}"

    def _make_room(self, name: str) -> bool:
        """Whether the stack is to be created, after deletion of what a failed creation left."""
        state = self._wait(name)
        if state in STUCK:
            raise NotReleased(f"{name} is {state}. {_way_out(name, state)}")
        if state in DELETED_FIRST:
            self._delete(name)
        return state not in UPDATABLE

    def _create(self, name: str, body: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        say(f"stack {name}: create")
        self._request("create_stack", name, body, parameters)
        self._expect(name, "CREATE_COMPLETE")

    def _update(
        self,
        name: str,
        body: Mapping[str, Any],
        parameters: Mapping[str, str],
        unchanged: AbstractSet[str] = frozenset(),
    ) -> None:
        say(f"stack {name}: update")
        if self._request("update_stack", name, body, parameters, unchanged):
            self._expect(name, "UPDATE_COMPLETE")

    def _request(
        self,
        operation: str,
        name: str,
        body: Mapping[str, Any],
        parameters: Mapping[str, str],
        unchanged: AbstractSet[str] = frozenset(),
    ) -> bool:
        """Begin it; False if the stack is as requested already."""
        given = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
        kept = [{"ParameterKey": k, "UsePreviousValue": True} for k in sorted(unchanged)]
        try:
            getattr(self._cloudformation, operation)(
                StackName=name,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Parameters=[*given, *kept],
                **body,
            )
        except ClientError as answer:
            if "No updates are to be performed" in str(answer):
                return False
            raise NotReleased(f"{name}: {answer}") from answer
        return True

    def _delete(self, name: str) -> None:
        say(f"stack {name}: delete")
        self._protect(name, protected=False)
        self._cloudformation.delete_stack(StackName=name)
        if (state := self._wait(name)) not in GONE:
            raise NotReleased(f"{name} is {state}: {self._failures(name)}")

    def _protect(self, name: str, *, protected: bool) -> None:
        self._cloudformation.update_termination_protection(
            StackName=name, EnableTerminationProtection=protected
        )

    def _expect(self, name: str, expected: str) -> None:
        if (state := self._wait(name)) != expected:
            way_out = _way_out(name, state)
            raise NotReleased(f"{name} is {state}: {self._failures(name)}\n{way_out}")

    def _wait(self, name: str) -> str:
        """The state of a stack when nothing changes it any more; "" if there is none."""
        deadline = time.monotonic() + MAX_SECONDS
        while (state := self._state(name)).endswith("_IN_PROGRESS") and state not in DELETED_FIRST:
            if time.monotonic() > deadline:
                raise NotReleased(f"{name} is still {state}. {_way_out(name, state)}")
            time.sleep(PAUSE_SECONDS)
        return state

    def _state(self, name: str) -> str:
        try:
            state: str = self._described(name)["StackStatus"]
        except ClientError as answer:
            if "does not exist" not in str(answer):
                raise
            return ""
        return state

    def _described(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def _failures(self, name: str) -> str:
        """The first failures of the last operation, which are the cause of all later ones."""
        failed = [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): "
            f"{event.get('ResourceStatusReason', event['ResourceStatus'])}"
            for event in self._last_operation(name)
            if event["ResourceStatus"].endswith("_FAILED")
            and event["PhysicalResourceId"] != event["StackId"]
        ]
        return "; ".join(reversed(failed[-3:]))

    def _last_operation(self, name: str) -> Iterator[dict[str, Any]]:
        """Its events, the newest first."""
        pages = self._cloudformation.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=name):
            for event in page["StackEvents"]:
                yield event
                if event.get("ResourceStatusReason") == "User Initiated":
                    return


def _way_out(name: str, state: str) -> str:
    """What to do about a state in which an operation ended."""
    if command := STUCK.get(state):
        return (
            f"Remove the cause, run `aws cloudformation {command} --stack-name {name}`, then "
            "`make deploy` again."
        )
    if state == "ROLLBACK_FAILED":
        return "Remove the cause, delete the named resources, then run `make deploy` again."
    if state.endswith("_IN_PROGRESS"):
        return "Run `make deploy` again: it waits for it."
    return "Remove the cause, then run `make deploy` again: nothing needs to be cleaned up."


def say(text: str) -> None:
    sys.stderr.write(f"== {text}\n")
