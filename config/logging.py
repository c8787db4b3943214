"""Structured log lines that carry the IDs of their subject and no other personal data.

`about(upload_id=…, vendor_id=…)` adds IDs to every line logged inside it, by any module.
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
    """Add IDs to every line logged within the block."""
    token = _ids.set(_ids.get() | {name: value for name, value in ids.items() if value})
    try:
        yield
    finally:
        _ids.reset(token)


def ids() -> dict[str, str]:
    """The IDs that a line logged now would carry; "" for those that are not set."""
    return dict.fromkeys(NAMES, "") | _ids.get()


class Ids(logging.Filter):
    """Adds the IDs to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        vars(record).update(ids())
        return True


# Characters that could end a line and forge another, or speak to a terminal; as they are escaped in
# Python. JSON escapes them by itself.
UNSHOWN = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]
SHOWN = {code: repr(chr(code))[1:-1] for code in UNSHOWN}


class ForPeople(logging.Formatter):
    """Lines that begin with the IDs that are set."""

    def format(self, record: logging.LogRecord) -> str:
        safe = redact(record)
        known = [vars(safe)[name] for name in NAMES if vars(safe)[name]]
        safe.msg = " ".join([*known, safe.msg]).translate(SHOWN)
        return super().format(safe)


class Structured(JsonFormatter):
    """Lines for CloudWatch: each is one JSON object with all IDs."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(redact(record))


def configure(options: dict[str, Any]) -> None:
    """Set up logging to standard error; `options` are "format", "text" or "json", and "level"."""
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
            "root": {"handlers": ["console"], "level": options["level"]},
            "loggers": {
                # Metrics go to standard output unchanged, where CloudWatch reads them as JSON. In
                # text format they are off: the line logged for each batch says the same.
                "metrics": {
                    "handlers": ["metrics"] if options["format"] == "json" else [],
                    "propagate": False,
                },
                "botocore": {"level": "WARNING"},
                "kombu": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "axes": {"level": "WARNING"},
                # config/request_log.py logs every 4xx response, with the IDs.
                "django.request": {"level": "ERROR"},
            },
        }
    )
