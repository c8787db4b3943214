"""The page of one upload: its progress, its result, and what a person can do about it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from imports import actions
from imports.dataset import Dataset
from imports.datasets import all_datasets, layout_of
from imports.models import DigestRun, Notification, Upload
from imports.models.mapping import sample_of
from imports.reports.corrections import Corrected, corrected, left_in
from imports.reports.outcome import already_imported, left_out
from imports.reports.retrying import may_differ
from imports.rules.base import NOTICE, WARNING
from imports.rules.refusals import REFUSALS
from imports.wanted.waiting import says_under_review, under_review
from onboarding.datasets import to_show
from onboarding.uploads.encodings import letters_to_check
from onboarding.uploads.held import held_page
from onboarding.uploads.modes import again
from onboarding.uploads.planned import planned_page
from onboarding.uploads.progress import Progress
from onboarding.uploads.reading import Reading
from onboarding.uploads.row_errors import Errors
from vendors.access import Access, access_of


@require_safe
@vary_on_headers("HX-Request")
def upload_page(request: HttpRequest, upload_id: str) -> HttpResponse:
    """The page; or, when the page itself polls, the part of it that changed."""
    upload = get_visible_upload(request, upload_id)
    dataset = to_show(upload)
    is_known = dataset.key in all_datasets()
    mails = mails_to_show(upload, access_of(request.user))
    corrections = list(upload.corrections.order_by("upload_timestamp"))
    state = Corrected(0, upload.error_records)
    if corrections:
        state = corrected([upload]).get(upload.upload_id, state)
    progress = Progress(upload, dataset, mails, now(), fixed=state.fixed)
    page: dict[str, Any] = {
        "access": access_of(request.user),
        "upload": upload,
        "dataset": dataset,
        "mails": mails,
        "progress": progress,
        "mode_title": dataset.title_of_mode(upload),
        "reading": reading_of(upload, dataset),
        "source_gone_at": dataset.source_expires_at(upload),
        "again": again(upload) if is_known else "",
        "help": reverse("help", args=[dataset.key]) if is_known else reverse("help_index"),
        "has_template": is_known,
        "refusal": REFUSALS.get(upload.failure_code),
        "changed_products": changed_products(upload),
        "can_be_mapped": can_be_mapped(upload) and access_of(request.user).acts,
        "says_more": request.GET.get("said", progress.spoken) != progress.spoken,
    }
    is_over = progress.is_over and access_of(request.user).acts
    page["can_be_undone"] = is_over and not actions.why_not_undone(upload)
    is_poll = request.headers.get("HX-Request") == "true"
    if is_poll and request.GET.get("seen") == progress.fingerprint:
        return HttpResponse(status=204)
    if request.headers.get("HX-Target") == "progress" and not progress.is_over:
        return render(request, "onboarding/upload/progress.html", page | {"is_part": True})
    if progress.is_over:
        page["is_in_digest"] = not mails and is_in_digest_of(request.user, upload)
        page["letters"] = letters_to_check(upload)
        page["already"] = already_imported(upload)
        page["left_out"] = left_out(upload)
        page["corrections"] = corrections
        page["corrected"] = state
        page["left"] = left_in([upload])[upload.upload_id] if corrections else upload.error_records
        page["can_be_corrected"] = is_over and not actions.why_not_corrected(upload)
        page["waiting"] = waiting_in(upload, page["access"]) if page["can_be_corrected"] else ""
        page["planned"] = planned_page(upload, dataset) if upload.is_check else None
        page["held"] = held_page(upload, page["access"])
        page["errors"] = Errors(upload, dataset, request.GET)
        of_run = page["errors"].counts
        page["may_differ"] = upload.can_be_retried and may_differ(upload, dataset, of_run)
        page["warnings"] = Errors(upload, dataset, request.GET, WARNING)
        page["notices"] = Errors(upload, dataset, request.GET, NOTICE)
    if not is_poll:
        return render(request, "onboarding/upload/page.html", page)
    response = render(request, "onboarding/upload/all.html", page)
    response["HX-Retarget"] = "#upload"
    return response


def mails_to_show(upload: Upload, access: Access) -> list[Notification]:
    """The emails about its run. Staff's own addresses are shown to staff only."""
    kind = Notification.Kind.RUN_ENDED
    mails = Notification.objects.filter(upload=upload, run=upload.run, kind=kind)
    if not access.sees_all:
        mails = mails.exclude(person__is_staff=True)
    return list(mails.defer("text_body", "html_body").order_by("pk"))


def is_in_digest_of(user: Any, upload: Upload) -> bool:
    """Whether the user reads about the run in a daily digest."""
    return DigestRun.objects.filter(user=user.pk, upload=upload, run=upload.run).exists()


def reading_of(upload: Upload, dataset: Dataset) -> Reading | None:
    """How the file was read; None if it was not, or there is none."""
    has_file = bool(upload.layout) and not upload.is_undo
    return Reading(layout_of(upload), dataset) if has_file else None


def waiting_in(upload: Upload, access: Access) -> str:
    """Says how many of its rows wait for categories that the person's vendor has requested."""
    found = under_review(access.vendor_id) if access.vendor_id else {}
    return says_under_review(found.get(upload.upload_id, 0))


def changed_products(upload: Upload) -> int:
    """How many products it has created or changed."""
    if upload.is_check or upload.dataset != "products":
        return 0
    return upload.created_records + upload.updated_records + upload.deactivated_records


def can_be_mapped(upload: Upload) -> bool:
    """Whether a person can say what the columns of the refused file are."""
    return upload.can_be_retried and sample_of(upload).exists()


def clicked(action: Callable[..., Upload], done: Promise) -> Callable[..., HttpResponse]:
    """The view of a button that does an action to the upload. It says `done` if it was possible."""

    @require_POST
    def view(request: HttpRequest, upload_id: str) -> HttpResponse:
        upload = get_actionable_upload(request, upload_id)
        start = partial(action, upload.upload_id, by=by(request))
        return acted(request, upload_id, start, str(done))

    return view


retry = clicked(actions.retry, _("Attempt %(number)s started."))
update = clicked(actions.import_as_update, _("We’re updating your products with this file."))
import_checked = clicked(actions.import_checked, _("We’re importing the file that you checked."))


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Asks for confirmation: imported rows stay, and the rest of the file is not read."""
    upload = get_actionable_upload(request, upload_id)
    if request.method != "POST":
        if not upload.can_be_cancelled:
            return redirect("upload", upload_id)
        return render(
            request,
            "onboarding/cancel.html",
            {"upload": upload, "dataset": to_show(upload)},
        )
    cancelling = partial(actions.cancel, upload.upload_id, by=by(request))
    requested = gettext("Cancellation requested.")
    return acted(request, upload_id, cancelling, requested, level=messages.INFO)


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Asks for confirmation, and shows the upload that takes this one back."""
    upload = get_actionable_upload(request, upload_id)
    try:
        if request.method == "POST":
            upload = actions.undo(upload_id, by=by(request))
            return redirect("upload", upload.upload_id)
        actions.refuse_undo(upload)
    except actions.NotPossible as error:
        messages.error(request, str(error))
        return redirect("upload", upload_id)
    page = {"upload": upload, "dataset": to_show(upload)}
    return render(request, "onboarding/undo.html", page)


def acted(
    request: HttpRequest,
    upload_id: str,
    action: Callable[[], Upload],
    done: str,
    *,
    level: int = messages.SUCCESS,
) -> HttpResponse:
    """The upload's page after an action: it says that it was done, or why it is not possible."""
    try:
        upload = action()
    except actions.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.add_message(request, level, done % {"number": upload.run})
    return redirect("upload", upload_id)


def get_visible_upload(request: HttpRequest, upload_id: str) -> Upload:
    """The upload of this ID, if the person may see it. Raises Http404."""
    uploads = Upload.objects.visible_to(access_of(request.user))
    related = ("vendor", "uploaded_by", "undone_by")
    return get_object_or_404(uploads.select_related(*related), pk=upload_id)


def get_actionable_upload(request: HttpRequest, upload_id: str) -> Upload:
    """The upload, for a person who may also change it. Raises Http404, PermissionDenied."""
    upload = get_visible_upload(request, upload_id)
    if not access_of(request.user).acts:
        raise PermissionDenied("may view uploads, not act on them")
    return upload


def by(request: HttpRequest) -> Any:
    """Who acts. Never anonymous here: every view of this file asks for a login."""
    return request.user
