"""Structured log lines with the ids of what they are about, and with nothing else about people.

`about(upload_id=…, vendor_id=…)` puts ids on every line logged inside it, also by other modules.
"""

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from config.redaction import redact

_ids: ContextVar[dict[str, str]] = ContextVar("log_ids", default={})  # noqa: B039 - never mutated
NAMES = ("upload_id", "vendor_id", "request_id")


@contextmanager
def about(**ids: str | None) -> Iterator[None]:
    """Add ids to every line logged within the block."""
    token = _ids.set(_ids.get() | {name: value for name, value in ids.items() if value})
    try:
        yield
    finally:
        _ids.reset(token)


def ids() -> dict[str, str]:
    """The ids that lines get here and now, "" where there is none."""
    return dict.fromkeys(NAMES, "") | _ids.get()


class Ids(logging.Filter):
    """Puts the ids on each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        vars(record).update(ids())
        return True


class ForPeople(logging.Formatter):
    """Lines with the ids that there are in front of the message."""

    def format(self, record: logging.LogRecord) -> str:
        safe = redact(record)
        known = [vars(safe)[name] for name in NAMES if vars(safe)[name]]
        safe.msg = " ".join([*known, safe.msg])
        return super().format(safe)


class Structured(JsonFormatter):
    """Lines for CloudWatch: each is one JSON object that has all the ids."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(redact(record))


def configure(options: dict[str, Any]) -> None:
    """Set up logging to standard error; `options["format"]` is "text" or "json"."""
    logging.captureWarnings(True)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"ids": {"()": Ids}},
            "formatters": {
                "text": {
                    "()": ForPeople,
                    "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                    "datefmt": "%H:%M:%S",
                },
                "json": {
                    "()": Structured,
                    "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s "
                    "%(upload_id)s %(vendor_id)s %(request_id)s",
                },
                "bare": {"format": "%(message)s"},
            },
            "handlers": {
                "console": {
                    "class": "logging.StreamHandler",
                    "filters": ["ids"],
                    "formatter": options["format"],
                },
                "metrics": {
                    "class": "logging.StreamHandler",
                    "stream": "ext://sys.stdout",
                    "formatter": "bare",
                },
            },
            "root": {"handlers": ["console"], "level": "INFO"},
            "loggers": {
                # Metrics go to standard output as they are: CloudWatch reads the line as JSON.
                # People who read text have the line of the batch instead.
                "metrics": {
                    "handlers": ["metrics"] if options["format"] == "json" else [],
                    "propagate": False,
                },
                "botocore": {"level": "WARNING"},
                "kombu": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "axes": {"level": "WARNING"},
                # What is not found or refused has its line in config/request_log.py, with the ids.
                "django.request": {"level": "ERROR"},
            },
        }
    )
