"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import gc
import os
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

from config.database import process_name, timeouts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks load all pages, 14 MB in each worker. `make lint` runs them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TRANSPORT_ALIASES["sqs"] = "config.sqs:Transport"  # kombu's, with polls that survive errors

app = Celery("onboarding")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Keep Celery from configuring logging: it does not when this signal has a receiver."""


@celeryd_init.connect
def name_database_sessions(sender: str, **_: object) -> None:
    """After the worker's node, `imports@host`: deploy/commands.py names it after its queue."""
    process_name.call(sender.partition("@")[0])


@worker_process_init.connect
def limit_database_sessions(**_: object) -> None:
    timeouts.limit_sessions()


@beat_init.connect
def sweep_at_start(sender: Any, **_: object) -> None:
    """Make every sweep due when beat starts.

    Beat begins to count when it starts. So a sweep that runs every six hours would never run if
    beat were restarted every five.
    """
    for entry in sender.scheduler.schedule.values():
        entry.last_run_at = datetime.fromtimestamp(0, UTC)


@worker_process_init.connect
def freeze_gc(**_: object) -> None:
    """Exclude the objects that exist before the first task from garbage collection.

    They are never freed, and scanning them again and again takes a tenth of an import's time.
    """
    gc.freeze()
