"""Say what another limit would do to the rows of the last days."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.rehearsal.changes import NoSuchLimit, limits, of_limit
from imports.rehearsal.flips import Flips
from imports.rehearsal.rehearse import COUNTED, rehearse


class Command(BaseCommand):
    help = (
        "Say which rows of products of the last 30 days would be rejected, and which rejected rows "
        "imported, if a column had another limit. Nothing is changed: limits are declared in "
        "imports/datasets/products.py."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--limit",
            default="",
            metavar="COLUMN.LIMIT=VALUE",
            help="such as price.max=5000 or product_name.length=80; without it, lists all limits",
        )
        parser.add_argument(
            "--seconds", type=float, default=600, help="how long rejected rows may be judged"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["limit"]:
            for name, rule, attribute in limits():
                self.stdout.write(f"{name}={getattr(rule, attribute)}")
            return
        try:
            change = of_limit(options["limit"])
        except NoSuchLimit as error:
            raise CommandError(str(error)) from None
        found = rehearse(change, seconds=options["seconds"])
        self.stdout.write(found.in_words)
        for title, flips in (("rejected", found.rejected), ("imported", found.accepted)):
            self._list(title, flips)
        for sentence in (*found.unknown, str(COUNTED)):
            self.stdout.write(sentence)

    def _list(self, title: str, flips: Flips) -> None:
        """The rows by vendor, and the newest of them."""
        for vendor, rows in flips.vendors:
            self.stdout.write(f"  {vendor}: {rows:,} {title}")
        for each in flips.examples:
            where = f"{each.upload_id}, row {each.row}" if each.row else each.upload_id
            self.stdout.write(f"  {each.vendor_id}, {each.name}: {each.value} ({where})")
