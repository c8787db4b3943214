"""The forwarder: makes uploads of S3's events."""

import os
import signal
from typing import Any

from django.core.management.base import BaseCommand

from config.database import process_name, timeouts
from imports.intake import s3_events


class Command(BaseCommand):
    help = "Make uploads of S3's events until stopped."
    requires_system_checks = ()  # they load the URLs and with them all pages, 14 MB

    def handle(self, *args: Any, **options: Any) -> None:
        # Leaving at once is safe anywhere: an open transaction rolls back, and a message that was
        # not deleted comes back. An exception (`sys.exit`) would be ignored in a destructor.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        timeouts.limit_sessions()
        process_name.call("forwarder")
        s3_events.forward()
