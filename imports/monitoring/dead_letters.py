"""Messages that nobody could process: where they are, and back with them after a fix."""

from imports.models import Alarm
from imports.monitoring.queues import all_queues, client, messages_in
from imports.notifications import alarms

HIDDEN_SECONDS = 60  # while a message is on its way back


def empty(name: str, *, give_back: bool) -> int:
    """Give the dead letters of a queue back to it, or discard them; returns how many.

    Sent before it is deleted: broken off in between, a message is there twice, never not at all.
    Those that die again meanwhile are left, so that this ends. Raises botocore's errors.
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
    for name, queue in all_queues().items():
        if count := messages_in(queue.dead_letter_url):
            alarms.raise_alarm(
                Alarm.Kind.DEAD_LETTER,
                f"queue {name}",
                f"{count} messages could not be processed. Look at them, mend the cause, and "
                "return them to their queue (docs/operate.md, “Redrive dead letters”).",
            )
