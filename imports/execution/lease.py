"""Who works on which upload, and until when: claim, fence, renew, give back.

All clocks are the database's.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from imports.execution.failpoints import failpoint
from imports.execution.hints import send_hint
from imports.models import Upload

# The upload it is fairest to serve: of the vendor with the fewest running slices, then with the
# fewest rows left (guessed from the file's size until they are counted), then the oldest.
# A lease that ran out is a holder that was lost, and counts as a failed attempt: a file that kills
# every worker that touches it must come to an end too.
CLAIM = """
WITH running AS (
    SELECT vendor_prefix, count(*) AS slices FROM upload_history
    WHERE lease_until > statement_timestamp() GROUP BY vendor_prefix
), due AS MATERIALIZED (
    SELECT upload_id FROM upload_history AS u LEFT JOIN running USING (vendor_prefix)
    WHERE next_attempt_at <= statement_timestamp()
      AND (lease_until IS NULL OR lease_until <= statement_timestamp())
    ORDER BY coalesce(running.slices, 0),
             CASE step WHEN 'stage' THEN coalesce(file_size, 0) / 100
                       ELSE total_records - valid_records - error_records - skipped_records END,
             upload_timestamp
    LIMIT 1 FOR UPDATE OF u SKIP LOCKED
)
UPDATE upload_history AS u
SET token = token + 1,
    attempts = attempts + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END,
    lease_until = statement_timestamp() + make_interval(secs => %(lease)s),
    status = CASE status WHEN 'received' THEN 'processing' ELSE status END,
    started_at = coalesce(started_at, statement_timestamp())
FROM due WHERE u.upload_id = due.upload_id
RETURNING u.upload_id, u.token
"""


class Fenced(Exception):
    """Somebody else holds the upload now: it was claimed again, cancelled or retried."""


class HoldersLost(Exception):
    """Worker after worker ended without a word while it held this upload, as when the system kills
    a process for its memory."""


class Work:
    """One slice of work on one claimed upload.

    `upload` is the row as the last transaction left it; read it, never save it. All changes go
    through `batch()`. The slice is `over` when its time is used up or the upload is done.
    """

    def __init__(self, upload_id: str, token: int) -> None:
        self.upload_id = upload_id
        self.token = token
        self.deadline = time.monotonic() + settings.SLICE_SECONDS
        self.over = False
        self.upload = Upload.objects.select_related("vendor").get(pk=upload_id)

    @contextmanager
    def batch(self, *, hold: bool = False) -> Iterator[Upload]:
        """One transaction with the upload's row locked; what the block changes on it is saved.

        Renews the lease, or gives it back when the slice is used up; with `hold` it is kept in any
        case, because what follows outside the transaction must be done by us. Counts attempts from
        zero again when the upload has moved on. Raises Fenced before the block when the token is
        no longer ours.
        """
        with transaction.atomic():
            upload = locked(self.upload_id, self.token)
            before = (upload.step, upload.cursor)
            yield upload
            if (upload.step, upload.cursor) != before:
                upload.attempts = 0
            self._settle(upload, hold=hold)
            upload.save()
            transaction.on_commit(lambda: failpoint(f"{before[0]}.before_hint"))
            if self.over and upload.step != Upload.Step.DONE:
                transaction.on_commit(send_hint, robust=True)
            failpoint(f"{before[0]}.before_commit")
        failpoint(f"{before[0]}.after_commit")
        self.upload = Upload.objects.select_related("vendor").get(pk=self.upload_id)

    def stop_if_deadly(self) -> None:
        """Raise HoldersLost when nobody who took this up has come back for too many times."""
        if self.upload.attempts >= settings.MAX_ATTEMPTS:
            raise HoldersLost(f"{self.upload.attempts} workers were lost")

    def renew(self) -> None:
        """Keep the lease through work outside a transaction. Raises Fenced."""
        renewed = Upload.objects.filter(pk=self.upload_id, token=self.token).update(
            lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS)
        )
        if not renewed:
            raise Fenced(self.upload_id)

    def _settle(self, upload: Upload, *, hold: bool) -> None:
        if upload.step == Upload.Step.DONE:
            upload.finish()
            self.over = True
        elif time.monotonic() >= self.deadline and not hold:
            upload.reschedule()
            self.over = True
        else:
            upload.extend_lease(seconds=settings.LEASE_SECONDS)


def locked(upload_id: str, token: int) -> Upload:
    """The upload's row, locked to the end of the transaction. Raises Fenced."""
    upload = Upload.objects.select_for_update().filter(pk=upload_id, token=token).first()
    if upload is None:
        raise Fenced(upload_id)
    return upload


def claim() -> Work | None:
    """Take the due upload it is fairest to serve, or None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": settings.LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        return None
    failpoint("claim.after")
    return Work(*row)
