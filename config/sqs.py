"""Celery's transport over SQS, made to live through what SQS answers on a bad day.

kombu 5.7.0 ends the worker process when a poll is answered with 4xx or 5xx or with a message it
cannot parse, and stays alive but deaf when a poll is never answered. Here a poll that fails is
logged, counted and tried again after a pause; one that stays unanswered is replaced; a message
that cannot be read is left to its queue's redrive policy; one that cannot be deleted or given back
comes again by itself, which changes nothing, because messages are hints; and a worker that has
heard nothing for two minutes ends itself, so that whoever supervises it starts a new one.
"""

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.asynchronous.aws.sqs import connection as kombu_connection
from kombu.transport import SQS as kombu_sqs  # noqa: N811 - kombu's module is named so
from kombu.transport.SQS.exceptions import AccessDeniedQueueException

from config import health_file

# The published types of kombu lack what is overridden here.
KombuConnection: Any = kombu_connection.AsyncSQSConnection
KombuChannel: Any = kombu_sqs.Channel
KombuTransport: Any = kombu_sqs.Transport

log = logging.getLogger(__name__)
MAX_PAUSE_SECONDS = 5.0  # seconds between polls that fail
GIVE_UP_AFTER_SECONDS = 120.0  # seconds in which no poll had an answer
POLL_INTERVAL_SECONDS = 2.0  # seconds


@contextmanager
def left_to_its_visibility_timeout(what: str) -> Iterator[None]:
    """Take note that a message could not be dealt with; kombu would end the worker."""
    try:
        yield
    except (ClientError, BotoCoreError, OSError, AccessDeniedQueueException) as error:
        log.warning("a message could not be %s and will come back: %s", what, error)


class PollingConnection(KombuConnection):
    """Polls whose failures are answers without messages.

    `failures` counts those in a row; `silent_since` is when the first poll began that has had no
    good answer, None after a good one; `health_file` is touched at each good one.
    """

    failures = 0
    silent_since: float | None = None
    health_file = ""

    def _on_list_ready(
        self, parent: Any, markers: Any, operation: str, response: Any
    ) -> dict[str, Any]:
        try:
            answer = super()._on_list_ready(parent, markers, operation, response)
        except Exception as error:  # noqa: BLE001 - kombu raises bare Exceptions here
            return self.failed(str(error))
        if not isinstance(answer, dict):  # kombu's word for a 5xx is an empty list
            return self.failed(f"HTTP {response.status}")
        self.failures = 0
        self.silent_since = None
        health_file.touch(self.health_file)
        return answer

    def failed(self, reason: str) -> dict[str, Any]:
        self.failures += 1
        log.warning("a poll of SQS failed, %s in a row: %.300s", self.failures, reason)
        return {}


class Channel(KombuChannel):
    """One poll at a time per queue, always followed by another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._polls: dict[str, tuple[int, float]] = {}  # queue → number and start of its poll
        self._watch: Any = None
        self._unanswered_after: float = self.transport_options["unanswered_after_seconds"]
        self._health_file: str = self.transport_options["health_file"]

    def basic_consume(self, queue: str, *args: Any, **kwargs: Any) -> Any:
        if self.hub and self._watch is None:
            self._watch = self.hub.call_repeatedly(POLL_INTERVAL_SECONDS, self._look)
        return super().basic_consume(queue, *args, **kwargs)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().close()

    def asynsqs(self, queue: str | None = None) -> PollingConnection:
        clients = self._predefined_queue_async_clients
        if queue not in clients:
            clients[queue] = PollingConnection(
                sqs_connection=self.sqs(queue=queue),
                region=self.region,
                message_system_attribute_names=self.get_message_attributes.get(
                    "MessageSystemAttributeNames"
                ),
            )
            clients[queue].health_file = self._health_file
        found: PollingConnection = clients[queue]
        return found

    def _schedule_queue(self, queue: str) -> None:
        if queue not in self._active_queues:
            return
        if not self.qos.can_consume():
            health_file.touch(self._health_file)  # its hands are full: busy is not deaf
            self._loop1(queue)
            return
        number, started = self._polls.get(queue, (0, 0.0))[0] + 1, time.monotonic()
        self._polls[queue] = (number, started)
        connection = self.asynsqs(queue)
        connection.silent_since = connection.silent_since or started

        def answered(count: int) -> None:
            if self._polls[queue][0] == number:  # else it was given up, and another one is out
                self._polls[queue] = (number, 0.0)
                self._loop1(queue, count)

        try:
            self._get_bulk_async(queue, callback=answered)
        except Exception as error:  # noqa: BLE001 - no credentials to sign with, for one
            connection.failed(str(error))
            answered(0)

    def _loop1(self, queue: str, messages_fetched: Any = None) -> None:
        failures = self.asynsqs(queue).failures
        if failures:
            pause = min(MAX_PAUSE_SECONDS, 0.1 * 2 ** min(failures, 10))
            self.hub.call_later(pause, self._schedule_queue, queue)
        else:
            super()._loop1(queue, messages_fetched)

    def _on_messages_ready(self, queue: str, qname: str, messages: dict[str, Any]) -> int:
        """Hand on each message by itself, so that a bad one does not take its neighbours along."""
        count = 0
        for message in messages.get("Messages") or []:
            try:
                count += super()._on_messages_ready(queue, qname, {"Messages": [message]})
            except Exception:
                log.exception("a message cannot be read and is left for the dead letters")
                self._forget(message["ReceiptHandle"])
        return count

    def _forget(self, delivery_tag: str) -> None:
        """Count the message no longer as one being worked on. A worker takes one per process at a
        time, so that each one it never forgot would leave it deafer, the last one for good."""
        with suppress(KeyError):  # it did not come so far
            self.qos.get(delivery_tag)
            self.qos.ack(delivery_tag)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        if not message.get("redelivered"):
            super()._put(queue, message, **kwargs)
            return
        # Given back after its child was lost, ten seconds later: its receipt may have expired.
        with left_to_its_visibility_timeout("given back"):
            super()._put(queue, message, **kwargs)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        with left_to_its_visibility_timeout("deleted"):
            super().basic_ack(delivery_tag, multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        with left_to_its_visibility_timeout("rejected"):
            super().basic_reject(delivery_tag, requeue)

    def _look(self) -> None:
        """Replace polls that stay unanswered; end the worker when none is answered for long."""
        now = time.monotonic()
        for queue, (number, started) in list(self._polls.items()):
            connection = self.asynsqs(queue)
            if now - (connection.silent_since or now) > GIVE_UP_AFTER_SECONDS:
                log.critical("SQS has not answered for too long; ending, for a new worker to start")
                os.kill(os.getpid(), signal.SIGTERM)
            elif started and now - started > self._unanswered_after:
                connection.failed(f"poll {number} has no answer after {now - started:.0f} s")
                self._schedule_queue(queue)


class Transport(KombuTransport):
    Channel = Channel
