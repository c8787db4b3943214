"""Return dead letters to their queue, after the cause has been fixed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports.monitoring import dead_letters, queues


class Command(BaseCommand):
    help = "Return the messages of a dead-letter queue to their queue, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=sorted(queues.all_queues()))
        parser.add_argument("--discard", action="store_true", help="delete the messages instead")

    def handle(self, *args: Any, **options: Any) -> None:
        queue = options["queue"]
        count = dead_letters.empty(queue, give_back=not options["discard"])
        messages = "1 message" if count == 1 else f"{count:,} messages"
        done = "Discarded" if options["discard"] else "Returned"
        self.stdout.write(f"{done} {messages} of queue {queue}.")
