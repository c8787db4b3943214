"""Deletes what a stack leaves behind on purpose when it is deleted: data, keys, images.

Each function deletes one thing, and does nothing if it is gone already.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from deploy.aws.stacks import NotReleased

WAITER_CONFIG = {"Delay": 15, "MaxAttempts": 240}  # 1 hour, for the last snapshot
ROUNDS = 5  # in which a bucket is emptied, while its last objects arrive
MOST_OBJECTS = 1000  # in one request

Client = Callable[[str], Any]


def bucket(client: Client, name: str) -> None:
    s3 = client("s3")
    for _ in range(ROUNDS):
        try:
            _empty(s3, name)
            s3.delete_bucket(Bucket=name)
        except ClientError as answer:
            if _is(answer, "NoSuchBucket"):
                return
            if not _is(answer, "BucketNotEmpty"):
                raise
        else:
            return
    raise NotReleased(f"objects still arrive in the bucket {name}: stop their senders first")


def _empty(s3: Any, name: str) -> None:
    """Delete all versions and delete markers."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        which = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        for start in range(0, len(which), MOST_OBJECTS):
            some = {"Objects": which[start : start + MOST_OBJECTS], "Quiet": True}
            if failed := s3.delete_objects(Bucket=name, Delete=some).get("Errors"):
                raise NotReleased(f"{name}: {failed[0]}")


def table(client: Client, name: str) -> None:
    _unless_gone(lambda: client("dynamodb").delete_table(TableName=name))


def secret(client: Client, name: str) -> None:
    """At once: for as long as it can be recovered, its name is taken."""
    secrets = client("secretsmanager")
    _unless_gone(lambda: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True))


def images(client: Client, name: str) -> None:
    _unless_gone(lambda: client("ecr").delete_repository(repositoryName=name, force=True))


def instance(client: Client, name: str) -> None:
    """With a last snapshot, unless it belongs to a cluster, which has one of its own."""
    rds = client("rds")
    found = _database(rds.describe_db_instances, "DBInstances", DBInstanceIdentifier=name)
    if not found:
        return
    if found["DBInstanceStatus"] != "deleting":
        if found.get("DBClusterIdentifier"):
            rds.delete_db_instance(DBInstanceIdentifier=name)
        else:
            if found.get("DeletionProtection"):
                rds.modify_db_instance(
                    DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True
                )
            rds.delete_db_instance(
                DBInstanceIdentifier=name,
                FinalDBSnapshotIdentifier=_snapshot(name, "db-snapshot"),
                DeleteAutomatedBackups=True,
            )
    waiter = rds.get_waiter("db_instance_deleted")
    waiter.wait(DBInstanceIdentifier=name, WaiterConfig=WAITER_CONFIG)


def cluster(client: Client, name: str) -> None:
    """With a last snapshot, and its instances first."""
    rds = client("rds")
    found = _database(rds.describe_db_clusters, "DBClusters", DBClusterIdentifier=name)
    if not found:
        return
    for member in found.get("DBClusterMembers", ()):
        instance(client, member["DBInstanceIdentifier"])
    if found["Status"] != "deleting":
        if found.get("DeletionProtection"):
            rds.modify_db_cluster(
                DBClusterIdentifier=name, DeletionProtection=False, ApplyImmediately=True
            )
        rds.delete_db_cluster(
            DBClusterIdentifier=name,
            FinalDBSnapshotIdentifier=_snapshot(name, "db-cluster-snapshot"),
            DeleteAutomatedBackups=True,
        )
    waiter = rds.get_waiter("db_cluster_deleted")
    waiter.wait(DBClusterIdentifier=name, WaiterConfig=WAITER_CONFIG)


def subnets(client: Client, name: str) -> None:
    _unless_gone(lambda: client("rds").delete_db_subnet_group(DBSubnetGroupName=name))


def parameters(client: Client, name: str) -> None:
    _unless_gone(lambda: client("rds").delete_db_parameter_group(DBParameterGroupName=name))


def cluster_parameters(client: Client, name: str) -> None:
    rds = client("rds")
    _unless_gone(lambda: rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName=name))


# In this order: a database before its groups.
KEPT: dict[str, Callable[[Client, str], None]] = {
    "AWS::S3::Bucket": bucket,
    "AWS::DynamoDB::Table": table,
    "AWS::SecretsManager::Secret": secret,
    "AWS::ECR::Repository": images,
    "AWS::RDS::DBCluster": cluster,
    "AWS::RDS::DBInstance": instance,
    "AWS::RDS::DBSubnetGroup": subnets,
    "AWS::RDS::DBParameterGroup": parameters,
    "AWS::RDS::DBClusterParameterGroup": cluster_parameters,
}


def _database(describe: Callable[..., Any], key: str, **which: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    _unless_gone(lambda: found.extend(describe(**which)[key]))
    return found[0] if found else {}


def _snapshot(name: str, kind: str) -> str:
    """The name of the last snapshot, which is printed with how to remove it."""
    snapshot = f"{name}-last-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    sys.stderr.write(
        f"== kept: the snapshot {snapshot}. Remove it, when its data is needed no more, with\n"
        f"   aws rds delete-{kind} --{kind}-identifier {snapshot}\n"
    )
    return snapshot


def _unless_gone(delete: Callable[[], object]) -> None:
    try:
        delete()
    except ClientError as answer:
        if not _is(answer, "NotFound"):
            raise


def _is(answer: ClientError, code: str) -> bool:
    return code in answer.response["Error"]["Code"]
