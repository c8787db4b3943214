"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["sqs"] = "config.sqs:Transport"  # kombu's, with polls that survive

app = Celery("onboarding")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Django has configured logging already; a listener here stops Celery from doing it again."""


@worker_process_init.connect
def freeze_gc(**_: object) -> None:
    """What is loaded before the first task stays for ever: to look through it again and again is a
    tenth of an import's time."""
    gc.freeze()
