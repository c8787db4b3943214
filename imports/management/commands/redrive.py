"""Return dead letters to their queue, after the cause has been mended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports.monitoring import dead_letters, queues


class Command(BaseCommand):
    help = "Return the messages of a dead-letter queue to their queue, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=sorted(queues.all_queues()))
        parser.add_argument("--discard", action="store_true", help="delete them instead")

    def handle(self, *args: Any, **options: Any) -> None:
        queue = options["queue"]
        count = dead_letters.empty(queue, give_back=not options["discard"])
        what = "discarded" if options["discard"] else f"returned to queue {queue}"
        self.stdout.write(f"{count} messages {what}")
