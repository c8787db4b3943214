"""Check a file through the whole released system, so that a release knows that it imports."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.intake import receive
from imports.management.wait import TimedOut, has_final_status, wait_for
from imports.models import Upload
from imports.reports.result import in_words
from vendors.models import Vendor

VENDOR_ID = "CANARY"
# SES accepts mail to its simulator also in the sandbox, and counts none of it.
MAILBOX = "success@simulator.amazonses.com"
FILE = (
    "Vendor Product ID,Product Name,Category,SKU,Price,Stock Quantity\n"
    "CANARY-1,Canary,Canary,CANARY-1,1.00,1\n"
)


class Command(BaseCommand):
    help = (
        "Send a file of one row through bucket, queues and worker, as a check that imports "
        f"nothing, for a vendor {VENDOR_ID} that is created for it. Fails if it does not end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=300, help="how long to wait, in seconds"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        upload_id = sent()
        try:
            upload = wait_for(
                {"upload_id": upload_id}, has_final_status, seconds=options["timeout"]
            )
        except TimedOut as late:
            stopped = f"status {late.upload.status}, step {late.upload.step}" if late.upload else ""
            raise CommandError(
                f"{upload_id} has not ended within {options['timeout']:g} s: {stopped}"
            ) from late
        self.stdout.write(in_words(upload))
        # Whether the category exists is not the question: the row was read and judged.
        if upload.failure_code or upload.total_records != 1:
            sys.exit(1)


def sent() -> str:
    """Send the file; returns the ID of its upload."""
    vendor, _ = Vendor.objects.get_or_create(
        vendor_id=VENDOR_ID,
        defaults={"name": "Canary of the releases", "contact_email": MAILBOX},
    )
    with tempfile.TemporaryDirectory() as made:
        file = Path(made, "canary.csv")
        file.write_text(FILE)
        upload = receive.open_upload(
            vendor=vendor,
            dataset="products",
            mode=Upload.Mode.CREATE,
            only_check=True,
            file_name=file.name,
            size=file.stat().st_size,
            by=None,
        )
        with file.open("rb") as body:
            receive.store(upload, body)
    return upload.upload_id
