"""Retry and cancel. Each is recorded in `upload_actions` with the user and the time."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now

from imports.destinations import claimed_keys
from imports.execution.hints import send_hint
from imports.models import Action, RowError, Upload
from imports.rules.quantities import minutes
from vendors.models import Vendor

MOST_RETRIES = 10  # of one upload, within PACE
PACE = timedelta(minutes=10)


class NotPossible(Exception):
    """The upload's state does not allow the action. The message is shown to the user."""


def retry(upload_id: str, *, by: User | None) -> Upload:
    """Start the next run from the beginning. Rows already imported stay and count as valid.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload_id)
        if not upload.can_be_retried:
            raise NotPossible(why_not_retried(upload))
        keep_pace(upload)
        RowError.objects.filter(upload=upload).delete()
        claimed_keys.forget(upload)
        # The vendor may have been added since the last run.
        upload.vendor = upload.vendor or Vendor.objects.filter(pk=upload.vendor_prefix).first()
        upload.start_run()
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.RETRY, by=by)
        transaction.on_commit(send_hint, robust=True)
    return upload


def keep_pace(upload: Upload) -> None:
    """Raise NotPossible after too many runs in too short a time; each sends an email.

    Cancellations need no limit of their own, because each ends a run.
    """
    since = now() - PACE
    recent = Action.objects.filter(upload=upload, kind=Action.Kind.RETRY, at__gt=since)
    times = list(recent.order_by("at").values_list("at", flat=True))
    if len(times) >= MOST_RETRIES:
        wait = minutes(max(60.0, (times[-MOST_RETRIES] - since).total_seconds()))
        raise NotPossible(
            f"This upload was retried {MOST_RETRIES} times in {minutes(PACE.total_seconds())}. "
            f"Try again in {wait}."
        )


def why_not_retried(upload: Upload) -> str:
    if not upload.has_ended:
        return "This upload is still in progress. Wait for it to end, or cancel it."
    if upload.is_being_finished:
        return "This upload is being finished. Try again in a moment."
    if upload.status == Upload.Status.COMPLETED:
        return "All rows of this upload were imported. There is nothing to retry."
    return "The file is not stored. Upload it again."


def cancel(upload_id: str, *, by: User | None) -> Upload:
    """Stop the run. Rows already imported stay; the report covers the rows processed so far.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload_id)
        if not upload.can_be_cancelled:
            raise NotPossible("This upload has already ended.")
        upload.cancel()
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.CANCEL, by=by)
        transaction.on_commit(send_hint, robust=True)
    return upload
