"""Leases: which worker may work on an upload, and until when (heartbeat.py renews them).

All times are by the database's clock.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from imports.execution.failpoints import failpoint
from imports.execution.fair_order import CLAIM
from imports.execution.hints import send_hint
from imports.models import Upload

# Its text is made once: the compiler of queries takes longer for these columns than PostgreSQL.
LOCKED = "SELECT * FROM upload_history WHERE upload_id = %s AND token = %s FOR UPDATE"


class Fenced(Exception):
    """The token has risen: the upload was claimed by another worker, canceled or retried."""


class WorkersLost(Exception):
    """Several workers in a row ended while they held this upload and recorded no failure, as when
    the system kills a process that uses too much memory."""


class Work:
    """One slice of work on one claimed upload.

    `upload` is the row as of the last transaction, but for the times that the database computes:
    read it, never save it. All changes go through `batch()`. The slice is `over` when its time is
    used up or the upload is done.
    """

    def __init__(self, upload_id: str, token: int) -> None:
        self.upload_id = upload_id
        self.token = token
        self.deadline = time.monotonic() + settings.SLICE_SECONDS
        self.over = False
        self.upload = Upload.objects.select_related("vendor").get(pk=upload_id)

    @contextmanager
    def batch(self, *, hold: bool = False) -> Iterator[Upload]:
        """One transaction with the upload's row locked. The block's changes to the row are saved.

        Renews the lease, or releases it if the slice's time is used up. With `hold`, the lease is
        always renewed, because this worker must also do what follows the transaction. Resets
        `attempts` if the upload has progressed. Raises Fenced before the block if another worker
        has a newer token.

        A batch within a step does not wait until the disk has it. A crash of the server can take
        it back as a whole, rows and cursor, and only with everything that was committed after it.
        """
        with transaction.atomic():
            upload = locked(self.upload_id, self.token)
            if upload.vendor_id == self.upload.vendor_id:
                upload.vendor = self.upload.vendor  # as it was when the slice began
            before = dict(vars(upload))
            yield upload
            if (upload.step, upload.cursor) != (before["step"], before["cursor"]):
                upload.attempts = 0
            if upload.step == before["step"]:
                without_waiting()
            self._renew_or_release(upload, hold=hold)
            upload.save(update_fields=changed(upload, before))
            transaction.on_commit(lambda: failpoint(f"{before['step']}.before_hint"))
            if self.over and upload.step != Upload.Step.DONE:
                transaction.on_commit(send_hint, robust=True)
            failpoint(f"{before['step']}.before_commit")
        self.upload = upload
        failpoint(f"{before['step']}.after_commit")

    def fail_if_workers_are_lost(self) -> None:
        """Raise WorkersLost if too many workers in a row were lost while they held the upload."""
        if self.upload.attempts >= settings.MAX_ATTEMPTS:
            raise WorkersLost(f"{self.upload.attempts} workers were lost")

    def _renew_or_release(self, upload: Upload, *, hold: bool) -> None:
        if upload.step == Upload.Step.DONE:
            upload.finish()
            self.over = True
        elif time.monotonic() >= self.deadline and not hold:
            upload.reschedule()
            self.over = True
        else:
            upload.extend_lease(seconds=settings.LEASE_SECONDS)


def without_waiting() -> None:
    """Let the transaction end before it is on the disk, as the next one that waits will put it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def locked(upload_id: str, token: int) -> Upload:
    """The upload's row, locked until the end of the transaction. Raises Fenced."""
    for upload in Upload.objects.raw(LOCKED, [upload_id, token]):
        return upload
    raise Fenced(upload_id)


def changed(upload: Upload, before: dict[str, Any]) -> list[str]:
    """The fields that differ from what they were, and those that may have been changed in place."""
    return [
        name
        for name in (field.attname for field in upload._meta.concrete_fields)
        if isinstance(value := getattr(upload, name), dict | list) or value is not before[name]
    ]


def claim() -> Work | None:
    """Claim the due upload that is next in fair order; None when nothing is due."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": settings.LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        return None
    failpoint("claim.after")
    return Work(*row)
