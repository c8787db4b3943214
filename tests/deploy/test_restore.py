"""The restore in the runbook, command by command: afterwards releases are possible as before."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.aws import stacks
from deploy.aws.release import Account
from deploy.aws.templates import STACKS, Layout
from deploy.local.places import CHECKOUT
from tests.deploy.strict import Session, emulator
from tests.deploy.test_stacks import change
from tests.docs.pages import FENCED, section

# What is different for each database, or what the emulator only answers for some.
OF_ITS_OWN = {
    "CertificateDetails",
    *("DbiResourceId", "DbClusterResourceId", "DBInstanceArn", "DBClusterArn", "Endpoint"),
    *("InstanceCreateTime", "ClusterCreateTime", "LatestRestorableTime", "EarliestRestorableTime"),
    *("MasterUserSecret", "ReaderEndpoint", "TagList", "DBClusterMembers"),
}


def commands(layout: Layout) -> str:
    """The commands of the page for a layout, as they are."""
    page = section(CHECKOUT / "docs" / "operate.md", "Restore from backup")
    part = page.partition(f"### The {layout.key} layout")[2].partition("\n### ")[0]
    lines = [line for _, text in FENCED.findall(part) for line in text.splitlines()]
    assert lines
    return "\n".join(line.removeprefix("$ ") for line in lines)


def run(script: str, endpoint: str, directory: Path) -> None:
    """Run it in a shell whose `aws` asks the emulator."""
    program = directory / "aws"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.deploy.aws_cli "$@"\n')
    program.chmod(0o755)
    path = f"{directory}{os.pathsep}{os.defpath}"
    done = subprocess.run(
        ["bash", "-euc", f"sleep() {{ :; }}\n{script}"],
        cwd=CHECKOUT,
        env={"PATH": path, "AWS_ENDPOINT_URL": endpoint},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def databases(session: Session) -> dict[str, Any]:
    """Every instance and cluster by its name."""
    rds = session.client("rds")
    return {
        **{f"i {i['DBInstanceIdentifier']}": i for i in rds.describe_db_instances()["DBInstances"]},
        **{f"c {c['DBClusterIdentifier']}": c for c in rds.describe_db_clusters()["DBClusters"]},
    }


def settings(database: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in database.items() if name not in OF_ITS_OWN}
    if "DBInstanceIdentifier" in database and "DBClusterIdentifier" in database:
        del said["EngineVersion"]  # it is the cluster's
    return said


def running(session: Session) -> dict[str, int]:
    ecs = session.client("ecs")
    names = ecs.list_services(cluster="onboarding")["serviceArns"]
    services = ecs.describe_services(cluster="onboarding", services=names)["services"]
    # The number of workers is not in the template: their scaling starts them.
    return {s["serviceName"]: s["desiredCount"] for s in services if s["serviceName"] != "worker"}


def master_of_migrate(session: Session) -> str:
    ecs = session.client("ecs")
    task = ecs.describe_task_definition(taskDefinition="onboarding-migrate")["taskDefinition"]
    variables = task["containerDefinitions"][0]["environment"]
    (name,) = (v["value"] for v in variables if v["name"] == "DB_MASTER_SECRET_NAME")
    return str(name)


def test_a_restored_database_is_as_the_first_and_releases_go_on(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)
    with emulator() as endpoint:
        session = Session(endpoint)
        account = Account("onboarding", "portal.example", layout.directory, session)
        for stack in STACKS:
            change(account, stack)
        before, first, counts = databases(session), master_of_migrate(session), running(session)
        kind = "i onboarding" if "i onboarding" in before else "c onboarding"

        run(commands(layout), endpoint, tmp_path)

        after = databases(session)
        assert after.keys() == before.keys() | {f"{name}-before" for name in before}
        for name in before:
            assert settings(after[name]) == settings(before[name])
        assert running(session) == counts
        second = after[kind]["MasterUserSecret"]["SecretArn"]
        assert second != first == master_of_migrate(session)

        account.check()
        for stack in STACKS:
            change(account, stack)
        assert master_of_migrate(session) == second
        assert databases(session).keys() == after.keys()
