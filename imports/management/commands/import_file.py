"""Import a file as a vendor would: through the bucket, the queues and a worker."""

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from imports import datasets, objects
from imports.models import Upload
from imports.results import in_words, result_of
from imports.steps import receive
from imports.waiting import TimedOut, has_final_status, wait_for
from vendors.models import Vendor

COMPLETED, PARTIAL, FAILED, USAGE, TIMED_OUT = 0, 1, 2, 64, 75
EXIT_CODES = {Upload.Status.COMPLETED: COMPLETED, Upload.Status.PARTIAL: PARTIAL}


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
        which = self._put(path, options)
        try:
            upload = wait_for(which, has_final_status, seconds=options["timeout"])
            code = EXIT_CODES.get(Upload.Status(upload.status), FAILED)
        except TimedOut as late:
            if late.upload is None:
                self.stderr.write("import_file: the object's event has not arrived")
                sys.exit(TIMED_OUT)
            upload, code = late.upload, TIMED_OUT
        if options["json"]:
            self.stdout.write(json.dumps(result_of(upload), indent=2))
        else:
            self.stdout.write(in_words(upload))
        sys.exit(code)

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
