"""Fixtures: batches of single rows, commands without a worker, and kills between two stores."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now

from imports.destinations import dynamodb as destination
from imports.intake import s3_events
from imports.management.commands import canary, demo, import_file
from imports.models import Upload
from imports.storage import dynamodb
from tests.conftest import drive


@pytest.fixture
def no_worker_needed(monkeypatch: pytest.MonkeyPatch, quiet_events: None) -> None:
    """The command's wait does the work itself."""

    def wait_for(which: dict[str, str], until: Callable[[Upload], bool], **more: Any) -> Upload:
        while True:
            s3_events.forward_some(s3_events.client(), wait_seconds=1)
            drive()
            upload = Upload.objects.filter(**which).first()
            if upload is not None and until(upload):
                return upload

    monkeypatch.setattr(import_file, "wait_for", wait_for)
    monkeypatch.setattr(demo, "wait_for", wait_for)
    monkeypatch.setattr(canary, "wait_for", wait_for)


class Killed(BaseException):
    """Simulates a kill of the process."""


Kills = Callable[[int, Callable[[], bool]], None]


@pytest.fixture
def kill_after_writing(monkeypatch: pytest.MonkeyPatch) -> Kills:
    """Simulate `times` kills after DynamoDB has a batch's rows and before PostgreSQL counts them,
    once a condition is met."""

    def plan(times: int, when: Callable[[], bool]) -> None:
        left = [Killed("load.after_items")] * times

        def kill(name: str) -> None:
            if left and when():
                raise left.pop()

        monkeypatch.setattr(destination, "failpoint", kill)

    return plan


def expire_leases() -> None:
    """Let the leases of killed workers expire."""
    Upload.objects.filter(lease_until__isnull=False).update(lease_until=now() - timedelta(1))


@pytest.fixture
def clients() -> str:
    """The name of the clients table, which is emptied first."""
    table: str = settings.CLIENTS_TABLE
    pages = dynamodb.client().get_paginator("scan").paginate(TableName=table)
    found = [{"email": item["email"]} for page in pages for item in page["Items"]]
    for n in range(0, len(found), 25):
        requests: list[Any] = [{"DeleteRequest": {"Key": key}} for key in found[n : n + 25]]
        dynamodb.client().batch_write_item(RequestItems={table: requests})
    return table
