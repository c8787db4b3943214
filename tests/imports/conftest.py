"""Batches of single rows, and processes that end at a bad moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from imports.destinations import dynamodb
from imports.models import Upload
from imports.storage import staging


@pytest.fixture
def row_by_row(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is a batch of its own."""
    settings.BATCH_ROWS = 1
    monkeypatch.setattr(staging, "ROWS_PER_ITEM", 1)


class Killed(BaseException):
    """Stands for the end of the process."""


Deaths = Callable[[int, Callable[[], bool]], None]


@pytest.fixture
def die_after_writing(monkeypatch: pytest.MonkeyPatch) -> Deaths:
    """End the process so many times after DynamoDB has a batch's rows and before PostgreSQL hears
    of it, as soon as a condition is met."""

    def ahead(times: int, when: Callable[[], bool]) -> None:
        left = [Killed("load.after_items")] * times

        def die(name: str) -> None:
            if left and when():
                raise left.pop()

        monkeypatch.setattr(dynamodb, "failpoint", die)

    return ahead


def live_again() -> None:
    """The lease of whoever died runs out."""
    Upload.objects.filter(lease_until__isnull=False).update(lease_until=now() - timedelta(1))
