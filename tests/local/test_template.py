"""Properties of the template, some of which the emulator ignores."""

import re
from datetime import timedelta
from typing import Any

import pytest

from deploy.local import template
from imports import datasets
from imports.exports.answers import DOWNLOADS
from imports.models.outbox_file import KEPT_FOR
from imports.outbox.contents import OUTBOX

TEMPLATE = template.load()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
QUEUES = ["Events", "Imports", "Maintenance"]


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


@pytest.mark.parametrize("name", QUEUES)
def test_every_queue_has_its_own_dead_letter_queue(name: str) -> None:
    queue = RESOURCES[f"{name}Queue"]["Properties"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": [f"{name}DeadLetterQueue", "Arn"]
    }
    assert queue["VisibilityTimeout"] == {"Ref": f"{name}VisibilityTimeout"}


def test_a_message_survives_several_killed_workers() -> None:
    limit = TEMPLATE["Parameters"]["MaxReceiveCount"]
    assert limit["MinValue"] >= 5
    assert limit["Default"] >= 5


def test_messages_are_kept_encrypted_and_as_long_as_possible() -> None:
    queues = of_type("AWS::SQS::Queue")
    assert len(queues) == 12
    for queue in queues.values():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert queue["SqsManagedSseEnabled"] is True
        assert "KmsMasterKeyId" not in queue, "S3 cannot publish to a queue under alias/aws/sqs"
        assert queue["ReceiveMessageWaitTimeSeconds"] == 20


def test_only_our_bucket_may_publish_events() -> None:
    policy = RESOURCES["EventsQueuePolicy"]["Properties"]["PolicyDocument"]
    (statement,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    source = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    bucket = RESOURCES["Bucket"]["Properties"]["BucketName"]["Fn::Sub"]
    assert source == f"arn:${{AWS::Partition}}:s3:::{bucket}"
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }
    assert RESOURCES["Bucket"]["DependsOn"] == "EventsQueuePolicy"


def test_the_bucket_is_versioned_encrypted_and_private() -> None:
    bucket = RESOURCES["Bucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (deny,) = RESOURCES["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(deny["Resource"]) == 2, "the bucket and its objects"


def lifecycle(prefix: str) -> dict[str, Any]:
    rules = RESOURCES["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    merged: dict[str, Any] = {}
    for rule in rules:
        if rule["Prefix"] == prefix:
            merged |= rule
    return merged


def test_all_versions_of_error_reports_expire_after_90_days() -> None:
    reports = lifecycle("errors/")
    assert reports["ExpirationInDays"] == 90
    assert reports["NoncurrentVersionExpiration"]["NoncurrentDays"] == 9


def test_answers_expire_when_they_are_given_up_too() -> None:
    answers = lifecycle(OUTBOX)
    assert timedelta(days=answers["ExpirationInDays"]) == KEPT_FOR
    assert answers["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1


def test_downloads_are_deleted_after_a_day() -> None:
    """The link to one is valid for minutes; who needs it again asks for it again."""
    downloads = lifecycle(DOWNLOADS)
    assert downloads["ExpirationInDays"] == 1
    assert downloads["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1


PREFIXES = ["uploads/", "client-data/uploads/", "customers/", "metrics/", "csv/"]


def test_the_bucket_sends_events_for_every_data_sets_prefix() -> None:
    notification = RESOURCES["Bucket"]["Properties"]["NotificationConfiguration"]
    notified = [
        rule["Value"]
        for entry in notification["QueueConfigurations"]
        for rule in entry["Filter"]["S3Key"]["Rules"]
        if entry["Queue"] == {"Fn::GetAtt": ["EventsQueue", "Arn"]}
    ]
    assert notified == PREFIXES
    assert {dataset.prefix for dataset in datasets.all_datasets().values()} <= set(notified)
    overlaps = [(a, b) for a in notified for b in notified if a != b and a.startswith(b)]
    assert overlaps == [], "S3 rejects notifications with overlapping prefixes"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_lifecycle_never_removes_a_source_that_may_still_be_imported(prefix: str) -> None:
    sources = lifecycle(prefix)
    assert "ExpirationInDays" not in sources, "the application deletes sources, by version"
    assert sources["NoncurrentVersionExpiration"]["NoncurrentDays"] >= 7


def test_incomplete_uploads_and_empty_delete_markers_expire() -> None:
    everything = lifecycle("")
    assert everything["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert everything["ExpiredObjectDeleteMarker"] is True


def test_staged_rows_expire() -> None:
    table = RESOURCES["UploadRecords"]["Properties"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TableName"] == {"Ref": "UploadRecordsTableName"}
    assert TEMPLATE["Parameters"]["UploadRecordsTableName"]["Default"] == "UploadRecords"


@pytest.mark.parametrize(
    ("resource", "name", "key"),
    [
        ("Clients", "Clients", {"email": "S"}),
        ("CsvData", "csv-data", {"upload_id": "S", "row_number": "N"}),
    ],
)
def test_rows_in_dynamodb_are_encrypted_and_can_be_restored(
    resource: str, name: str, key: dict[str, str]
) -> None:
    table = RESOURCES[resource]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert {d["AttributeName"]: d["AttributeType"] for d in table["AttributeDefinitions"]} == key
    assert [part["AttributeName"] for part in table["KeySchema"]] == list(key)
    parameter = TEMPLATE["Parameters"][table["TableName"]["Ref"]]
    assert parameter["Default"] == name


def test_the_file_contains_no_secret() -> None:
    assert not re.search(r"password\s*[:=]\s*\S", template.TEMPLATE.read_text(), re.IGNORECASE)


@pytest.mark.parametrize("name", ["Bucket", "UploadRecords", "Clients", "CsvData"])
def test_resources_with_data_are_kept_unless_their_stack_was_never_created(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
