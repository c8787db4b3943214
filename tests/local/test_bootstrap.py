"""The resources in the emulator after the bootstrap, and the repair of lost ones."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local import aws as emulator
from deploy.local.bootstrap import SENDER, STACK, TEST_TIMEOUTS, bootstrap, client
from deploy.local.places import Places
from deploy.local.process import Process
from deploy.outputs import OUTPUTS
from tests.ports import held_port

Client = Callable[[str], Any]


def test_the_bucket_notifies_the_events_queue(aws: Client) -> None:
    said = aws("s3").get_bucket_notification_configuration(Bucket=os.environ["S3_BUCKET"])
    queue = attributes(aws, "EVENTS_QUEUE_URL")["QueueArn"]
    prefixes = set()
    for entry in said["QueueConfigurations"]:
        assert (entry["Events"], entry["QueueArn"]) == (["s3:ObjectCreated:*"], queue)
        ((name, prefix),) = [rule.values() for rule in entry["Filter"]["Key"]["FilterRules"]]
        assert name == "prefix"
        prefixes.add(prefix)
    assert prefixes == {"uploads/", "client-data/uploads/", "customers/", "metrics/", "csv/"}


def test_the_bucket_keeps_versions_and_is_private(aws: Client) -> None:
    bucket = {"Bucket": os.environ["S3_BUCKET"]}
    s3 = aws("s3")
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    closed = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    assert "aws:SecureTransport" in s3.get_bucket_policy(**bucket)["Policy"]


def test_the_lifecycle_is_set(aws: Client) -> None:
    said = aws("s3").get_bucket_lifecycle_configuration(Bucket=os.environ["S3_BUCKET"])
    rules = {rule["ID"]: rule for rule in said["Rules"]}
    reports = rules["expire-error-reports"]
    assert reports["Filter"]["Prefix"] == "errors/"
    assert reports["Expiration"]["Days"] == 90
    assert reports["NoncurrentVersionExpiration"]["NoncurrentDays"] == 9
    assert rules["abort-broken-off-uploads"]["AbortIncompleteMultipartUpload"]


def test_the_bucket_may_write_to_the_events_queue(aws: Client) -> None:
    policy = json.loads(attributes(aws, "EVENTS_QUEUE_URL")["Policy"])
    (statement,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert os.environ["S3_BUCKET"] in json.dumps(statement["Condition"])


@pytest.mark.parametrize("name", ["EVENTS", "IMPORTS", "MAINTENANCE"])
def test_every_queue_has_a_dead_letter_queue(aws: Client, name: str) -> None:
    queue = attributes(aws, f"{name}_QUEUE_URL")
    redrive = json.loads(queue["RedrivePolicy"])
    target = attributes(aws, f"{name}_DEAD_LETTER_URL")
    assert redrive["deadLetterTargetArn"] == target["QueueArn"]
    assert int(redrive["maxReceiveCount"]) >= 5
    assert queue["VisibilityTimeout"] == TEST_TIMEOUTS[f"{name.title()}VisibilityTimeout"]


def test_the_staging_table_has_index_stream_and_expiry(aws: Client) -> None:
    dynamodb = aws("dynamodb")
    table = dynamodb.describe_table(TableName=os.environ["UPLOAD_RECORDS_TABLE"])["Table"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["vendor_id", "upload_timestamp"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    expiry = dynamodb.describe_time_to_live(TableName=table["TableName"])["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


@pytest.mark.parametrize(
    ("variable", "keys"),
    [("CLIENTS_TABLE", ["email"]), ("CSV_DATA_TABLE", ["upload_id", "row_number"])],
)
def test_the_tables_of_the_other_data_sets_exist(
    aws: Client, variable: str, keys: list[str]
) -> None:
    # The emulator ignores encryption and recovery; test_template.py checks them.
    table = aws("dynamodb").describe_table(TableName=os.environ[variable])["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == keys


def test_a_lost_table_is_noticed(killable: "Emulator") -> None:
    outputs = bootstrap(killable.endpoint, TEST_TIMEOUTS)
    client("dynamodb", killable.endpoint).delete_table(TableName=outputs["ClientsTable"])
    assert bootstrap(killable.endpoint, TEST_TIMEOUTS) == outputs
    client("dynamodb", killable.endpoint).describe_table(TableName=outputs["ClientsTable"])


def test_our_sender_may_send(aws: Client) -> None:
    answer = aws("ses").get_identity_verification_attributes(Identities=[SENDER])
    assert answer["VerificationAttributes"][SENDER]["VerificationStatus"] == "Success"


def test_ses_reports_bounces_and_complaints(aws: Client) -> None:
    """The emulator publishes those of the sender, and only records those of the set."""
    answer = aws("sesv2").get_configuration_set_event_destinations(
        ConfigurationSetName=os.environ["MAIL_CONFIGURATION_SET"]
    )
    (destination,) = answer["EventDestinations"]
    assert set(destination["MatchingEventTypes"]) == {"SEND", "REJECT", "BOUNCE", "COMPLAINT"}
    (subscription,) = aws("sns").list_subscriptions_by_topic(
        TopicArn=destination["SnsDestination"]["TopicArn"]
    )["Subscriptions"]
    assert subscription["Endpoint"].endswith(":onboarding-mail-events")


def test_the_application_gets_all_outputs_of_the_stack(aws: Client) -> None:
    (stack,) = aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    assert {variable: os.environ[variable] for variable in OUTPUTS.values()} == {
        variable: outputs[output] for output, variable in OUTPUTS.items()
    }


class Emulator:
    """An emulator that a test may kill."""

    def __init__(self, places: Places, port: int, until: Callable[..., Any]) -> None:
        self.endpoint = emulator.endpoint(port)
        self._until = until
        self._process: Process = emulator.prepare(places, port)
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = subprocess.Popen(
            self._process.command, stderr=subprocess.DEVNULL, **self._process.popen_options()
        )
        self._until(self._process.ready)

    def end(self, how: signal.Signals) -> None:
        if self._child:
            self._child.send_signal(how)
            self._child.wait(timeout=100)


@pytest.fixture
def killable(tmp_path: Path, until: Callable[..., Any]) -> Iterator[Emulator]:
    with held_port() as port:
        one = Emulator(Places(tmp_path), port, until)
        one.start()
        yield one
        one.end(signal.SIGKILL)


@pytest.mark.parametrize("saved_once", [False, True], ids=["never saved", "saved once"])
def test_a_killed_emulator_is_repaired_and_keeps_its_objects(
    killable: Emulator, saved_once: bool
) -> None:
    outputs = bootstrap(killable.endpoint, TEST_TIMEOUTS)
    if saved_once:
        killable.end(signal.SIGTERM)
        killable.start()
    s3 = client("s3", killable.endpoint)
    there = {"Bucket": outputs["Bucket"], "Key": "uploads/VEND001/a b.csv"}
    version = s3.put_object(**there, Body=b"kept")["VersionId"]
    killable.end(signal.SIGKILL)
    killable.start()
    assert bootstrap(killable.endpoint, TEST_TIMEOUTS) == outputs
    assert s3.get_object(**there, VersionId=version)["Body"].read() == b"kept"
    assert_events_flow(killable.endpoint, outputs)


def test_a_lost_queue_is_noticed_although_the_stack_says_complete(killable: Emulator) -> None:
    outputs = bootstrap(killable.endpoint, TEST_TIMEOUTS)
    client("sqs", killable.endpoint).delete_queue(QueueUrl=outputs["EventsQueueUrl"])
    assert bootstrap(killable.endpoint, TEST_TIMEOUTS) == outputs
    assert_events_flow(killable.endpoint, outputs)


def test_a_lost_notification_is_noticed(killable: Emulator) -> None:
    outputs = bootstrap(killable.endpoint, TEST_TIMEOUTS)
    client("s3", killable.endpoint).put_bucket_notification_configuration(
        Bucket=outputs["Bucket"], NotificationConfiguration={}
    )
    assert bootstrap(killable.endpoint, TEST_TIMEOUTS) == outputs
    assert_events_flow(killable.endpoint, outputs)


def test_a_second_bootstrap_keeps_messages_and_applies_new_parameters(killable: Emulator) -> None:
    outputs = bootstrap(killable.endpoint, TEST_TIMEOUTS)
    queue = {"QueueUrl": outputs["ImportsQueueUrl"]}
    sqs = client("sqs", killable.endpoint)
    sqs.send_message(**queue, MessageBody="still here")
    bootstrap(killable.endpoint, {**TEST_TIMEOUTS, "ImportsVisibilityTimeout": "7"})
    (message,) = sqs.receive_message(**queue)["Messages"]
    assert message["Body"] == "still here"
    said = sqs.get_queue_attributes(**queue, AttributeNames=["VisibilityTimeout"])
    assert said["Attributes"]["VisibilityTimeout"] == "7"


def assert_events_flow(endpoint: str, outputs: dict[str, str]) -> None:
    s3, sqs = client("s3", endpoint), client("sqs", endpoint)
    s3.put_object(Bucket=outputs["Bucket"], Key="uploads/VEND001/news.csv", Body=b"x")
    bodies: list[str] = []
    while not any("news.csv" in body for body in bodies):
        received = sqs.receive_message(
            QueueUrl=outputs["EventsQueueUrl"], MaxNumberOfMessages=10, WaitTimeSeconds=20
        )
        assert received.get("Messages"), "no event arrived"
        bodies += [message["Body"] for message in received["Messages"]]


def attributes(aws: Client, variable: str) -> dict[str, str]:
    said = aws("sqs").get_queue_attributes(QueueUrl=os.environ[variable], AttributeNames=["All"])
    found: dict[str, str] = said["Attributes"]
    return found
