"""Dead letters: an alarm for messages that could not be processed, and their redrive."""

from imports.models import Alarm
from imports.monitoring.queues import all_queues, client, messages_in
from imports.monitoring.sweeping import for_each
from imports.notifications import alarms

HIDDEN_SECONDS = 60  # of a message while it is redriven


def empty(name: str, *, give_back: bool) -> int:
    """Return a queue's dead letters to it, or discard them. Returns their number.

    A message is sent before it is deleted, so that an interruption duplicates it but never loses
    it. A message that becomes a dead letter again in the meantime is left, so that this ends.
    Raises botocore's errors.
    """
    sqs = client()
    queue = all_queues()[name]
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


def watch_dead_letters() -> None:
    """Raise an alarm for every dead-letter queue that holds a message."""
    for_each(all_queues(), watch, sweep="watch_dead_letters")


def watch(name: str) -> bool:
    """Raise an alarm if this queue has dead letters. Raises botocore's errors."""
    count = messages_in(all_queues()[name].dead_letter_url)
    if count:
        alarms.raise_alarm(
            Alarm.Kind.DEAD_LETTER,
            f"queue {name}",
            f"Messages that could not be processed: {count:,}. Look at them, fix the cause, "
            "and return them to their queue (docs/operate.md, “Redrive dead letters”).",
        )
    return bool(count)
