"""Show the whole way of a file with mistakes: summary, report and e-mail, and that they agree."""

import csv
import io
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.crypto import get_random_string

from imports import objects
from imports.models import Notification, Upload
from imports.results import in_words
from imports.steps import receive
from imports.waiting import is_done, wait_for
from vendors.models import Vendor

# {n} is another number in each run, so that the demo can be repeated.
SAMPLE = """\
Vendor Product ID*,Product Name*,Category*,SKU*,Price*,Stock Quantity*,Brand
GG-{n}-01,Watering can 10 l,Garden & Outdoor,CAN-{n},24.90,40,Grove
GG-{n}-02,Bird house,Garden & Outdoor,BIRD-{n},-10.00,12,Grove
GG-{n}-03,Hand trowel,Garden & Outdor,TROWEL-{n},9.50,80,Grove
GG-{n}-04,Tässchen,Home & Kitchen,CUP-{n},"1,800",3,
GG-{n}-05,Garden gloves,garden & outdoor,GLOVES-{n},12.00,100,Grove
GG-{n}-06,,Garden & Outdoor,HOSE-{n},39.00,7.5,Grove
GG-{n}-07,Rain gauge,Garden & Outdoor,CAN-{n},6.20,55,Grove
GG-{n}-08,Solar lantern,Home & Kitchen,LANTERN-{n},18.75,33,
"""
SECONDS = 120


class Command(BaseCommand):
    help = "Upload a sample with mistakes through the real path and show what its vendor is told."

    def handle(self, *args: Any, **options: Any) -> None:
        upload = self._upload(SAMPLE.format(n=get_random_string(5, "0123456789")))
        upload = wait_for({"upload_id": upload.upload_id}, is_done, seconds=SECONDS)
        report = read_report(upload)
        mail = Notification.objects.get(upload=upload, run=upload.run)

        self._show("Summary", in_words(upload))
        self._show(f"Error report: {upload.error_file_s3_key}", report)
        self._show(f"E-mail to {mail.to} ({mail.state})", f"{mail.subject}\n\n{mail.text_body}")
        if mistakes := disagreements(upload, report, mail):
            self.stderr.write("\n".join(mistakes))
            sys.exit(1)

    def _upload(self, text: str) -> Upload:
        body = io.BytesIO(text.encode())
        upload = receive.open_upload(
            vendor=Vendor.objects.get(pk="VEND002"),
            dataset="products",
            mode=Upload.Mode.CREATE,
            file_name="garden.csv",
            size=len(body.getvalue()),
            by=None,
        )
        receive.store(upload, body)
        return upload

    def _show(self, title: str, text: str) -> None:
        self.stdout.write(f"\n── {title} {'─' * max(0, 90 - len(title))}\n\n{text.strip()}\n")


def read_report(upload: Upload) -> str:
    """The report as it is served."""
    answer = objects.client().get_object(
        Bucket=upload.s3_bucket, Key=upload.error_file_s3_key, VersionId=upload.error_file_version
    )
    return answer["Body"].read().decode("utf-8-sig")


def disagreements(upload: Upload, report: str, mail: Notification) -> list[str]:
    """What the summary, the report and the e-mail say differently."""
    rows = {line["Row Number"] for line in csv.DictReader(io.StringIO(report))}
    found = []
    if upload.valid_records + upload.error_records != upload.total_records:
        found.append("the summary does not add up")
    if len(rows) != upload.error_records:
        found.append(f"the report has {len(rows)} rows, the summary {upload.error_records}")
    if f"Invalid Products: {upload.error_records} (" not in mail.text_body:
        found.append("the e-mail has another number of invalid products")
    if mail.state != Notification.State.SENT:
        found.append(f"the e-mail is {mail.state}")
    return found
