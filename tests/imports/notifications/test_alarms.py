"""The message that an alarm publishes to its topic."""

import json
import secrets
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from config import aws
from imports.models import Alarm
from imports.notifications import alarms


@pytest.fixture
def mailbox() -> Iterator[str]:
    """The URL of a queue that is subscribed to the alarm topic."""
    sqs, sns = aws.client("sqs"), aws.client("sns")
    url = sqs.create_queue(QueueName=f"alarms-{secrets.token_hex(4)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    subscription = sns.subscribe(
        TopicArn=settings.ALARM_TOPIC_ARN,
        Protocol="sqs",
        Endpoint=arn["Attributes"]["QueueArn"],
        ReturnSubscriptionArn=True,
    )
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.django_db(transaction=True)
def test_the_message_names_the_alarm_and_quotes_no_values(
    mailbox: str, client: Client, admin: User
) -> None:
    quoted = "Key (email)=(zoe@customers.example) already exists"
    alarms.raise_alarm(Alarm.Kind.FAILED_UPLOAD, "UPLOAD_20261120_093000_7F3A2C", quoted)
    [message] = aws.client("sqs").receive_message(QueueUrl=mailbox, WaitTimeSeconds=20)["Messages"]
    text = json.loads(message["Body"])["Message"]
    assert "UPLOAD_20261120_093000_7F3A2C" in text
    assert "zoe" not in text
    page = text.split()[-1].removeprefix(settings.PORTAL_URL)
    client.force_login(admin)
    assert quoted in client.get(page).content.decode()
