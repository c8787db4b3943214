"""A creation or an update that fails can be repeated without a hand."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from deploy.aws import stacks
from deploy.aws.release import Account
from deploy.aws.stacks import (
    DELETED_FIRST,
    GONE,
    PROTECTED,
    PROTECTION,
    STUCK,
    UPDATABLE,
    NotReleased,
    Stacks,
)
from deploy.aws.templates import STACKS, Layout
from tests.deploy.strict import Session, emulator

IMAGE = "image@sha256:" + "0" * 64
NOWHERE = {"Fn::GetAtt": ["No", "One"]}
WITH_IMAGE = ("migrate", "workers", "web")


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with emulator() as endpoint:
        yield endpoint


@pytest.fixture
def session(endpoint: str) -> Session:
    """An account without anything."""
    urllib.request.urlopen(f"{endpoint}/_ministack/reset", data=b"").close()
    return Session(endpoint)


def change(account: Account, stack: str) -> None:
    account.stack(stack, image=IMAGE if stack in WITH_IMAGE else "")


def break_last(template: Path) -> None:
    """Add a resource that is created after all others, and cannot be."""
    said = json.loads(template.read_text())
    said["Resources"]["Broken"] = {
        "Type": "AWS::SQS::Queue",
        "DependsOn": list(said["Resources"]),
        "Properties": {"VisibilityTimeout": NOWHERE},
    }
    template.write_text(json.dumps(said))


def left(cloudformation: Any, name: str) -> set[str]:
    """Resources that exist after the last operation on a stack, by its events."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    last: dict[str, str] = {}
    for event in events:  # the newest first
        last.setdefault(event["LogicalResourceId"], event["ResourceStatus"])
    del last[name]
    return {resource for resource, status in last.items() if status != "DELETE_COMPLETE"}


@pytest.fixture
def account(session: Session, tmp_path: Path) -> Account:
    return Account("onboarding", "portal.example", tmp_path, session)


def written(stack: str, directory: Path, template: dict[str, Any]) -> Path:
    """The template of a stack, in the directory of the account."""
    path = directory / f"onboarding-{stack}.template.json"
    path.write_text(json.dumps(template))
    return path


def described(session: Session, stack: str) -> dict[str, Any]:
    cloudformation = session.client("cloudformation")
    found: dict[str, Any] = cloudformation.describe_stacks(StackName=f"onboarding-{stack}")
    (made,) = found["Stacks"]
    made["values"] = {p["ParameterKey"]: p["ParameterValue"] for p in made.get("Parameters", ())}
    return dict(made)


def test_each_stack_is_created_after_a_creation_that_failed(
    layout: Layout, account: Account, session: Session, tmp_path: Path
) -> None:
    for stack in STACKS:
        right = json.loads(layout.path(stack).read_text())
        break_last(written(stack, tmp_path, right))
        for _attempt in range(2):
            with pytest.raises(NotReleased, match=r"ROLLBACK_COMPLETE: Broken \(AWS::SQS::Queue\)"):
                change(account, stack)
            assert left(session.client("cloudformation"), f"onboarding-{stack}") <= {"Broken"}

        written(stack, tmp_path, right)
        change(account, stack)
        made = described(session, stack)
        assert made["StackStatus"] in UPDATABLE
        assert made["EnableTerminationProtection"] == (stack in PROTECTED)
        assert made["values"].get(PROTECTION, "true") == "true"


QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "one"}}
PROTECTABLE = {
    "Parameters": {
        "Image": {"Type": "String"},
        PROTECTION: {"Type": "String", "Default": "false"},
    },
    "Resources": {"Queue": QUEUE},
}


def exporting(*names: str) -> dict[str, Any]:
    return PROTECTABLE | {
        "Outputs": {
            name: {"Value": name, "Export": {"Name": f"onboarding-data:{name}"}} for name in names
        }
    }


def test_a_release_that_drops_an_export_in_use_changes_nothing(
    account: Account, session: Session, tmp_path: Path
) -> None:
    value = {"Fn::ImportValue": "onboarding-data:Used"}
    user = {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "u", "Value": value}]}}
    written("data", tmp_path, exporting("Used", "Unused"))
    account.stack("data", image=IMAGE)
    written("web", tmp_path, PROTECTABLE | {"Resources": {"Queue": user}})
    account.check()
    change(account, "web")

    # The new version of the other stack would not import it any more, but it is updated later.
    written("web", tmp_path, PROTECTABLE)
    written("data", tmp_path, exporting("Used"))
    account.check()
    written("data", tmp_path, exporting("Unused"))
    with pytest.raises(NotReleased, match="export onboarding-data:Used, which onboarding-web uses"):
        account.check()
    change(account, "web")
    account.check()


def test_an_update_that_fails_leaves_the_stack_as_it_was(
    account: Account, session: Session, tmp_path: Path
) -> None:
    path = written("web", tmp_path, PROTECTABLE)
    change(account, "web")
    break_last(path)
    for _attempt in range(2):
        with pytest.raises(NotReleased, match=r"UPDATE_ROLLBACK_COMPLETE: Broken .*\n.* again"):
            change(account, "web")
        assert described(session, "web")["values"] == {"Image": IMAGE, PROTECTION: "true"}
    written("web", tmp_path, PROTECTABLE)
    change(account, "web")


def test_another_image_changes_no_other_parameter(
    account: Account, session: Session, tmp_path: Path
) -> None:
    written("web", tmp_path, PROTECTABLE)
    change(account, "web")
    account.set_image("web", "older")
    assert described(session, "web")["values"] == {"Image": "older", PROTECTION: "true"}


def test_a_release_waits_for_what_an_earlier_one_began(
    account: Account, session: Session, tmp_path: Path
) -> None:
    """The earlier one was killed while CloudFormation created the stack."""
    path = written("web", tmp_path, PROTECTABLE)
    session.client("cloudformation").create_stack(
        StackName="onboarding-web",
        TemplateBody=path.read_text(),
        Parameters=[{"ParameterKey": "Image", "ParameterValue": "first"}],
    )
    change(account, "web")
    assert described(session, "web")["values"] == {"Image": IMAGE, PROTECTION: "true"}


def test_only_the_failures_of_the_last_operation_are_reported(
    account: Account, tmp_path: Path
) -> None:
    written("web", tmp_path, PROTECTABLE)
    change(account, "web")
    for name in ("First", "Second"):
        bad = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": NOWHERE}}
        written("web", tmp_path, PROTECTABLE | {"Resources": {"Queue": QUEUE, name: bad}})
        with pytest.raises(NotReleased, match=f"{name} ") as said:
            change(account, "web")
    assert "First" not in str(said.value)


def test_it_is_known_what_to_do_in_each_state() -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    status: Any = model.shape_for("StackStatus")
    states = set(status.enum)
    known = [UPDATABLE, DELETED_FIRST, GONE - {""}, frozenset(STUCK)]
    passing = {state for state in states - DELETED_FIRST if state.endswith("_IN_PROGRESS")}
    assert sorted([*passing, *(state for each in known for state in each)]) == sorted(states)


class Frozen:
    """A CloudFormation whose only stack stays in one state."""

    def __init__(self, state: str) -> None:
        self._state = state

    def describe_stacks(self, **_stack: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": self._state}]}


@pytest.mark.parametrize(("state", "command"), STUCK.items())
def test_a_stack_that_only_a_person_can_free_is_left_alone(
    state: str, command: str, tmp_path: Path
) -> None:
    written("web", tmp_path, PROTECTABLE)
    stuck = Stacks(Frozen(state), "onboarding", tmp_path)
    with pytest.raises(NotReleased, match=f"{state}.* {command} --stack-name onboarding-web"):
        stuck.change("web", {})


def test_waiting_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "MAX_SECONDS", 0.05)
    written("web", tmp_path, PROTECTABLE)
    with pytest.raises(NotReleased, match=r"still UPDATE_IN_PROGRESS.*again"):
        Stacks(Frozen("UPDATE_IN_PROGRESS"), "onboarding", tmp_path).change("web", {})
