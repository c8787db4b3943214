"""Celery's SQS transport, changed so that a worker survives errors from SQS.

kombu 5.7.0 ends the worker process when SQS answers a poll with 4xx, 5xx or a message it cannot
parse, and stops polling, without ending, when a poll is never answered. Here

- a failed poll is logged, counted and repeated after a pause;
- a poll without an answer is replaced;
- the next poll begins as soon as a process is free, not up to a second later;
- an unreadable message is left to the redrive policy of its queue;
- a message that cannot be deleted or returned is delivered again, which is harmless, because
  messages are hints;
- a worker without an answer for two minutes ends itself, so that its supervisor starts a new one.
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

# kombu's published types lack what is overridden here.
KombuConnection: Any = kombu_connection.AsyncSQSConnection
KombuChannel: Any = kombu_sqs.Channel
KombuTransport: Any = kombu_sqs.Transport

log = logging.getLogger(__name__)
MAX_PAUSE_SECONDS = 5.0  # after a failed poll
GIVE_UP_AFTER_SECONDS = 120.0  # without an answer to any poll
CHECK_INTERVAL_SECONDS = 2.0  # for polls without an answer


@contextmanager
def left_to_its_visibility_timeout(what: str) -> Iterator[None]:
    """Log an error about a message instead of raising it, because kombu would end the worker."""
    try:
        yield
    except (ClientError, BotoCoreError, OSError, AccessDeniedQueueException) as error:
        log.warning("a message could not be %s and will be delivered again: %s", what, error)


class PollingConnection(KombuConnection):
    """Polls that return no messages when they fail.

    `failures` counts consecutive failures. `silent_since` is the start of the first poll since the
    last good answer, None right after one. `health_file` is touched at every good answer.
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
        if not isinstance(answer, dict):  # kombu returns an empty list for a 5xx
            return self.failed(f"HTTP {response.status}")
        self.failures = 0
        self.silent_since = None
        health_file.touch(self.health_file)
        return answer

    def failed(self, reason: str) -> dict[str, Any]:
        self.failures += 1
        log.warning("polling SQS failed %s× in a row: %.300s", self.failures, reason)
        return {}


class Channel(KombuChannel):
    """One poll at a time per queue, always followed by another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._polls: dict[str, tuple[int, float]] = {}  # queue → number and start of its last poll
        self._full: set[str] = set()  # queues that are polled when a process is free again
        self._watch: Any = None
        self._unanswered_after: float = self.transport_options["unanswered_after_seconds"]
        self._health_file: str = self.transport_options["health_file"]

    def basic_consume(self, queue: str, *args: Any, **kwargs: Any) -> Any:
        if self.hub and self._watch is None:
            self._watch = self.hub.call_repeatedly(CHECK_INTERVAL_SECONDS, self._check_polls)
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
            self._full.add(queue)
            return
        number, started = self._polls.get(queue, (0, 0.0))[0] + 1, time.monotonic()
        self._polls[queue] = (number, started)
        connection = self.asynsqs(queue)
        connection.silent_since = connection.silent_since or started

        def answered(count: int) -> None:
            if self._polls[queue][0] == number:  # else another poll has replaced this one
                self._polls[queue] = (number, 0.0)
                self._loop1(queue, count)

        try:
            self._get_bulk_async(queue, callback=answered)
        except Exception as error:  # noqa: BLE001 - for example, no credentials to sign with
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
        """Pass on each message separately, so that a bad one does not affect the others."""
        count = 0
        for message in messages.get("Messages") or []:
            try:
                count += super()._on_messages_ready(queue, qname, {"Messages": [message]})
            except Exception:
                log.exception("cannot read a message; leaving it for the dead-letter queue")
                self._forget(message["ReceiptHandle"])
        return count

    def _forget(self, delivery_tag: str) -> None:
        """Stop counting the message as in progress.

        A worker accepts one message per process at a time, so each message that stayed counted
        would reduce its capacity, down to none.
        """
        with suppress(KeyError):  # it was not counted yet
            self.qos.get(delivery_tag)
            self.qos.ack(delivery_tag)

    def _poll_again(self) -> None:
        """Poll the queues that waited for a free process, if there is one.

        kombu looks for one in the event loop, at its next event or timer. Which it calls first,
        that or what makes the process free, is chance: then nothing happens for up to a second.
        """
        if self._full and self.qos.can_consume():
            queues, self._full = self._full, set()
            for queue in queues:
                self._schedule_queue(queue)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        if not message.get("redelivered"):
            super()._put(queue, message, **kwargs)
            return
        # Returned ten seconds after its child process was lost: its receipt may have expired.
        with left_to_its_visibility_timeout("returned"):
            super()._put(queue, message, **kwargs)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        with left_to_its_visibility_timeout("deleted"):
            super().basic_ack(delivery_tag, multiple)
        self._poll_again()

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        with left_to_its_visibility_timeout("rejected"):
            super().basic_reject(delivery_tag, requeue)
        self._poll_again()

    def _check_polls(self) -> None:
        """Replace polls without an answer; end the worker when none is answered for too long."""
        if self._full:
            health_file.touch(self._health_file)  # busy workers do not poll, and are healthy
            self._poll_again()  # Celery may also allow more messages at a time
        now = time.monotonic()
        for queue, (number, started) in list(self._polls.items()):
            connection = self.asynsqs(queue)
            if now - (connection.silent_since or now) > GIVE_UP_AFTER_SECONDS:
                log.critical(
                    "SQS has not answered for too long; ending so that a new worker starts"
                )
                os.kill(os.getpid(), signal.SIGTERM)
            elif started and now - started > self._unanswered_after:
                connection.failed(f"poll {number} got no answer within {now - started:.0f} s")
                self._schedule_queue(queue)


class Transport(KombuTransport):
    Channel = Channel
