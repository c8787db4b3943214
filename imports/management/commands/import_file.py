"""Import a file as a vendor would: through the bucket, the queues and a worker."""

import json
import sys
from pathlib import Path
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from imports import datasets
from imports.dataset import Dataset
from imports.intake import receive
from imports.management.wait import TimedOut, has_final_status, wait_for
from imports.models import Upload
from imports.reports.result import in_words, result_of
from imports.storage import s3
from vendors.models import Vendor

MODES = [mode for mode in Upload.Mode.values if mode != Upload.Mode.UNDO]
COMPLETED, PARTIAL, FAILED, HELD, USAGE, TIMED_OUT = 0, 1, 2, 3, 64, 75
EXIT_CODES = {
    Upload.Status.COMPLETED: COMPLETED,
    Upload.Status.PARTIAL: PARTIAL,
    Upload.Status.HELD: HELD,
}


class Command(BaseCommand):
    help = (
        "Import a file as a vendor would, wait until it has ended and print the result. Exit code: "
        "0 completed, 1 partial, 2 failed or canceled, 3 held until a person releases it, 64 "
        "usage, 75 timed out."
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
        parser.add_argument(
            "--vendor",
            help="the vendor's ID, such as VEND001; required for data sets that belong to a vendor",
        )
        parser.add_argument(
            "--dataset", default="products", choices=sorted(datasets.all_datasets())
        )
        parser.add_argument("--mode", default="create", choices=MODES)
        parser.add_argument(
            "--check", action="store_true", help="show what the mode would do, and import nothing"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--timeout", type=float, default=600, help="how long to wait, in seconds"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        if not path.is_file():
            self._refuse(f"no such file: {path}")
        dataset = datasets.get(options["dataset"])
        if dataset.by_vendor and not options["vendor"]:
            self._refuse(f"{dataset.nouns} belong to a vendor: give one with --vendor")
        if options["vendor"] and not dataset.by_vendor:
            self.stderr.write(
                f"import_file: {dataset.nouns} do not belong to a vendor; ignoring --vendor"
            )
        if options["mode"] not in dataset.modes:
            self._refuse(f"--mode for {dataset.nouns} must be {' or '.join(dataset.modes)}")
        if options["check"] and not dataset.can_check:
            self._refuse(f"--check is not possible for {dataset.nouns}")
        which = self._put(path, dataset, options)
        try:
            upload = wait_for(which, has_final_status, seconds=options["timeout"])
            code = EXIT_CODES.get(Upload.Status(upload.status), FAILED)
        except TimedOut as late:
            if late.upload is None:
                self.stderr.write("import_file: timed out; S3's event for the file has not arrived")
                sys.exit(TIMED_OUT)
            upload, code = late.upload, TIMED_OUT
        if options["json"]:
            self.stdout.write(json.dumps(result_of(upload), indent=2))
        else:
            self.stdout.write(in_words(upload))
        sys.exit(code)

    def _refuse(self, message: str) -> NoReturn:
        self.stderr.write(f"import_file: {message}")
        sys.exit(USAGE)

    def _put(self, path: Path, dataset: Dataset, options: dict[str, Any]) -> dict[str, str]:
        """Store the file; returns what finds its upload."""
        vendor = None
        with path.open("rb") as file:
            if dataset.by_vendor:
                vendor = Vendor.objects.filter(pk=options["vendor"]).first()
                if vendor is None:
                    return self._drop(file, path, dataset, options["vendor"])
            upload = receive.open_upload(
                vendor=vendor,
                dataset=dataset.key,
                mode=options["mode"],
                only_check=options["check"],
                file_name=path.name,
                size=path.stat().st_size,
                by=None,
            )
            receive.store(upload, file)
            return {"upload_id": upload.upload_id}

    @staticmethod
    def _drop(file: IO[bytes], path: Path, dataset: Dataset, vendor_id: str) -> dict[str, str]:
        """Put the file where an unknown vendor would: no upload can be opened for them, and the
        pipeline reports what is wrong with the object."""
        folder = f"{dataset.prefix}{vendor_id}/{receive.new_upload_id()}"  # for a key of its own
        key = f"{folder}/{receive.clean_file_name(path.name)}"
        media_type = dataset.format.media_type_of(path.name)
        s3.put_new(settings.S3_BUCKET, key, file, media_type, {})
        return {"s3_key": key}
