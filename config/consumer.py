"""Celery's consumer, which leaves a message that it cannot decode to the dead letters."""

import logging
from typing import Any

from celery.worker import consumer

log = logging.getLogger(__name__)
CeleryConsumer: Any = consumer.Consumer  # its published types lack what is overridden here


class Consumer(CeleryConsumer):
    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Celery would delete the message, and nobody would hear of it."""
        log.error("a message cannot be decoded and is left for the dead letters: %s", exc)
        message.reject_log_error(log, self.connection_errors)
