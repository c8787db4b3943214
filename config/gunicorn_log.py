"""gunicorn's log lines, in the same format as all others.

Its access log stays off: config/request_log.py logs every request, with the IDs.
"""

from typing import Any

from django.conf import settings
from gunicorn import glogging

from config import logging

GunicornLogger: Any = glogging.Logger  # has no types


class Logger(GunicornLogger):
    def setup(self, cfg: Any) -> None:
        """Pass everything to the root logger, also in the parent, which never loads Django."""
        super().setup(cfg)
        self.error_log.propagate = True
        logging.configure(settings.LOGGING)

    def _set_handler(self, *args: Any, **kwargs: Any) -> None:
        """Add no handler."""
