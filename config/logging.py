"""Structured log lines with the ids of what they are about.

`about(upload_id=…, vendor_id=…)` puts ids on every line logged inside it, also by other modules.
"""

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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


class Ids(logging.Filter):
    """Puts the ids on each record, and in front of the message where people read it."""

    def filter(self, record: logging.LogRecord) -> bool:
        ids = _ids.get()
        for name in NAMES:
            setattr(record, name, ids.get(name, ""))
        record.ids = "".join(f" {ids[name]}" for name in NAMES if name in ids)
        return True


def configure(options: dict[str, Any]) -> None:
    """Set up logging to standard error; `options["format"]` is "text" or "json"."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"ids": {"()": Ids}},
            "formatters": {
                "text": {
                    "format": "%(asctime)s %(levelname)s %(name)s%(ids)s %(message)s",
                    "datefmt": "%H:%M:%S",
                },
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
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
            },
        }
    )
