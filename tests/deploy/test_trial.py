"""A trial leaves nothing behind, whatever becomes of its release."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deploy.aws import choices, trial
from deploy.aws.stacks import NotReleased


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the trial does, without an account."""
    steps: list[str] = []
    monkeypatch.setenv("CHOICES", "")

    def release(*, by_dns: bool) -> None:
        assert not by_dns
        steps.append(f"release {choices.read()['name'][:6]}")

    monkeypatch.setattr(trial, "release", release)
    monkeypatch.setattr(trial, "destroy", lambda _, name: steps.append(f"destroy {name[:6]}"))
    monkeypatch.setattr(trial, "delete_snapshots", lambda *_: steps.append("snapshots"))
    return steps


def fail(*_: Any, **__: Any) -> None:
    raise NotReleased("broken")


def test_a_trial_deploys_an_environment_and_deletes_it(done: list[str], tmp_path: Path) -> None:
    unfinished = tmp_path / "trial.json"
    trial.run(unfinished)
    assert done == ["release trial-", "destroy trial-", "snapshots"]
    assert not unfinished.exists()


def test_a_release_that_fails_is_deleted_too(
    done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "release", fail)
    with pytest.raises(NotReleased, match="broken"):
        trial.run(tmp_path / "trial.json")
    assert done == ["destroy trial-", "snapshots"]


def test_a_deletion_that_fails_can_be_continued(
    done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = tmp_path / "trial.json"
    with monkeypatch.context() as broken:
        broken.setattr(trial, "destroy", fail)
        with pytest.raises(NotReleased, match="broken"):
            trial.run(unfinished)
    assert json.loads(unfinished.read_text())["name"].startswith("trial-")
    with pytest.raises(NotReleased, match="earlier trial is not deleted"):
        trial.run(unfinished)
    assert done == ["release trial-"]


def test_only_the_trials_snapshots_are_deleted() -> None:
    known: Any = {
        "region_name": "eu-central-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "x",
    }
    rds = Stubber(boto3.client("rds", **known))
    ours, others = "trial-1-last-x", "onboarding-last-x"
    found = [{"DBSnapshotIdentifier": ours}, {"DBSnapshotIdentifier": others}]
    rds.add_response("describe_db_snapshots", {"DBSnapshots": found})
    rds.add_response("delete_db_snapshot", {}, {"DBSnapshotIdentifier": ours})
    found = [{"DBClusterSnapshotIdentifier": others}, {"DBClusterSnapshotIdentifier": ours}]
    rds.add_response("describe_db_cluster_snapshots", {"DBClusterSnapshots": found})
    rds.add_response("delete_db_cluster_snapshot", {}, {"DBClusterSnapshotIdentifier": ours})
    with rds:
        trial.delete_snapshots(rds.client, "trial-1")
    rds.assert_no_pending_responses()
