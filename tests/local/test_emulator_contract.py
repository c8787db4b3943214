"""Behavior of AWS that we rely on in the emulator: guards upgrades of the emulator."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


@dataclass
class Inbox:
    """A queue for one test, with a dead-letter queue."""

    sqs: Any
    url: str
    dead_letters: str

    def receive(self, url: str | None = None, **more: Any) -> list[dict[str, Any]]:
        said = self.sqs.receive_message(
            QueueUrl=url or self.url, MaxNumberOfMessages=10, WaitTimeSeconds=20, **more
        )
        messages: list[dict[str, Any]] = said.get("Messages", [])
        return messages


@pytest.fixture
def inbox(aws: Client) -> Iterator[Inbox]:
    sqs = aws("sqs")
    name = f"contract-{uuid4().hex}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": "5"}
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})
    yield Inbox(sqs, url["QueueUrl"], dead)
    sqs.delete_queue(QueueUrl=url["QueueUrl"])
    sqs.delete_queue(QueueUrl=dead)


@pytest.fixture
def bucket(aws: Client, inbox: Inbox) -> Iterator[str]:
    """A versioned bucket for one test, which notifies the inbox of every new object."""
    s3 = aws("s3")
    name = f"contract-{uuid4().hex}"
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]}
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    arn = inbox.sqs.get_queue_attributes(QueueUrl=inbox.url, AttributeNames=["QueueArn"])
    target = {"QueueArn": arn["Attributes"]["QueueArn"], "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"QueueConfigurations": [target]}
    )
    (first,) = inbox.receive()
    assert json.loads(first["Body"])["Event"] == "s3:TestEvent"
    inbox.sqs.delete_message(QueueUrl=inbox.url, ReceiptHandle=first["ReceiptHandle"])
    yield name
    for version in s3.list_object_versions(Bucket=name).get("Versions", []):
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def records(inbox: Inbox, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < number:
        messages = inbox.receive()
        assert messages, "no event arrived"
        for message in messages:
            found += json.loads(message["Body"])["Records"]
            inbox.sqs.delete_message(QueueUrl=inbox.url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_an_event_names_key_version_and_size(aws: Client, bucket: str, inbox: Inbox) -> None:
    key = "uploads/VEND001/prix d'été + 100%.csv"
    put = aws("s3").put_object(Bucket=bucket, Key=key, Body=b"12345")
    (record,) = records(inbox, 1)
    assert record["eventSource"] == "aws:s3"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["bucket"]["name"] == bucket
    assert record["s3"]["object"]["size"] == 5
    assert record["s3"]["object"]["versionId"] == put["VersionId"]
    encoded = record["s3"]["object"]["key"]
    assert encoded != key
    assert unquote_plus(encoded) == key


def test_the_sequencer_orders_the_versions_of_a_key(aws: Client, bucket: str, inbox: Inbox) -> None:
    s3 = aws("s3")
    versions = [s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"] for _ in range(5)]
    events = sorted(records(inbox, 5), key=lambda r: int(r["s3"]["object"]["sequencer"], 16))
    assert [event["s3"]["object"]["versionId"] for event in events] == versions


def test_a_version_is_read_and_deleted_separately(aws: Client, bucket: str) -> None:
    s3 = aws("s3")
    first, second = (
        s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")
    )
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=first)
    left = s3.list_object_versions(Bucket=bucket)
    assert [version["VersionId"] for version in left["Versions"]] == [second]
    assert "DeleteMarkers" not in left
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="k", VersionId=first)


def ask(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=100)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_presigned_link_opens_and_expires(aws: Client, bucket: str) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    what = {"Bucket": bucket, "Key": "k"}
    url = s3.generate_presigned_url("get_object", Params=what, ExpiresIn=60)
    assert ask("GET", url) == 200
    long_ago = url.replace("X-Amz-Date=20", "X-Amz-Date=19")
    assert long_ago != url
    assert ask("GET", long_ago) == 403


def test_a_presigned_form_accepts_only_its_key_and_size(aws: Client, bucket: str) -> None:
    form = aws("s3").generate_presigned_post(
        bucket, "uploads/k", Conditions=[["content-length-range", 1, 10]], ExpiresIn=60
    )

    def post(content: bytes, **changed: str) -> int:
        fields = {**form["fields"], **changed}
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        body = b"".join([*parts, head, content, b"\r\n--b--\r\n"])
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        return ask("POST", form["url"], body, kind)

    assert post(b"12345") in (200, 204)
    assert post(b"12345678901") == 400
    assert post(b"12345", key="uploads/other") == 403


def test_a_message_received_too_often_moves_to_the_dead_letter_queue(inbox: Inbox) -> None:
    inbox.sqs.send_message(QueueUrl=inbox.url, MessageBody="poison")
    for _ in range(5):
        (message,) = inbox.receive(VisibilityTimeout=0)
        assert message["Body"] == "poison"
    inbox.sqs.receive_message(QueueUrl=inbox.url, WaitTimeSeconds=0)
    (message,) = inbox.receive(inbox.dead_letters)
    assert message["Body"] == "poison"


def test_a_batch_of_more_than_25_items_is_rejected(aws: Client) -> None:
    dynamodb = aws("dynamodb")
    table = os.environ["UPLOAD_RECORDS_TABLE"]
    upload = {"S": f"contract-{uuid4().hex}"}

    def puts(number: int) -> dict[str, Any]:
        items = [{"upload_id": upload, "record_id": {"S": f"rows#{n:03}"}} for n in range(number)]
        return {table: [{"PutRequest": {"Item": item}} for item in items]}

    assert not dynamodb.batch_write_item(RequestItems=puts(25))["UnprocessedItems"]
    with pytest.raises(ClientError, match="25"):
        dynamodb.batch_write_item(RequestItems=puts(26))
    found = dynamodb.query(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="upload_id = :u",
        ExpressionAttributeValues={":u": upload},
    )
    assert found["Count"] == 25
    deletes = [
        {"DeleteRequest": {"Key": {"upload_id": upload, "record_id": item["record_id"]}}}
        for item in found["Items"]
    ]
    dynamodb.batch_write_item(RequestItems={table: deletes})


def test_an_unknown_sender_is_rejected(aws: Client) -> None:
    with pytest.raises(ClientError, match="not verified"):
        aws("ses").send_email(
            Source="stranger@elsewhere.example",
            Destination={"ToAddresses": ["a@b.example"]},
            Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        )


def test_our_sender_is_known_to_both_versions_of_the_email_api(aws: Client) -> None:
    raw = f"From: {os.environ['DEFAULT_FROM_EMAIL']}\r\nTo: a@b.example\r\nX-Upload-ID: U\r\n\r\nt"
    sent = aws("ses").send_raw_email(RawMessage={"Data": raw.encode()})
    assert sent["MessageId"]


@pytest.mark.parametrize("name", ["\ufffe.csv", "\x01.csv", "a+b %41&<>.csv", "日本.csv"])
def test_versions_of_any_key_can_be_listed(bucket: str, aws: Client, name: str) -> None:
    s3 = aws("s3")
    for key in (f"uploads/{name}", "uploads/z.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix="uploads/", PaginationConfig={"PageSize": 1}
    )
    found = [version["Key"] for page in pages for version in page.get("Versions", ())]
    assert found == sorted([f"uploads/{name}", "uploads/z.csv"])
