"""Why each method of kombu's transport is overridden: kombu's behavior and ours.

If kombu's part of a test fails after an upgrade, that override can be removed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings
from kombu import Connection
from kombu.asynchronous import Hub, set_event_loop
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.transport import SQS as kombu_sqs  # noqa: N811 - kombu's module is named so

from config import sqs

QUEUE = "imports"
UNREADABLE = {"Body": '{"properties": []}', "ReceiptHandle": "one"}
READABLE = {"Body": "{}", "ReceiptHandle": "two"}
Open = Callable[..., Any]


@pytest.fixture
def open_channel() -> Iterator[Open]:
    """Opens a channel of a transport with an empty queue, in an event loop that is not running."""
    client = boto3.client("sqs", endpoint_url=settings.AWS_ENDPOINT_URL)
    url = client.create_queue(QueueName="kombu")["QueueUrl"]
    set_event_loop(Hub())
    with ExitStack() as stack:

        def opened(transport: type, **options: Any) -> Any:
            options = {
                **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
                "predefined_queues": {QUEUE: {"url": url}},
                **options,
            }
            connection = Connection("sqs://", transport=transport, transport_options=options)
            return stack.enter_context(connection).channel()

        yield opened
    set_event_loop(None)
    client.delete_queue(QueueUrl=url)


@pytest.fixture
def kombu(open_channel: Open) -> Any:
    return consuming(open_channel(kombu_sqs.Transport))


@pytest.fixture
def ours(open_channel: Open) -> Any:
    return consuming(open_channel(sqs.Transport))


def consuming(channel: Any) -> Any:
    """The channel with a consumer that collects messages in `channel.received`."""
    channel.received = []
    channel.basic_consume(QUEUE, False, channel.received.append, "tag")
    return channel


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQS answers no poll."""
    monkeypatch.setattr(AsyncSQSConnection, "receive_message", lambda *_, **__: None)


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """No poll can be signed."""

    def refuse(*_: Any, **__: Any) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(AsyncSQSConnection, "receive_message", refuse)


def answered(channel: Any, status: int) -> int:
    """How many messages the channel passes on after a poll with this answer."""
    response = SimpleNamespace(status=status, reason="", read=lambda: b"")
    answer = channel.asynsqs(QUEUE)._on_list_ready(None, None, "ReceiveMessage", response)
    count: int = channel._on_messages_ready("url", QUEUE, answer)
    return count


def polls_to_come(channel: Any) -> tuple[int, int]:
    """How many calls the event loop will make immediately, and how many later."""
    return len(channel.hub._ready), len(channel.hub.timer)


def deliver(channel: Any, receipt: str) -> str:
    """Pass a message unknown to SQS to the channel's consumer; return its delivery tag."""
    channel._on_messages_ready(
        "no-such-queue", QUEUE, {"Messages": [{**READABLE, "ReceiptHandle": receipt}]}
    )
    return receipt


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE])
def test_on_list_ready(kombu: Any, ours: Any, status: int) -> None:
    """kombu: a failed poll raises out of the event loop, which ends the worker."""
    with pytest.raises(Exception):  # noqa: B017, PT011 - kombu raises bare Exceptions here
        answered(kombu, status)
    assert answered(ours, status) == 0
    assert ours.asynsqs(QUEUE).failures == 1


def test_on_messages_ready(kombu: Any, ours: Any) -> None:
    """kombu: an unreadable message raises, and the next one is not passed on."""
    messages = {"Messages": [UNREADABLE, READABLE]}
    with pytest.raises(AttributeError):
        kombu._on_messages_ready("url", QUEUE, messages)
    assert kombu.received == []
    assert ours._on_messages_ready("url", QUEUE, messages) == 1
    assert len(ours.received) == 1


def test_schedule_queue(kombu: Any, ours: Any, no_credentials: None) -> None:
    """kombu: a poll that cannot be sent raises, and no other poll follows."""
    with pytest.raises(NoCredentialsError):
        kombu._schedule_queue(QUEUE)
    _, before = polls_to_come(ours)
    ours._schedule_queue(QUEUE)
    assert polls_to_come(ours)[1] == before + 1


def test_poll_after_a_message_when_no_process_was_free(
    kombu: Any, ours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kombu: looks for a free process at the loop's next event or timer, up to a second later."""
    polls: list[object] = []
    monkeypatch.setattr(AsyncSQSConnection, "receive_message", lambda *_, **__: polls.append(_))
    for channel, at_once in ((kombu, 0), (ours, 1)):
        channel.basic_qos(0, 1, False)
        receipt = deliver(channel, "one")
        polls.clear()
        channel._schedule_queue(QUEUE)
        assert polls == []
        channel.basic_ack(receipt)
        assert len(polls) == at_once


def test_loop1(kombu: Any, ours: Any) -> None:
    """kombu: after a failed poll the next one follows without a pause."""
    ours.asynsqs(QUEUE).failures = 3
    for channel, at_once, later in ((kombu, 1, 0), (ours, 0, 1)):
        before = polls_to_come(channel)
        channel._loop1(QUEUE, 0)
        assert polls_to_come(channel) == (before[0] + at_once, before[1] + later)


def test_basic_consume_and_close(open_channel: Open, silence: None) -> None:
    """kombu: a poll without an answer is not replaced, and no other poll follows."""
    kombu = consuming(open_channel(kombu_sqs.Transport))
    assert len(kombu.hub.timer) == 0
    ours = consuming(open_channel(sqs.Transport))
    (watch,) = ours.hub.timer.queue
    ours._schedule_queue(QUEUE)
    ours._polls[QUEUE] = (1, time.monotonic() - 2 * settings.SQS_UNANSWERED_SECONDS)
    watch.entry()
    assert ours._polls[QUEUE][0] == 2
    ours.close()
    assert watch.entry.canceled


def test_asynsqs(kombu: Any, ours: Any) -> None:
    """kombu has no option for the class of the polling connection."""
    assert type(kombu.asynsqs(QUEUE)) is AsyncSQSConnection
    polling = ours.asynsqs(QUEUE)
    assert type(polling) is sqs.PollingConnection
    assert ours.asynsqs(QUEUE) is polling
    assert polling.message_system_attribute_names == (
        kombu.asynsqs(QUEUE).message_system_attribute_names
    )


def test_put(kombu: Any, ours: Any) -> None:
    """kombu: returning a message after its child was lost raises if its receipt has expired."""
    message = {"redelivered": True, "properties": {"delivery_tag": "expired"}}
    with pytest.raises(ClientError):
        kombu._put(QUEUE, message)
    ours._put(QUEUE, message)


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options of a channel whose SQS cannot be reached."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    return {"client-config": {"connect_timeout": 1, "retries": {"total_max_attempts": 1}}}


@pytest.mark.parametrize("method", ["basic_ack", "basic_reject"])
def test_basic_ack_and_basic_reject(
    open_channel: Open, unreachable: dict[str, Any], method: str
) -> None:
    """kombu: raises when a finished message cannot be deleted."""
    kombu = consuming(open_channel(kombu_sqs.Transport, **unreachable))
    with pytest.raises(BotoCoreError):
        getattr(kombu, method)(deliver(kombu, "one"))
    ours = consuming(open_channel(sqs.Transport, **unreachable))
    getattr(ours, method)(deliver(ours, "one"))
    assert ours.qos.can_consume()
