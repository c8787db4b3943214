"""An outage of the database or of AWS: the work waits until it is over."""

from collections.abc import Callable
from typing import Any

import pytest
from celery.beat import Service
from celery.signals import beat_init
from django.conf import settings as project
from django.db import OperationalError
from kombu.exceptions import OperationalError as NotReachable

from config.celery import app
from imports import pipeline, tasks
from imports.execution.hints import send_mail_hint, send_webhook_hint
from imports.intake import s3_events
from imports.maintenance import resume
from imports.monitoring import dead_letters
from imports.webhooks import sending
from tests.faults.world import wait_until


@pytest.fixture(autouse=True)
def empty_queues() -> None:
    for queue in project.QUEUE_URLS.values():
        s3_events.client().purge_queue(QueueUrl=queue)


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OperationalError("the database system is starting up")

    monkeypatch.setattr(pipeline, "advance", fails)
    monkeypatch.setattr(sending, "send_due", fails)
    monkeypatch.setattr(resume, "resume_stalled", fails)
    monkeypatch.setattr(dead_letters, "watch_dead_letters", fails)


def messages(queue: str) -> tuple[int, int]:
    """Messages that can be received, and those that arrive later."""
    found = s3_events.client().get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    counts = found["Attributes"]
    return (
        int(counts["ApproximateNumberOfMessages"]),
        int(counts["ApproximateNumberOfMessagesDelayed"]),
    )


@pytest.mark.parametrize(
    ("send", "queue"), [(send_mail_hint, "mail"), (send_webhook_hint, "webhooks")]
)
def test_each_hint_arrives_in_the_queue_of_its_worker_only(
    send: Callable[[], bool], queue: str
) -> None:
    assert send()
    others = project.QUEUE_URLS.copy()
    wait_until("it arrives", lambda: messages(others[queue]) == (1, 0))
    del others[queue]
    assert {messages(url) for url in others.values()} == {(0, 0)}


@pytest.mark.usefixtures("outage")
@pytest.mark.parametrize(
    ("task", "queue"), [(tasks.advance, "imports"), (tasks.send_webhooks, "webhooks")]
)
def test_a_hint_comes_again_after_a_lease(
    task: Callable[[], None], queue: str, settings: Any
) -> None:
    """It was acknowledged and gone; in the compact layout the next sweep is six hours away."""
    settings.LEASE_SECONDS = 2
    task()
    url = project.QUEUE_URLS[queue]
    assert sum(messages(url)) == 1
    wait_until("it arrives", lambda: messages(url) == (1, 0))


@pytest.mark.usefixtures("outage")
@pytest.mark.parametrize(("every", "again"), [(30.0, 0), (21_600.0, 1)])
def test_a_sweep_comes_again_unless_the_next_one_is_near(
    monkeypatch: pytest.MonkeyPatch, every: float, again: int
) -> None:
    entry = project.CELERY_BEAT_SCHEDULE["resume_stalled"]
    monkeypatch.setitem(entry, "schedule", every)
    tasks.resume_stalled()
    assert sum(messages(project.MAINTENANCE_QUEUE_URL)) == again


@pytest.mark.usefixtures("outage")
@pytest.mark.parametrize("task", [tasks.advance, tasks.resume_stalled])
def test_the_message_itself_comes_back_if_no_new_one_can_be_sent(
    monkeypatch: pytest.MonkeyPatch, task: Callable[[], None]
) -> None:
    monkeypatch.setitem(project.CELERY_BEAT_SCHEDULE["resume_stalled"], "schedule", 21_600.0)

    def refuses(*_: Any, **__: Any) -> None:
        raise NotReachable("no connection to SQS")

    monkeypatch.setattr(app, "send_task", refuses)
    with pytest.raises(OperationalError):
        task()


def test_every_sweep_is_due_when_beat_starts(tmp_path: Any) -> None:
    """Also after a restart with the same file; beat counted from its start."""
    for _ in range(2):
        service = Service(app, schedule_filename=str(tmp_path / "beat-schedule"))
        beat_init.send(sender=service)
        entries = service.scheduler.schedule.values()
        assert {entry.task for entry in entries} >= {
            entry["task"] for entry in project.CELERY_BEAT_SCHEDULE.values()
        }
        assert all(entry.is_due()[0] for entry in entries)
        service.sync()
