"""Retry and cancel. Each is recorded in `upload_actions` with the user and the time."""

from django.contrib.auth.models import User
from django.db import OperationalError, transaction

from imports.destinations import claimed_keys
from imports.execution.hints import send_hint
from imports.execution.retry_policy import waited_too_long_for_lock
from imports.models import Action, ErrorCounts, RowError, Upload
from vendors.models import Vendor


class NotPossible(Exception):
    """The upload's state does not allow the action. The message is shown to the user."""


def locked(upload_id: str) -> Upload:
    """The upload's row, locked. Raises NotPossible if a worker keeps it locked, which passes, or
    Upload.DoesNotExist."""
    try:
        return Upload.objects.select_for_update().get(pk=upload_id)
    except OperationalError as error:
        if not waited_too_long_for_lock(error):
            raise
        raise NotPossible(
            "We’re working on this upload right now. Wait a few seconds, then try again."
        ) from error


def retry(upload_id: str, *, by: User | None) -> Upload:
    """Start the next run from the beginning. Rows already imported stay and count as valid.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked(upload_id)
        if not upload.can_be_retried:
            raise NotPossible(why_not_retried(upload))
        RowError.objects.filter(upload=upload).delete()
        ErrorCounts.objects.filter(upload=upload).delete()
        claimed_keys.forget(upload)
        # The vendor may have been added since the last run.
        upload.vendor = upload.vendor or Vendor.objects.filter(pk=upload.vendor_prefix).first()
        upload.start_run()
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.RETRY, by=by)
        transaction.on_commit(send_hint, robust=True)
    return upload


def why_not_retried(upload: Upload) -> str:
    if not upload.has_ended:
        return "This upload is still in progress. Wait for it to end, or cancel it."
    if upload.is_being_finished:
        return "This upload is being finished. Try again in a moment."
    if upload.status == Upload.Status.COMPLETED:
        return "All rows of this upload were imported. There is nothing to retry."
    return "The file is no longer stored. Upload it again."


def cancel(upload_id: str, *, by: User | None) -> Upload:
    """Stop the run. Rows already imported stay; the report covers the rows processed so far.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked(upload_id)
        if not upload.can_be_cancelled:
            raise NotPossible("This upload has already ended.")
        upload.cancel()
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.CANCEL, by=by)
        transaction.on_commit(send_hint, robust=True)
    return upload
