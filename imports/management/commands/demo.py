"""Import a file with errors; show its summary, report and email, and check that they agree."""

import csv
import io
import re
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.crypto import get_random_string

from imports import datasets
from imports.management.wait import is_done, wait_for
from imports.models import Notification, Upload
from imports.reports.result import in_words
from imports.rules.people import age_on
from imports.storage import s3

# A directory for each data set, with one file. {n} in it is another number in each run, and {word}
# another word, so that the demo can be repeated; {age 1990-04-30} is right on every day.
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
VENDOR = "VEND002"
SECONDS = 120
AGE = re.compile(r"\{age ([0-9]{4}-[0-9]{2}-[0-9]{2})\}")


class Command(BaseCommand):
    help = "Import a sample file with errors and show its summary, error report and email."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dataset", default="products", choices=sorted(path.name for path in samples())
        )

    def handle(self, *args: Any, **options: Any) -> None:
        upload = wait_for(drop(options["dataset"]), is_done, seconds=SECONDS)
        report = read_report(upload) if upload.error_file_version else ""
        mail = Notification.objects.filter(upload=upload, run=upload.run).earliest("pk")

        self._show(f"Imported: {upload.s3_key}", in_words(upload))
        if report:
            self._show(f"Error report: {upload.error_file_s3_key}", report)
        self._show(
            f"Email to {mail.to} ({mail.get_state_display()})",
            f"{mail.subject}\n\n{mail.text_body}",
        )
        if mistakes := disagreements(upload, report, mail):
            self.stderr.write("\n".join(mistakes))
            sys.exit(1)

    def _show(self, title: str, text: str) -> None:
        self.stdout.write(f"\n── {title} {'─' * max(0, 90 - len(title))}\n\n{text.strip()}\n")


def samples() -> Iterable[Path]:
    """The directory of each data set that has a sample."""
    return (path for path in SAMPLES.iterdir() if path.is_dir())


def drop(key: str) -> dict[str, str]:
    """Put the sample of a data set where a vendor, or a program, would; returns what finds its
    upload."""
    dataset = datasets.get(key)
    (sample,) = (path for path in (SAMPLES / key).iterdir() if path.is_file())
    number = get_random_string(5, "123456789")
    body = filled_in(sample.read_text(encoding="utf-8"), number).encode()
    folder = f"{VENDOR}/" if dataset.by_vendor else ""
    s3_key = f"{dataset.prefix}{folder}{sample.stem}-{number}{sample.suffix}"
    version = s3.put(settings.S3_BUCKET, s3_key, body, "application/octet-stream")
    return {"s3_key": s3_key, "s3_version": version}


def filled_in(text: str, number: str) -> str:
    word = "".join(chr(ord("a") + int(digit)) for digit in number).title()
    text = text.replace("{n}", number).replace("{word}", word)
    today = datetime.now(UTC).date()
    return AGE.sub(lambda found: str(age_on(today, date.fromisoformat(found[1]))), text)


def read_report(upload: Upload) -> str:
    """The report as it is served."""
    answer = s3.client().get_object(
        Bucket=upload.s3_bucket, Key=upload.error_file_s3_key, VersionId=upload.error_file_version
    )
    return answer["Body"].read().decode("utf-8-sig")


def disagreements(upload: Upload, report: str, mail: Notification) -> list[str]:
    """Where the summary, the report and the email disagree."""
    found = []
    some_are_in = upload.status in {Upload.Status.COMPLETED, Upload.Status.PARTIAL}
    if some_are_in and upload.processed_records != upload.total_records:
        found.append("the summary does not add up")
    if (rows := rejected(report)) != upload.error_records:
        found.append(
            f"the report is about {rows:,} rows, the summary about {upload.error_records:,}"
        )
    nouns = datasets.get(upload.dataset).nouns.title()
    if f"Invalid {nouns}: {upload.error_records} (" not in mail.text_body:
        found.append(f"the email has a different number of invalid {nouns}")
    if mail.state != Notification.State.SENT:
        found.append(f"the email is in state {mail.state}")
    return found


def rejected(report: str) -> int:
    """How many rows a report is about: it has a line for each error, or for each row."""
    lines = list(csv.DictReader(io.StringIO(report, newline="")))
    by_error = {line["Row Number"] for line in lines if "Row Number" in line}
    return len(by_error) or len(lines)
