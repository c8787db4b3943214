"""What waits, works and fails now; which processes are connected."""

import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.utils.timezone import now

from config.database import process_name
from imports.models import Alarm, Notification, OutboxFile, Upload, WebhookDelivery, WebhookEndpoint
from imports.monitoring.present import PROCESSES, present, processes
from imports.monitoring.queues import all_queues, client, depths
from tests.admin.conftest import make_upload
from vendors.models import Vendor


def ago(**time: float) -> datetime:
    return now() - timedelta(**time)


def test_what_waits_and_what_fails(vendor_a: Vendor) -> None:
    busy = {"status": "processing", "step": "load"}
    make_upload("UPLOAD_DONE", vendor_a)
    make_upload("UPLOAD_DUE", vendor_a, status="received", next_attempt_at=ago(seconds=40))
    make_upload("UPLOAD_LATER", vendor_a, **busy, attempts=2, next_attempt_at=ago(seconds=-60))
    make_upload(
        "UPLOAD_HELD", vendor_a, **busy, next_attempt_at=ago(hours=1), lease_until=ago(seconds=-20)
    )
    make_upload(
        "UPLOAD_LOST", vendor_a, **busy, next_attempt_at=ago(seconds=90), lease_until=ago(seconds=9)
    )
    upload = make_upload("UPLOAD_SENT", vendor_a)
    mails: list[dict[str, Any]] = [
        {"state": "sent"},
        {"state": "pending", "next_attempt_at": ago(seconds=5)},
        {"state": "pending", "attempts": 3, "next_attempt_at": ago(seconds=-500)},
    ]
    for run, values in enumerate(mails):
        Notification.objects.create(upload=upload, run=run, to="a@b.example", subject="x", **values)
    OutboxFile.objects.create(
        upload=upload, kind="result", key="outbox/x", attempts=1, next_attempt_at=ago(seconds=70)
    )
    for number, off in enumerate(("", "", "gone", "dead", "by_person")):
        endpoint = WebhookEndpoint.objects.create(
            vendor=vendor_a,
            url=f"https://shop.example/{number}",
            events=[],
            off=off,
            failing_since=ago(hours=1) if number else None,
        )
    WebhookDelivery.objects.create(
        endpoint=endpoint,
        message_id="msg_1",
        type="ping",
        body="{}",
        next_attempt_at=ago(seconds=2),
    )
    for number in range(3):
        Alarm.objects.create(
            kind="unsent_mail", subject=str(number), closed_at=now() if number == 2 else None
        )

    found = present()

    assert (found.in_progress, found.leased, found.retried, found.stalled) == (4, 1, 1, 1)
    due = found.due
    assert {name: each.count for name, each in due.items()} == {
        "imports": 2,
        "mail": 2,
        "webhooks": 1,
    }
    ages = [due[name].oldest_seconds for name in ("imports", "mail", "webhooks")]
    assert ages == pytest.approx([90, 70, 2], abs=8)
    assert (found.mails_retried, found.answers_retried) == (1, 1)
    assert (found.webhooks_failing, found.webhooks_off) == (1, 2)
    assert found.alarms == {"unsent_mail": 2}


@pytest.mark.django_db
def test_a_process_counts_once_however_many_sessions_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the names that sessions get from `process_name`."""
    monkeypatch.setattr(process_name, "_names", [])
    assert process_name.as_parameters() == {}
    process_name.call("imports")
    pid = process_name.as_parameters()["application_name"].rpartition(" ")[2]
    named = {**connection.get_connection_params(), "application_name": f"onboarding imports {pid}"}
    assert connection.get_connection_params()["application_name"] == named["application_name"]
    names = [f"onboarding imports {pid}"] * 2 + [
        "onboarding imports 1",
        "onboarding mail 1",
        "psql",
    ]
    sessions = [psycopg2.connect(**{**named, "application_name": name}) for name in names]
    try:
        found = processes()
    finally:
        for session in sessions:
            session.close()
    assert list(found) == list(PROCESSES)
    assert (found["imports"], found["mail"], found["web"]) == (2, 1, 0)


def test_every_serving_process_has_a_name() -> None:
    """Each in a process of its own, as it starts; the worker by the signal of Celery."""
    starts = {
        "web": "import config.wsgi",
        "imports": "from celery.signals import celeryd_init; import config.celery;"
        "celeryd_init.send(sender='imports@host', instance=None, conf=None)",
        "forwarder": "import django; django.setup();"
        "from django.core.management import call_command;"
        "from imports.intake import s3_events; s3_events.forward = lambda: None;"
        "call_command('forward_s3_events')",
    }
    name = "from config.database import process_name; print(process_name.as_parameters())"
    for expected, start in starts.items():
        code = (
            f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n{start}\n{name}"
        )
        printed = subprocess.run(
            [sys.executable, "-c", code],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"'onboarding {expected} " in printed
    assert {"web", "forwarder", *settings.QUEUE_URLS} == set(PROCESSES)


def test_queues_and_their_dead_letters_are_counted() -> None:
    sqs, queue = client(), all_queues()["webhooks"]
    sqs.purge_queue(QueueUrl=queue.url)
    sqs.purge_queue(QueueUrl=queue.dead_letter_url)
    try:
        for delay in (0, 0, 0, 600):
            sqs.send_message(QueueUrl=queue.url, MessageBody="x", DelaySeconds=delay)
        sqs.send_message(QueueUrl=queue.dead_letter_url, MessageBody="x")
        assert sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=60)["Messages"]
        found = depths()
    finally:
        sqs.purge_queue(QueueUrl=queue.url)
        sqs.purge_queue(QueueUrl=queue.dead_letter_url)
    depth = found["webhooks"]
    assert (depth.waiting, depth.in_flight, depth.delayed, depth.dead) == (2, 1, 1, 1)
    assert found.keys() == all_queues().keys()


def test_every_status_is_ended_or_unfinished_or_waits_for_a_person() -> None:
    known = [*Upload.ENDED, *Upload.UNFINISHED, Upload.Status.HELD]
    assert sorted(known) == sorted(Upload.Status.values)
