"""What beat sends: our sweeps, and nothing that Celery adds to them."""

from pathlib import Path

from celery import current_app
from django.conf import settings

from config.beat import Scheduler


def test_beat_sends_our_sweeps_only(tmp_path: Path) -> None:
    """A task of Celery's own would go to the queue of imports, and start a worker."""
    scheduler = Scheduler(current_app, schedule_filename=str(tmp_path / "schedule"))
    try:
        assert set(scheduler.schedule) == set(settings.CELERY_BEAT_SCHEDULE)
    finally:
        scheduler.close()
