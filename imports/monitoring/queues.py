"""The SQS queues by name, their URLs, and the number of messages in them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from config import aws

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeFilterType


WAITING: "QueueAttributeFilterType" = "ApproximateNumberOfMessages"
DELAYED: "QueueAttributeFilterType" = "ApproximateNumberOfMessagesDelayed"
IN_FLIGHT: "QueueAttributeFilterType" = "ApproximateNumberOfMessagesNotVisible"


@dataclass(frozen=True)
class Queue:
    """The URL of a queue and that of its dead-letter queue."""

    url: str
    dead_letter_url: str


@dataclass(frozen=True)
class Depth:
    """Messages of one queue, by what SQS says, which may be some seconds old."""

    waiting: int
    in_flight: int  # received by a process and not deleted yet
    delayed: int
    dead: int  # in its dead-letter queue


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
    names = (WAITING, DELAYED, IN_FLIGHT) if in_flight else (WAITING, DELAYED)
    return sum(_numbers(client(), queue_url, names).values())


def depths() -> dict[str, Depth]:
    """The messages of every queue, asked for at once and only once. Raises botocore's errors."""
    queues = all_queues()
    urls = [url for queue in queues.values() for url in (queue.url, queue.dead_letter_url)]
    impatient: SQSClient = aws.client("sqs", read_timeout=5, attempts=1)
    with ThreadPoolExecutor(len(urls)) as pool:
        found = dict(zip(urls, pool.map(lambda url: _numbers(impatient, url), urls), strict=True))
    return {
        name: Depth(
            waiting=found[queue.url][WAITING],
            in_flight=found[queue.url][IN_FLIGHT],
            delayed=found[queue.url][DELAYED],
            dead=sum(found[queue.dead_letter_url].values()),
        )
        for name, queue in queues.items()
    }


def _numbers(
    sqs: "SQSClient",
    url: str,
    names: "tuple[QueueAttributeFilterType, ...]" = (WAITING, DELAYED, IN_FLIGHT),
) -> dict[str, int]:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return {name: int(number) for name, number in answer["Attributes"].items()}
