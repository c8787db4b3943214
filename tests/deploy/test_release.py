"""The order of a release, and how a stack is created, changed and left unchanged."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.aws import release, stacks
from deploy.aws.templates import STACKS, Layout

DIGEST = "sha256:" + "0" * 64


class Recorder:
    """A target that records its steps; the step `breaks_at` fails."""

    def __init__(self, breaks_at: str = "") -> None:
        self.done: list[str] = []
        self._breaks_at = breaks_at

    def _note(self, what: str) -> None:
        if what == self._breaks_at:
            raise stacks.NotReleased(what)
        self.done.append(what)

    def check(self) -> None:
        self._note("check")

    def create_secrets(self) -> None:
        self._note("create_secrets")

    def stack(self, name: str, *, image: str = "") -> None:
        self._note(f"{name} {image}".strip())

    def set_image(self, name: str, image: str) -> None:
        self._note(f"{name} unchanged, {image}")

    def push(self) -> str:
        self._note("push")
        return "new"

    def address(self, digest: str) -> str:
        return f"image@{digest}"

    def migrate(self) -> None:
        self._note("migrate")

    def wait_for_portal(self) -> None:
        self._note("wait_for_portal")


STEPS = [
    *("check", "create_secrets", "data", "network", "database", "base"),
    *("push", "migrate new", "migrate", "workers new", "web new", "watch", "wait_for_portal"),
]


def test_the_database_is_ready_before_the_services_and_workers_before_the_web() -> None:
    target = Recorder()
    release.deploy(target)
    assert target.done == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_step_ends_the_release(step: str) -> None:
    target = Recorder(breaks_at=step)
    with pytest.raises(stacks.NotReleased):
        release.deploy(target)
    assert target.done == STEPS[: STEPS.index(step)]


def test_a_rollback_begins_with_the_web_and_leaves_the_database() -> None:
    target = Recorder()
    release.roll_back(target, DIGEST)
    assert target.done == [
        f"web unchanged, image@{DIGEST}",
        f"workers unchanged, image@{DIGEST}",
        "wait_for_portal",
    ]


def test_a_stack_uses_only_exports_of_earlier_stacks(layout: Layout) -> None:
    exported: set[str] = set()
    stacks = list(dict.fromkeys(step.split()[0] for step in STEPS if step.split()[0] in STACKS))
    assert stacks == list(STACKS)
    for stack in stacks:
        written = layout.path(stack).read_text()
        used = set(re.findall(r'"Fn::ImportValue": "(.+?)"', written))
        assert used <= exported, stack
        for output in layout.template(stack).get("Outputs", {}).values():
            exported |= {output["Export"]["Name"]} if "Export" in output else set()


@pytest.fixture
def account(
    aws: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> release.Account:
    """The emulator as the account, with a stack of one queue that is tagged with the image."""
    template = {
        "Parameters": {"Image": {"Type": "String"}},
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": "released",
                    "Tags": [{"Key": "i", "Value": {"Ref": "Image"}}],
                },
            }
        },
        "Outputs": {"Image": {"Value": {"Ref": "Image"}}},
    }
    (tmp_path / "released-web.template.json").write_text(json.dumps(template))
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)

    class Session:
        client = staticmethod(aws)

    return release.Account("released", "portal.example", tmp_path, Session())


def test_a_stack_is_created_updated_and_given_another_image(
    account: release.Account, aws: Callable[[str], Any]
) -> None:
    try:
        account.stack("web", image="first")
        assert account.outputs("web") == {"Image": "first"}
        account.stack("web", image="first")
        account.set_image("web", "second")
        assert account.outputs("web") == {"Image": "second"}
    finally:
        aws("cloudformation").delete_stack(StackName="released-web")


def test_a_stack_that_cannot_be_created_reports_why(
    account: release.Account, tmp_path: Path, aws: Callable[[str], Any]
) -> None:
    broken = {
        "Resources": {
            "Policy": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": "x",
                    "VisibilityTimeout": {"Fn::GetAtt": ["No", "One"]},
                },
            }
        }
    }
    (tmp_path / "released-web.template.json").write_text(json.dumps(broken))
    try:
        with pytest.raises(
            stacks.NotReleased,
            match=r"released-web is ROLLBACK_COMPLETE: Policy \(AWS::SQS::Queue\): ",
        ):
            account.stack("web")
    finally:
        aws("cloudformation").delete_stack(StackName="released-web")


def test_templates_fit_into_one_request(layout: Layout) -> None:
    for path in layout.directory.glob("*.template.json"):
        body = json.dumps(json.loads(path.read_text()), separators=(",", ":"))
        assert len(body.encode()) <= 51_200, path.name
