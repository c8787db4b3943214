"""Messages that nobody could process: where they are, and back with them after a fix."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from config import aws

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

HIDDEN_SECONDS = 60  # while a message is on its way back


@dataclass(frozen=True)
class Queue:
    """A queue's address and that of its dead-letter queue."""

    url: str
    dead_letter_url: str


def queues() -> dict[str, Queue]:
    return {
        "events": Queue(settings.EVENTS_QUEUE_URL, settings.EVENTS_DEAD_LETTER_URL),
        "imports": Queue(settings.IMPORTS_QUEUE_URL, settings.IMPORTS_DEAD_LETTER_URL),
        "maintenance": Queue(settings.MAINTENANCE_QUEUE_URL, settings.MAINTENANCE_DEAD_LETTER_URL),
    }


def empty(name: str, *, give_back: bool) -> int:
    """Give the dead letters of a queue back to it, or discard them; returns how many.

    Sent before it is deleted: broken off in between, a message is there twice, never not at all.
    Those that die again meanwhile are left, so that this ends. Raises botocore's errors.
    """
    sqs: SQSClient = aws.client("sqs")
    queue = queues()[name]
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue.dead_letter_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
        )
        fresh = [m for m in answer.get("Messages", []) if m["MessageId"] not in seen]
        if not fresh:
            return len(seen)
        for message in fresh:
            if give_back:
                sqs.send_message(QueueUrl=queue.url, MessageBody=message["Body"])
            sqs.delete_message(
                QueueUrl=queue.dead_letter_url, ReceiptHandle=message["ReceiptHandle"]
            )
            seen.add(message["MessageId"])
