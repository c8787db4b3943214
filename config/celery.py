"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["sqs"] = "config.sqs:Transport"  # kombu's, with polls that survive errors

app = Celery("onboarding")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Keep Celery from configuring logging: it does not when this signal has a receiver."""


@worker_process_init.connect
def freeze_gc(**_: object) -> None:
    """Exclude the objects that exist before the first task from garbage collection.

    They are never freed, and scanning them again and again takes a tenth of an import's time.
    """
    gc.freeze()
