"""An environment is deleted with all that its stacks would keep, also after an interruption."""

import io
import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from deploy.aws import destroy, kept, parameters, stacks
from deploy.aws.preflight.asking import existing
from deploy.aws.release import Account
from deploy.aws.templates import STACKS, Layout
from deploy.local.bootstrap import client
from tests.deploy import strict
from tests.deploy.test_stacks import IMAGE, WITH_IMAGE

NAME = "gone"
RETAIN = {"DeletionPolicy": "Retain"}
TEMPLATES: dict[str, dict[str, Any]] = {
    "data": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": "gone-uploads",
                "VersioningConfiguration": {"Status": "Enabled"},
            },
            **RETAIN,
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "gone-Clients",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
            **RETAIN,
        },
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "gone/database", "SecretString": "x"},
            **RETAIN,
        },
    },
    "base": {
        "Images": {
            "Type": "AWS::ECR::Repository",
            "Properties": {"RepositoryName": "gone"},
            **RETAIN,
        }
    },
    "web": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "gone-web"}}},
}


class Killed(BaseException):
    """The process ended here."""


class Session:
    """boto3's, for the emulator; killed after a call of the operation `killed_after`."""

    def __init__(self, killed_after: str = "") -> None:
        self._killed_after = killed_after

    def client(self, service: str) -> Any:
        made = client.__wrapped__(service, os.environ["AWS_ENDPOINT_URL"])  # not the tests' own
        made.meta.events.register("after-call.*", self._kill)
        return made

    def _kill(self, model: Any, **_: Any) -> None:
        if model.name == self._killed_after:
            raise Killed


@pytest.fixture
def environment(
    aws: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Creates the stacks, with files in several versions and deleted ones in the bucket."""
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)

    def create() -> None:
        made = stacks.Stacks(aws("cloudformation"), NAME, tmp_path)
        for stack, resources in TEMPLATES.items():
            path = tmp_path / f"{NAME}-{stack}.template.json"
            path.write_text(json.dumps({"Resources": resources}))
            made.change(stack, {})
        parameters.create_missing(aws("ssm"), NAME)
        s3 = aws("s3")
        for key in ("a", "b", "b"):
            s3.put_object(Bucket="gone-uploads", Key=key, Body=b"x")
        s3.delete_object(Bucket="gone-uploads", Key="a")

    return create


def left(aws: Callable[[str], Any]) -> set[str]:
    """What there still is of the environment."""
    asked: dict[str, Callable[[], Any]] = {
        "bucket": lambda: aws("s3").head_bucket(Bucket="gone-uploads"),
        "table": lambda: aws("dynamodb").describe_table(TableName="gone-Clients"),
        "secret": lambda: aws("secretsmanager").describe_secret(SecretId="gone/database"),
        "parameter": lambda: aws("ssm").get_parameter(Name="/gone/database"),
        "images": lambda: aws("ecr").describe_repositories(repositoryNames=["gone"]),
        "queue": lambda: aws("sqs").get_queue_url(QueueName="gone-web"),
    }

    def is_there(ask: Callable[[], Any]) -> bool:
        try:
            ask()
        except ClientError:
            return False
        return True

    found = {name for name, ask in asked.items() if is_there(ask)}
    return found | set(existing(aws("cloudformation"), NAME))


def test_nothing_is_left(environment: Callable[[], None], aws: Callable[[str], Any]) -> None:
    environment()
    assert len(left(aws)) == 9
    destroy.destroy(Session(), NAME)
    assert not left(aws)
    destroy.destroy(Session(), NAME)


@pytest.mark.parametrize(
    "operation",
    [
        *("UpdateTerminationProtection", "DeleteObjects", "DeleteBucket", "DeleteTable"),
        *("DeleteSecret", "DeleteRepository", "DeleteStack"),
    ],
)
def test_it_goes_on_after_an_interruption(
    environment: Callable[[], None], aws: Callable[[str], Any], operation: str
) -> None:
    environment()
    with pytest.raises(Killed):
        destroy.destroy(Session(killed_after=operation), NAME)
    assert left(aws)
    destroy.destroy(Session(), NAME)
    assert not left(aws)


def test_all_that_a_stack_would_keep_can_be_deleted(layout: Layout) -> None:
    retained = {
        resource["Type"]
        for path in layout.directory.glob("*.template.json")
        for resource in json.loads(path.read_text())["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert len(retained) > 5
    assert retained <= kept.KEPT.keys()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with strict.emulator() as endpoint:
        yield endpoint


def test_a_whole_environment_of_each_layout_is_deleted(
    layout: Layout, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an emulator that refuses to delete what is protected."""
    urllib.request.urlopen(f"{endpoint}/_ministack/reset", data=b"").close()
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(kept, "WAITER_CONFIG", {"Delay": 0.01, "MaxAttempts": 1_000})
    session = strict.Session(endpoint)
    account = Account("onboarding", "portal.example", layout.directory, session)
    for stack in STACKS:
        account.stack(stack, image=IMAGE if stack in WITH_IMAGE else "")
    s3, rds, others = (session.client(name) for name in ("s3", "rds", "secretsmanager"))
    (uploads,) = (
        each["Name"] for each in s3.list_buckets()["Buckets"] if "uploads" in each["Name"]
    )
    s3.put_object(Bucket=uploads, Key="uploads/VEND001/x.csv", Body=b"x")

    destroy.destroy(session, "onboarding")

    assert not existing(session.client("cloudformation"), "onboarding")
    assert not s3.list_buckets()["Buckets"]
    assert not session.client("dynamodb").list_tables()["TableNames"]
    assert not session.client("ecr").describe_repositories()["repositories"]
    secrets = {each["Name"] for each in others.list_secrets()["SecretList"]}
    assert not {name for name in secrets if name.startswith("onboarding/")}
    assert not rds.describe_db_instances()["DBInstances"]
    assert not rds.describe_db_clusters()["DBClusters"]
    groups = rds.describe_db_subnet_groups()["DBSubnetGroups"]
    assert not [each for each in groups if each["DBSubnetGroupName"] != "default"]
    snapshots = [
        *rds.describe_db_snapshots()["DBSnapshots"],
        *rds.describe_db_cluster_snapshots()["DBClusterSnapshots"],
    ]
    # The emulator makes none of a cluster; below, the Stubber sees the request for it.
    assert len(snapshots) == (layout.key == "standard")


@pytest.fixture
def rds() -> Stubber:
    known: Any = {
        "region_name": "eu-central-1",
        "aws_access_key_id": "x",
        "aws_secret_access_key": "x",
    }
    return Stubber(boto3.client("rds", **known))


def described(**said: Any) -> dict[str, Any]:
    return {"DBInstances": [{"DBInstanceStatus": "available", **said}]}


def instance_deleted(rds: Stubber) -> None:
    rds.add_client_error("describe_db_instances", "DBInstanceNotFound")


def test_a_database_is_deleted_with_a_last_snapshot(
    rds: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    which = {"DBInstanceIdentifier": "gone"}
    rds.add_response("describe_db_instances", described(DeletionProtection=True), which)
    rds.add_response(
        "modify_db_instance", {}, which | {"DeletionProtection": False, "ApplyImmediately": True}
    )
    wanted = {"FinalDBSnapshotIdentifier": ANY, "DeleteAutomatedBackups": True}
    rds.add_response("delete_db_instance", {}, which | wanted)
    instance_deleted(rds)
    with rds:
        kept.instance(lambda _: rds.client, "gone")
    rds.assert_no_pending_responses()
    assert "aws rds delete-db-snapshot --db-snapshot-identifier gone-last-" in (
        capsys.readouterr().err
    )


def test_a_cluster_is_deleted_after_its_instances(rds: Stubber) -> None:
    which = {"DBClusterIdentifier": "gone"}
    member = {"DBInstanceIdentifier": "gone-writer"}
    found = {"Status": "available", "DBClusterMembers": [member], "DeletionProtection": True}
    rds.add_response("describe_db_clusters", {"DBClusters": [found]}, which)
    rds.add_response("describe_db_instances", described(DBClusterIdentifier="gone"), member)
    rds.add_response("delete_db_instance", {}, member)  # the snapshot is the cluster's
    instance_deleted(rds)
    rds.add_response(
        "modify_db_cluster", {}, which | {"DeletionProtection": False, "ApplyImmediately": True}
    )
    wanted = {"FinalDBSnapshotIdentifier": ANY, "DeleteAutomatedBackups": True}
    rds.add_response("delete_db_cluster", {}, which | wanted)
    rds.add_client_error("describe_db_clusters", "DBClusterNotFoundFault")
    with rds:
        kept.cluster(lambda _: rds.client, "gone")
    rds.assert_no_pending_responses()


def test_a_database_that_is_gone_or_going_is_left_alone(rds: Stubber) -> None:
    instance_deleted(rds)
    going = {"DBInstances": [{"DBInstanceStatus": "deleting"}]}
    rds.add_response("describe_db_instances", going)
    instance_deleted(rds)
    with rds:
        kept.instance(lambda _: rds.client, "gone")
        kept.instance(lambda _: rds.client, "gone")
    rds.assert_no_pending_responses()


@pytest.mark.parametrize("typed", ["", "gone\n", "Onboarding\n"])
def test_without_the_name_nothing_is_changed(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    monkeypatch.setattr(destroy, "destroy", lambda *_: pytest.fail("it began"))
    with pytest.raises(stacks.NotReleased, match="not its name"):
        destroy.main()
