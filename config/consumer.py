"""Celery's consumer, changed to leave messages that it cannot decode for the dead-letter queue."""

import logging
from typing import Any

from celery.worker import consumer

log = logging.getLogger(__name__)
CeleryConsumer: Any = consumer.Consumer  # its published types lack what is overridden here


class Consumer(CeleryConsumer):
    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject the message. Celery would delete it, and no alarm would report it."""
        log.error("cannot decode a message; leaving it for the dead-letter queue: %s", exc)
        message.reject_log_error(log, self.connection_errors)
