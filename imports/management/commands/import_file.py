"""Import a file as a vendor would: through the bucket, the queues and a worker."""

import json
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from imports import datasets, objects
from imports.models import Upload
from imports.results import result_of
from imports.steps import receive
from imports.summary import error_groups
from vendors.models import Vendor

COMPLETED, PARTIAL, FAILED, USAGE, TIMED_OUT = 0, 1, 2, 64, 75
EXIT_CODES = {Upload.Status.COMPLETED: COMPLETED, Upload.Status.PARTIAL: PARTIAL}
LOOK_EVERY = 0.05  # seconds


class Command(BaseCommand):
    help = (
        "Put a file where a vendor would, wait for its end, print the result. Exit code: "
        "0 completed, 1 partial, 2 failed or cancelled, 64 usage, 75 timed out."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> NoReturn:  # argparse's own exit code would be 2, "failed"
            parser.print_usage(sys.stderr)
            parser.exit(USAGE, f"{parser.prog}: {message}\n")

        setattr(parser, "error", error)  # noqa: B010 - mypy does not allow a method to be assigned
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--vendor", required=True, help="for whom, such as VEND001")
        parser.add_argument(
            "--dataset", default="products", choices=sorted(datasets.all_datasets())
        )
        parser.add_argument("--mode", default="create", choices=[m.value for m in Upload.Mode])
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--timeout", type=float, default=600, help="seconds to wait for the end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        if not path.is_file():
            self.stderr.write(f"import_file: there is no file {path}")
            sys.exit(USAGE)
        upload = self._wait(self._put(path, options), options["timeout"])
        if options["json"]:
            self.stdout.write(json.dumps(result_of(upload), indent=2))
        else:
            self.stdout.write(in_words(upload))
        sys.exit(
            EXIT_CODES.get(Upload.Status(upload.status), FAILED) if upload.has_ended else TIMED_OUT
        )

    def _put(self, path: Path, options: dict[str, Any]) -> dict[str, str]:
        """Store the file; returns what finds its upload."""
        vendor = Vendor.objects.filter(pk=options["vendor"]).first()
        with path.open("rb") as file:
            if vendor is None:
                # Nobody can open an upload for a vendor we do not know; a dropped object shows
                # what the pipeline makes of it.
                name = receive.clean_file_name(path.name)
                key = f"{datasets.get(options['dataset']).prefix}{options['vendor']}/{name}"
                version = objects.put(settings.S3_BUCKET, key, file, "text/csv")
                return {"s3_key": key, "s3_version": version}
            upload = receive.open_upload(
                vendor=vendor,
                dataset=options["dataset"],
                mode=options["mode"],
                file_name=path.name,
                size=path.stat().st_size,
                by=None,
            )
            receive.store(upload, file)
            return {"upload_id": upload.upload_id}

    def _wait(self, which: dict[str, str], timeout: float) -> Upload:
        """The upload when it has ended, or as it is when time is up."""
        deadline = time.monotonic() + timeout
        while True:
            upload = Upload.objects.filter(**which).first()
            is_late = time.monotonic() > deadline
            if upload is not None and (is_late or upload.completed_at is not None):
                return upload
            if is_late:
                self.stderr.write("import_file: the object's event has not arrived")
                sys.exit(TIMED_OUT)
            time.sleep(LOOK_EVERY)


def in_words(upload: Upload) -> str:
    """The result as people read it."""
    lines = [
        f"{upload.upload_id}  {upload.status.upper()}",
        f"{upload.file_name}: {upload.total_records} rows, {upload.valid_records} valid, "
        f"{upload.error_records} with errors"
        + (f", {upload.not_processed} not processed" if upload.not_processed else ""),
    ]
    if upload.failure_code:
        lines.append(f"{upload.failure_code}: {upload.failure_message}")
    lines += [
        f"  {group.error_type:<28} {group.count:>5}  rows {group.rows}: {group.first_message}"
        for group in error_groups(upload)
    ]
    if upload.error_file_s3_key:
        lines.append(f"report: {upload.error_file_s3_key}")
    return "\n".join(lines)
