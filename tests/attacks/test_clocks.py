"""Beat sends every task in time, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.beat import Scheduler
from config.celery import app

DAY = timedelta(days=1)
SLACK = 2.0  # seconds
INTERVALS: dict[str, Any] = {
    name: task["schedule"] for name, task in settings.CELERY_BEAT_SCHEDULE.items()
}


class Time:
    """A clock to set, beside the time that passes."""

    def __init__(self) -> None:
        self.clock = datetime.now(UTC)
        self.passed = 0.0
        self.sent: list[tuple[float, str]] = []

    def run(self, scheduler: Any, seconds: float) -> None:
        end = self.passed + seconds
        while self.passed < end:
            wait = max(scheduler.tick(), 0.01)
            self.passed += wait
            self.clock += timedelta(seconds=wait)

    def longest_wait(self, name: str, since: float) -> float:
        moments = [since, *(at for at, task in self.sent if task == name and at >= since)]
        ends = [*moments[1:], self.passed]
        return max(end - begin for begin, end in zip(moments, ends, strict=True))


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(app, "now", lambda: time.clock)
    monkeypatch.setattr(
        Scheduler, "apply_entry", lambda _, entry, **__: time.sent.append((time.passed, entry.name))
    )
    return time


def scheduler(place: Path) -> Any:
    return Scheduler(app=app, schedule_filename=str(place / "schedule"), lazy=False)


@pytest.mark.parametrize("jump", [DAY, 30 * DAY, timedelta(minutes=10), -DAY])
def test_every_task_is_sent_within_its_interval_after_a_jump_and_back(
    moment: Time, tmp_path: Path, jump: timedelta
) -> None:
    beat = scheduler(tmp_path)
    moment.run(beat, 1_000)
    for change in (jump, -jump):
        moment.clock += change
        jumped = moment.passed
        moment.run(beat, 2_000)
        for name, interval in INTERVALS.items():
            assert moment.longest_wait(name, jumped) <= interval + SLACK, (name, change)
    beat.close()


def test_a_restart_after_the_clock_went_back_sends_in_time(moment: Time, tmp_path: Path) -> None:
    beat = scheduler(tmp_path)
    moment.clock += DAY
    moment.run(beat, 1_000)
    beat.close()
    moment.clock -= DAY
    restarted = moment.passed
    beat = scheduler(tmp_path)
    moment.run(beat, 2_000)
    for name, interval in INTERVALS.items():
        assert moment.longest_wait(name, restarted) <= interval + SLACK, name
    beat.close()


def test_beat_uses_it() -> None:
    assert app.conf.beat_scheduler == "config.beat:Scheduler"
