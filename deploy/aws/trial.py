"""Deploys an environment with a made-up name, sends a file through it, and deletes it again.

    make deploy-trial CHOICES=deploy/aws/trial.json

It needs an account of AWS, and time for a database to be created and deleted. The file has what
differs from cdk.json: a domain that the certificate covers, and a sender whose domain SES knows. No
DNS record is needed.
"""

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import boto3

from deploy.aws import choices, deployment
from deploy.aws.destroy import destroy
from deploy.aws.release import release
from deploy.aws.stacks import NotReleased, say
from deploy.local.places import CHECKOUT

UNFINISHED = CHECKOUT / ".local" / "trial.json"  # the choices of a trial that is not deleted yet


def run(unfinished: Path = UNFINISHED) -> None:
    """Raises NotReleased, after the environment was deleted. It is deleted in any case; if that is
    interrupted, the file `unfinished` is left, with which it can be continued."""
    if unfinished.exists():
        raise NotReleased(
            f"an earlier trial is not deleted: CHOICES={unfinished} python -m deploy.aws.destroy, "
            f"then remove the file"
        )
    context = choices.read() | {"name": f"trial-{secrets.token_hex(3)}"}
    chosen = deployment.read(context)
    unfinished.parent.mkdir(exist_ok=True)
    unfinished.write_text(json.dumps(context))
    os.environ["CHOICES"] = str(unfinished)
    session = boto3.Session(region_name=chosen.region)
    try:
        release(by_dns=False)
    finally:
        destroy(session, chosen.name)
        delete_snapshots(session.client("rds"), chosen.name)
        unfinished.unlink()
    say(f"{chosen.name} was deployed, imported a file, and is deleted")


def delete_snapshots(rds: Any, name: str) -> None:
    """The last snapshots of the database, which contain nothing worth keeping."""
    for each in rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]:
        if (snapshot := each["DBSnapshotIdentifier"]).startswith(f"{name}-"):
            rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    for each in rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]:
        if (snapshot := each["DBClusterSnapshotIdentifier"]).startswith(f"{name}-"):
            rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot)


if __name__ == "__main__":
    try:
        run()
    except (NotReleased, deployment.NotDeployable) as problem:
        sys.exit(f"The trial failed: {problem}")
