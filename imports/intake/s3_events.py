"""The forwarder: turns S3's events in SQS into uploads."""

import json
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
)

from config import aws, health_file
from config.logging import about
from imports.execution.failpoints import failpoint
from imports.intake.first_worker import FirstWorker
from imports.intake.receive import Arrival, object_arrived

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)
PAUSE_AFTER_ERROR_SECONDS = 2.0


class UnreadableEvent(Exception):
    """Not an S3 event. The message stays in the queue and moves to the dead-letter queue."""


def arrivals(body: str) -> list[Arrival]:
    """The object versions in one message; none for S3's test event.

    Raises UnreadableEvent.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            arrival_of(record)
            for record in message["Records"]
            if record["eventName"].removeprefix("s3:").startswith("ObjectCreated:")
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableEvent(f"{type(error).__name__}: {error}") from error


def arrival_of(record: dict[str, Any]) -> Arrival:
    entry = record["s3"]["object"]
    if not entry["versionId"]:
        raise ValueError("the event names no version")
    return Arrival(
        bucket=str(record["s3"]["bucket"]["name"]),
        key=unquote_plus(entry["key"]),
        version=str(entry["versionId"]),
        size=int(entry.get("size", 0)),
        etag=str(entry.get("eTag", "")),
        stored_at=moment(record.get("eventTime")),
    )


def moment(text: object) -> datetime | None:
    """The time of an event; None if it states none. Raises ValueError."""
    found = datetime.fromisoformat(str(text)) if text else None
    return found and found.replace(tzinfo=found.tzinfo or UTC)


def client() -> "SQSClient":
    """A client that makes one attempt per poll, because four unanswered attempts would block the
    forwarder for two minutes."""
    found: SQSClient = aws.client("sqs", read_timeout=settings.SQS_UNANSWERED_SECONDS, attempts=1)
    return found


def forward_some(sqs: "SQSClient", *, wait_seconds: int | None = None) -> int:
    """Receive up to ten messages and create their uploads. Returns the number of messages handled.

    A message is deleted after its uploads are committed. One that cannot be read is left for the
    dead-letter queue, and the others are handled. Raises botocore's errors, and database errors
    if the database is unavailable.
    """
    if wait_seconds is None:
        wait_seconds = settings.SQS_WAIT_SECONDS
    answer = sqs.receive_message(
        QueueUrl=settings.EVENTS_QUEUE_URL, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
    )
    health_file.touch(settings.HEALTH_FILE)
    handled = 0
    for message in answer.get("Messages", []):
        try:
            for arrival in arrivals(message["Body"]):
                receive(arrival)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - a NUL in a key, a size out of range, …
            log.error("unreadable S3 event; leaving it for the dead-letter queue: %s", error)
            continue
        failpoint("receive.before_delete")
        sqs.delete_message(
            QueueUrl=settings.EVENTS_QUEUE_URL, ReceiptHandle=message["ReceiptHandle"]
        )
        handled += 1
    return handled


def receive(arrival: Arrival) -> None:
    if arrival.bucket != settings.S3_BUCKET:
        log.warning("dropped an event of another bucket, %s", arrival.bucket)
        return
    upload = object_arrived(arrival)
    if upload is None:
        folder = arrival.key.rpartition("/")[0]
        log.info(
            "ignored an object in s3://%s/%s/: no data set has this prefix", arrival.bucket, folder
        )
        return
    with about(upload_id=upload.upload_id, vendor_id=upload.vendor_prefix):
        log.info(
            "received (%s, %s bytes)",
            upload.dataset,
            arrival.size,
            extra={"event": "received", "dataset": upload.dataset, "bytes": arrival.size},
        )


def forward() -> NoReturn:
    """Forward events forever. A failure is logged and retried after a pause."""
    sqs = client()
    first_worker = FirstWorker()
    while True:
        try:
            handled = forward_some(sqs)
            first_worker.start_if_needed(forwarded=handled > 0)
            close_old_connections()  # an open one keeps a serverless database from pausing
        except (ClientError, BotoCoreError) as error:
            log.error("forwarding failed, trying again: %s", error)
            time.sleep(PAUSE_AFTER_ERROR_SECONDS)
        except DatabaseError as error:
            log.error("the database does not answer; waiting for it: %s", error)
            wait_for_database()
        except Exception:
            # For example, an answer that the SDK cannot parse. The next poll may succeed.
            log.exception("forwarding failed, trying again")
            time.sleep(PAUSE_AFTER_ERROR_SECONDS)


def wait_for_database() -> None:
    """Return when the database answers. Nothing is received until then, because an event that is
    received too often becomes a dead letter. The process is healthy meanwhile: another one would
    wait as well, and in the compact layout the portal would be replaced with it."""
    while True:
        health_file.touch(settings.HEALTH_FILE)
        time.sleep(PAUSE_AFTER_ERROR_SECONDS)
        close_old_connections()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            continue
        return
