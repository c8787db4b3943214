"""A sweep that imports the rows that waited for a category, once it is approved or mapped.

A decision is applied when a pass finds nothing more to send and no object of a correction that is
still to arrive. Until then each pass looks again. So a process that dies at any point delays the
rows, and sends none twice: a row that a correction has is not open, and the upload's lock orders
this sweep, a second one and people who correct rows by hand.
"""

import io
import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import now

from imports import actions
from imports.corrections.fixes import Fixes
from imports.corrections.sending import Correction, prepare
from imports.intake import receive
from imports.models import Action, CategoryRequest, RowError, Upload
from imports.monitoring.sweeping import for_each
from imports.notifications import category_decided
from imports.rules.replacements import Value
from imports.wanted.deciding import notice_approved
from imports.wanted.waiting import COLUMN, NOT_APPROVED, Waiting, waiting_for

log = logging.getLogger(__name__)
MAX_REQUESTS_PER_SWEEP = 100
# A batch that a worker judged by the former list is stored within this time.
SETTLING = timedelta(minutes=5)


def import_waiting() -> int:
    """Send the rows that waited for decided categories. Returns the number of uploads sent."""
    notice_approved()
    to_apply = CategoryRequest.objects.filter(
        state__in=(CategoryRequest.State.APPROVED, CategoryRequest.State.MAPPED),
        applied_at__isnull=True,
    )
    found = to_apply.select_related("category", "decided_by").order_by("decided_at", "pk")
    return for_each(
        list(found[:MAX_REQUESTS_PER_SWEEP]),
        apply,
        sweep="import_waiting",
        name=lambda request: f"request {request.pk}",
    )


def apply(request: CategoryRequest) -> int:
    """Send what waits for a decided category, as far as that is possible now. Returns the number of
    uploads sent. Raises botocore's errors."""
    sent, is_left = 0, is_recent(request)
    waiting = waiting_for([request.name], [request.vendor_id]).get(request.compared, [])
    for each in waiting:
        try:
            correction = prepared(each, request)
        except actions.NotPossible:
            is_left = True  # a worker has the upload
            continue
        if correction is None:
            is_left |= not each.upload.has_ended or each.upload.is_being_finished
        elif correction.upload:
            receive.store(correction.upload, io.BytesIO(correction.body))
            sent += 1
    if not (sent or is_left or is_awaited(request)):
        finish(request)
    return sent


def finish(request: CategoryRequest) -> None:
    """Nothing is left to do. Who asked gets an email, unless those about rows that were sent say
    it: if all were corrected by hand, or have other errors, too."""
    found = CategoryRequest.objects.select_related("category", "upload__vendor", "asked_by")
    with transaction.atomic():
        if found.filter(pk=request.pk, applied_at=None).update(applied_at=now()):
            finished = found.get(pk=request.pk)
            if finished.is_in_force and not finished.sent_records:
                category_decided.prepare(finished)


def prepared(waiting: Waiting, request: CategoryRequest) -> Correction | None:
    """A correction of the upload's rows that waited; None if it cannot be corrected, or not yet.

    No person sends it: its email goes to whom the corrected upload's went. Its content is as old as
    that upload's, because it says nothing newer. Raises NotPossible.
    """
    with transaction.atomic():
        upload = actions.locked(waiting.upload.upload_id)
        if actions.why_not_corrected(upload) or was_turned_away(upload, request):
            return None
        errors = RowError.objects.of_run(upload).errors()
        wrong = errors.filter(column_name=COLUMN, error_type=NOT_APPROVED, cell__in=waiting.cells)
        correction = prepare(
            upload,
            fixes_of(waiting, request),
            now().date(),
            by=None,
            only=set(wrong.values_list("row_number", flat=True)),
        )
        if correction.upload:
            correction.upload.stored_at = upload.content_at
            correction.upload.save(update_fields=["stored_at"])
            Action.objects.create(
                upload=upload, run=upload.run, kind=Action.Kind.CORRECT, by=request.decided_by
            )
            CategoryRequest.objects.filter(pk=request.pk).update(
                sent_records=F("sent_records") + len(correction.judged.ready)
            )
            log.info("sent rows that waited for a category")
        return correction


def was_turned_away(upload: Upload, request: CategoryRequest) -> bool:
    """Whether rows of the upload were sent since the decision and then refused, canceled or undone.
    They would be again. A file that never arrived is sent again."""
    sent = upload.corrections.filter(uploaded_by=None, upload_timestamp__gte=request.decided_at)
    has_none = Q(valid_records=0, error_records=0, skipped_records=0, completed_at__isnull=False)
    ended = sent.filter(has_none | Q(undone_by__isnull=False))
    return ended.exclude(failure_code="NEVER_ARRIVED").exists()


def is_recent(request: CategoryRequest) -> bool:
    """Whether rows that were judged before the decision may still be stored."""
    return request.decided_at is not None and request.decided_at > now() - SETTLING


def fixes_of(waiting: Waiting, request: CategoryRequest) -> Fixes:
    """What is to be in the cells of the rows: nothing new if the name itself was approved."""
    if request.state == CategoryRequest.State.APPROVED or request.category is None:
        return Fixes()
    return Fixes({Value(COLUMN, cell): request.category.name for cell in waiting.cells})


def is_awaited(request: CategoryRequest) -> bool:
    """Whether the object of a correction of the vendor has not arrived yet. It may never do, and
    then its rows are open again."""
    corrections = Upload.objects.filter(vendor=request.vendor_id, corrects__isnull=False)
    return corrections.filter(status=Upload.Status.RECEIVED, s3_version__isnull=True).exists()
