"""Releasing and rejecting a held upload. Each decision is the next run: it imports the file, or it
ends at once. So the run that was held keeps its result, and each decision gets one, too."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction

from imports.actions import NotPossible, begin_run, locked
from imports.execution.failpoints import failpoint
from imports.holds.reasons import needs_staff, people_needed
from imports.models import Action, Approval, Upload
from imports.reports.corrections import as_ranges
from imports.rules.refusals import REFUSALS
from vendors.access import Access

NOT_RELEASED = "NOT_RELEASED"
MAX_REASON = 500  # characters


def why_not_released(upload: Upload, access: Access) -> str:
    """Why this person cannot release the upload; "" if they can."""
    if not upload.is_held:
        return "This upload is not held: it was released, rejected or canceled in the meantime."
    if upload.is_being_finished:
        return "This upload is being finished. Try again in a moment."
    if access.sees_all:
        return why_not_by_staff(upload, access)
    if not access.acts or access.vendor_id != upload.vendor_id:
        return "Your role does not allow you to release uploads."
    if needs_staff(upload):
        return "Only our staff can release this upload."
    return ""


def why_not_by_staff(upload: Upload, access: Access) -> str:
    if not access.releases:
        return "You don’t have the right to release uploads."
    if people_needed(upload) > 1:
        if access.user.pk == upload.uploaded_by_id:
            return "Two other people must release this upload, because you sent it."
        if upload.approvals.filter(run=upload.run, by=access.user.pk).exists():
            return "You have released it already. Another person must do so, too."
    return ""


def release(
    upload_id: str,
    *,
    run: int,
    access: Access,
    by: User,
    count: int | None = None,
    without: Collection[int] = (),
) -> Upload:
    """Import a held upload as its next run, without some of its rows; or record the approval if it
    is the first of two. Members type the `count` of records that it imports.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked_run(upload_id, run)
        if reason := why_not_released(upload, access):
            raise NotPossible(reason)
        if not access.sees_all and count != upload.records_to_import:
            raise NotPossible(
                f"Enter the number {upload.records_to_import:,}, so that it is not by mistake."
            )
        if people_needed(upload) > approvals_of(upload, by=by):
            Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.APPROVE, by=by)
            return upload
        begin_run(upload)
        upload.release(without=as_ranges(sorted(without)))
        upload.save()
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.RELEASE, by=by)
        failpoint("release.before_commit")
    return upload


def approvals_of(upload: Upload, *, by: User) -> int:
    """How many people have released the held run, with this one."""
    if people_needed(upload) > 1:
        Approval.objects.create(upload=upload, run=upload.run, by=by)
    return max(1, upload.approvals.filter(run=upload.run).count())


def reject(upload_id: str, *, run: int, reason: str, access: Access, by: User) -> Upload:
    """End a held upload. The vendor reads the reason.

    Raises NotPossible, or Upload.DoesNotExist.
    """
    with transaction.atomic():
        upload = locked_run(upload_id, run)
        if not access.releases:
            raise NotPossible("You don’t have the right to reject uploads.")
        if not reason.strip():
            raise NotPossible("Enter the reason, which the vendor reads.")
        refuse(upload, what=f"by our staff. They say: {reason.strip()[:MAX_REASON]}")
        Action.objects.create(upload=upload, run=upload.run, kind=Action.Kind.REJECT, by=by)
    return upload


def refuse(upload: Upload, *, what: str) -> None:
    """End a held upload, whose row is locked, as its next run."""
    begin_run(upload)
    upload.refuse(NOT_RELEASED, REFUSALS[NOT_RELEASED].filled_in(what=what))
    upload.save()


def locked_run(upload_id: str, run: int) -> Upload:
    """The upload's row, locked, if this run of it is held. Raises NotPossible."""
    upload = locked(upload_id)
    if not upload.is_held or upload.run != run:
        raise NotPossible(
            "This upload is not held any more: it was released, rejected or canceled in the "
            "meantime."
        )
    if upload.is_being_finished:
        raise NotPossible("This upload is being finished. Try again in a moment.")
    return upload
