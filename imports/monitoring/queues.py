"""The SQS queues by name, their URLs, and the number of messages in them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from config import aws

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeFilterType


@dataclass(frozen=True)
class Queue:
    """The URL of a queue and that of its dead-letter queue."""

    url: str
    dead_letter_url: str


def all_queues() -> dict[str, Queue]:
    return {
        "events": Queue(settings.EVENTS_QUEUE_URL, settings.EVENTS_DEAD_LETTER_URL),
        "imports": Queue(settings.IMPORTS_QUEUE_URL, settings.IMPORTS_DEAD_LETTER_URL),
        "maintenance": Queue(settings.MAINTENANCE_QUEUE_URL, settings.MAINTENANCE_DEAD_LETTER_URL),
        "mail": Queue(settings.MAIL_QUEUE_URL, settings.MAIL_DEAD_LETTER_URL),
        "mail-events": Queue(settings.MAIL_EVENTS_QUEUE_URL, settings.MAIL_EVENTS_DEAD_LETTER_URL),
        "webhooks": Queue(settings.WEBHOOKS_QUEUE_URL, settings.WEBHOOKS_DEAD_LETTER_URL),
    }


def client() -> "SQSClient":
    found: SQSClient = aws.client("sqs")
    return found


def messages_in(queue_url: str, *, in_flight: bool = True) -> int:
    """The approximate number of messages in a queue: waiting, delayed and, with `in_flight`,
    received but not deleted yet. Raises botocore's errors."""
    names: list[QueueAttributeFilterType] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
    ]
    if in_flight:
        names.append("ApproximateNumberOfMessagesNotVisible")
    answer = client().get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    return sum(int(number) for number in answer["Attributes"].values())
