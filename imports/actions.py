"""What a person can do to an upload. Each is recorded in `upload_actions` with user and time."""

from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.utils.timezone import now

from config.database.locks import waited_too_long_for_lock
from imports.corrections.fixes import Fixes
from imports.corrections.sending import Correction, prepare
from imports.datasets import all_datasets, layout_of
from imports.destinations import claimed_keys
from imports.execution.hints import send_hint, send_mail_hint
from imports.formats.readings import Reading
from imports.intake.receive import open_undo
from imports.mapping import memory
from imports.mapping.values import remember_values
from imports.models import Action, ErrorCounts, Notification, RowError, Upload
from imports.notifications import recipients
from imports.reports.outcome import already_imported
from imports.rules.matching import Answers
from imports.rules.quantities import days, minutes
from vendors.models import Vendor

MOST_RETRIES = 10  # of one upload, within PACE
PACE = timedelta(minutes=10)
UNDO_FOR = timedelta(days=30)


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
        if not upload.can_be_retried or hasattr(upload, "undone_by"):
            raise NotPossible(why_not_retried(upload))
        run_again(upload, by=by)
    return upload


def run_again(upload: Upload, *, by: User | None) -> None:
    """Start the next run of an upload whose row is locked. Raises NotPossible."""
    keep_pace(upload)
    begin_run(upload)
    Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.RETRY, by=by)


def begin_run(upload: Upload) -> None:
    """Start the next run of an upload whose row is locked."""
    RowError.objects.filter(upload=upload).delete()
    ErrorCounts.objects.filter(upload=upload).delete()
    claimed_keys.forget(upload)
    # The vendor may have been added since the last run.
    upload.vendor = upload.vendor or Vendor.objects.filter(pk=upload.vendor_prefix).first()
    upload.start_run()
    upload.save()
    transaction.on_commit(send_hint, robust=True)


def import_as_mapped(upload_id: str, answers: Answers, *, by: User | None) -> Upload:
    """Start the next run with what a person said about the file's columns, and remember it.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked(upload_id)
        header = layout_of(upload).header
        if upload.mapping:
            answers = replace(answers, encoding=Answers.from_json(upload.mapping).encoding)
        upload = retry(upload_id, by=by)
        upload.mapping = answers.to_json()
        upload.read_differently()
        upload.save()
        memory.remember(upload, header, answers, by=by)
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.MAP, by=by)
    return upload


def import_as_read(upload_id: str, reading: Reading, *, by: User | None) -> Upload:
    """Start the next run with the encoding that a person chose, and remember it.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = retry(upload_id, by=by)
        answers = Answers({}, encoding=reading.codec)
        upload.mapping = answers.to_json()
        upload.read_differently()
        upload.save()
        memory.remember_encoding(upload, reading.header, reading.codec, by=by)
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.MAP, by=by)
    return upload


def import_as_update(upload_id: str, *, by: User | None) -> Upload:
    """Start the next run in mode update: a file of products that the vendor already has.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        if already_imported(locked(upload_id)) is None:
            raise NotPossible("Only a file that was imported before can update its products.")
        upload = retry(upload_id, by=by)
        upload.ask(Upload.Mode.UPDATE)
        upload.read_differently()
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.UPDATE, by=by)
    return upload


def import_checked(upload_id: str, *, by: User | None) -> Upload:
    """Import the file that was checked, in the mode that the check was about.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked(upload_id)
        if not upload.can_be_imported:
            raise NotPossible(why_not_imported(upload))
        mode = upload.base_mode
        run_again(upload, by=by)
        upload.ask(mode)
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.IMPORT, by=by)
    return upload


def undo(upload_id: str, *, by: User | None) -> Upload:
    """Take back what an upload did. Returns the upload that does this.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        undone = locked(upload_id)
        refuse_undo(undone)
        upload = open_undo(undone, by=by)
        Action.objects.create(upload=undone, run=undone.run, kind=Action.Kind.UNDO, by=by)
        transaction.on_commit(send_hint, robust=True)
    return upload


def correct(upload_id: str, fixes: Fixes, *, known: int, by: User | None) -> Correction:
    """Send the rejected rows of an upload that have no error any more, given what a person said,
    who knew of this many corrections.

    The upload of the correction waits for its object. Raises NotPossible, Corrected if there are
    more corrections by now, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        corrected = locked(upload_id)
        if reason := why_not_corrected(corrected):
            raise NotPossible(reason)
        if corrected.corrections.count() != known:
            raise Corrected(corrected.corrections.latest("upload_timestamp"))
        correction = prepare(corrected, fixes, now().date(), by=by)
        if correction.upload:
            Action.objects.create(
                upload=corrected, run=corrected.run, kind=Action.Kind.CORRECT, by=by
            )
            kept = {value: fixes.values[value] for value in fixes.kept}
            remember_values(corrected, kept, by=by)
    return correction


class Corrected(Exception):
    """Someone else has sent a correction in the meantime."""

    def __init__(self, correction: Upload) -> None:
        super().__init__(correction.upload_id)
        self.correction = correction


def why_not_corrected(upload: Upload) -> str:
    """Why the rejected rows cannot be corrected here; "" if they can."""
    dataset = all_datasets().get(upload.dataset)
    if dataset is None or not dataset.can_correct:
        return "The rows of this file can’t be corrected here. Fix the file and upload it again."
    if upload.vendor and not upload.vendor.is_active:
        return "The vendor’s account is not active. Contact support to activate it."
    if not upload.has_ended or upload.is_being_finished:
        return why_not_run_again(upload)
    if not upload.error_records or upload.failure_code or upload.erased_at:
        return "This upload has no rows to fix."
    if hasattr(upload, "undone_by"):
        return "This upload was undone. Undo that instead, or upload the file again."
    return ""


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


def refuse_undo(upload: Upload) -> None:
    """Raise NotPossible if the upload cannot be undone."""
    if reason := why_not_undone(upload):
        raise NotPossible(reason)


def why_not_undone(upload: Upload) -> str:
    """Why the upload cannot be undone; "" if it can."""
    dataset = all_datasets().get(upload.dataset)
    if dataset is None or not dataset.destination.can_undo:
        return "What this upload imported can’t be taken back."
    if hasattr(upload, "undone_by"):
        return "This upload was already undone."
    if not upload.has_ended or upload.is_being_finished:
        return why_not_run_again(upload)
    if upload.is_check or not upload.has_changed_something:
        return "This upload changed nothing that could be taken back."
    if upload.completed_at and upload.completed_at < now() - UNDO_FOR:
        return f"An upload can be undone for {days(UNDO_FOR.days)} after it has ended."
    return ""


def why_not_imported(upload: Upload) -> str:
    if upload.is_check and not upload.imported_records and not upload.is_being_finished:
        return "This check found no rows to import."
    if upload.has_ended and not upload.is_check:
        return "This file was imported already."
    return why_not_run_again(upload)


def why_not_retried(upload: Upload) -> str:
    if hasattr(upload, "undone_by"):
        return "This upload was undone. Undo that instead, or upload the file again."
    if not upload.is_being_finished and upload.status == Upload.Status.COMPLETED:
        return "All rows of this upload were imported. There is nothing to retry."
    return why_not_run_again(upload)


def why_not_run_again(upload: Upload) -> str:
    if upload.can_be_decided:
        return "This upload is held. Release it, or cancel it."
    if not upload.has_ended and not upload.is_held:
        return "This upload is still in progress. Wait for it to end, or cancel it."
    if upload.is_being_finished:
        return "This upload is being finished. Try again in a moment."
    return "The file is not stored. Upload it again."


def cancel(upload_id: str, *, by: User | None) -> Upload:
    """Stop the run. Rows already imported stay; the report covers the rows processed so far.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked(upload_id)
        if not upload.can_be_cancelled:
            raise NotPossible("This upload has already ended.")
        if upload.is_held:
            if upload.is_being_finished:
                raise NotPossible(why_not_run_again(upload))
            begin_run(upload)  # the run that was held has its result; the next one is canceled
        upload.cancel()
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.CANCEL, by=by)
        transaction.on_commit(send_hint, robust=True)
    return upload


def send_mail_again(notification_id: int, *, by: User | None) -> Notification:
    """Send an email again, to the address that the person, vendor or data set has today.

    Raises NotPossible, or Notification.DoesNotExist.
    """
    with transaction.atomic():
        mail = (
            Notification.objects.select_for_update(of=("self",))
            .select_related("upload", "upload__vendor", "upload__uploaded_by", "person")
            .get(pk=notification_id)
        )
        if not mail.can_be_sent_again:
            raise NotPossible(why_not_sent_again(mail))
        to = recipients.recipient_again(mail)
        if mail.others_with_result.filter(to__iexact=to).exists():
            raise NotPossible(f"Another email about this run goes to {to}. Send that one again.")
        mail.send_again(to=to)
        mail.save()
        Action.objects.create(upload=mail.upload, run=mail.run, kind=Action.Kind.RESEND, by=by)
        transaction.on_commit(send_mail_hint, robust=True)
    return mail


def why_not_sent_again(mail: Notification) -> str:
    if mail.is_unsent:
        return "This email is still being sent."
    if mail.state == Notification.State.COMPLAINED:
        return "The recipient marked this email as spam. Contact them another way."
    return "The text of this email was deleted because it contained personal data."
