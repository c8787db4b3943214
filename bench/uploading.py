"""A client that uploads files as vendors do and polls the database until the uploads have ended."""

import io
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from imports.intake.receive import open_upload, store
from imports.models import Upload
from imports.storage import s3
from vendors.models import Vendor

POLL_INTERVAL_SECONDS = 0.01
TIMEOUT_SECONDS = 900.0


class StillRunning(Exception):
    """An upload did not end in time."""


class NotImported(Exception):
    """An upload did not end as expected, so its duration means nothing."""


@dataclass(frozen=True)
class Ended:
    """An upload that has ended; durations as measured by the client."""

    upload: Upload
    seconds: float  # to the final status
    with_mail: float | None = None  # until the email was sent


def vendor(vendor_id: str) -> Vendor:
    """The vendor with this ID, created if necessary."""
    return Vendor.objects.get_or_create(
        vendor_id=vendor_id,
        defaults={"name": f"Bench {vendor_id}", "contact_email": f"{vendor_id}@bench.example"},
    )[0]


def send(body: bytes, vendor_id: str, *, mode: str = "create") -> str:
    """Upload a file as the web form does; return its ID as soon as S3 has the object."""
    upload = open_upload(
        vendor=vendor(vendor_id),
        dataset="products",
        mode=mode,
        file_name=f"bench-{uuid4().hex[:8]}.csv",
        size=len(body),
        by=None,
    )
    store(upload, io.BytesIO(body))
    return upload.upload_id


def import_one(body: bytes, vendor_id: str, *, mail: bool = True, mode: str = "create") -> Ended:
    """Upload a file and wait until its run has ended. Raises StillRunning."""
    began = time.perf_counter()
    upload_id = send(body, vendor_id, mode=mode)
    wait_until(upload_id, "completed_at")
    seconds = time.perf_counter() - began
    with_mail = None
    if mail:
        wait_until(upload_id, "notified_at")
        with_mail = time.perf_counter() - began
    return Ended(Upload.objects.get(pk=upload_id), seconds, with_mail)


def drop_one(body: bytes, key: str) -> Ended:
    """Put a file into the bucket and wait until its run has ended."""
    began = time.perf_counter()
    version = s3.put(settings.S3_BUCKET, key, io.BytesIO(body), "application/octet-stream")
    upload_id = wait_for_row(key, version)
    wait_until(upload_id, "completed_at")
    return Ended(Upload.objects.get(pk=upload_id), time.perf_counter() - began)


def wait_for_row(key: str, version: str) -> str:
    """The ID of the upload created from the object's event. Raises StillRunning."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        found = Upload.objects.filter(s3_key=key, s3_version=version).values_list("pk", flat=True)
        if upload_id := found.first():
            return upload_id
        time.sleep(POLL_INTERVAL_SECONDS)
    raise StillRunning(f"no upload of {key} after {TIMEOUT_SECONDS:.0f} s")


def check(upload: Upload, rows: int) -> None:
    """Raise NotImported unless all `rows` were validated and most of them were imported."""
    if upload.processed_records != rows or upload.valid_records < rows * 0.9:
        raise NotImported(f"{upload.upload_id}: {upload.status} {upload.failure_message}")


def wait_until(upload_id: str, happened: str) -> datetime:
    """Wait until this column of the upload contains a time. Raises StillRunning."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    look = Upload.objects.filter(pk=upload_id).values_list(happened, flat=True)
    while time.monotonic() < deadline:
        at: datetime | None = look.get()
        if at is not None:
            return at
        time.sleep(POLL_INTERVAL_SECONDS)
    raise StillRunning(f"{upload_id}: no {happened} after {TIMEOUT_SECONDS:.0f} s")


def wait_for_quiet() -> None:
    """Wait until no work is left. Raises StillRunning."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while Upload.objects.exclude(step=Upload.Step.DONE).exists():
        if time.monotonic() > deadline:
            raise StillRunning("some uploads have not ended")
        time.sleep(POLL_INTERVAL_SECONDS)


def empty_catalog() -> None:
    """Delete all products and what is recorded about them, so that runs start in one state."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE products, product_changes, content_confirmations")
