"""Celery's scheduler, changed so that it sends nothing late when the clock was wrong for a while.

A task that was sent at a moment that is now in the future would be due again only after that
moment: celery 5.7.0 stays silent for as long as the clock was ahead, also after a restart, because
the moment is in the schedule's file.
"""

from typing import Any

from celery import beat

PersistentScheduler: Any = beat.PersistentScheduler  # its published types lack what is used here


class Scheduler(PersistentScheduler):
    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; the seconds until the next look."""
        for entry in self.schedule.values():
            now = entry.default_now()
            if entry.last_run_at > now:
                entry.last_run_at = now
                self._heap = None  # its times are from before; celery builds it again
        seconds: float = super().tick(*args, **kwargs)
        return seconds
