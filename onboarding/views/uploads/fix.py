"""The page that corrects rejected rows, by value and cell by cell, and sends them again."""

import io
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from imports import actions
from imports.corrections.drafts import forget_draft, keep_draft
from imports.corrections.sending import Correction
from imports.models import Upload
from imports.reports.corrections import left_in
from imports.rules.quantities import minutes, rows
from imports.rules.replacements import Value
from imports.wanted.asking import CannotAsk, ask, withdraw
from onboarding.datasets import to_show
from onboarding.uploads.fix import FixForm, number_in, value_of
from onboarding.uploads.storing import store
from onboarding.views.uploads.upload import by, get_actionable_upload


@require_http_methods(["GET", "HEAD", "POST"])
def fix(request: HttpRequest, upload_id: str) -> HttpResponse:
    upload = get_actionable_upload(request, upload_id)
    if reason := actions.why_not_corrected(upload):
        messages.error(request, reason)
        return redirect("upload", upload_id)
    form = FixForm(upload, request.GET, by=by(request))
    if request.method != "POST":
        return fix_page(request, form)
    form.take(request.POST)
    if "send" in request.POST:
        return send(request, form)
    if "want" in request.POST:
        want(request, form)
    elif "withdraw" in request.POST:
        withdraw_request(request, form)
    keep_draft(upload, form.fixes, by=by(request))
    here = request.META["QUERY_STRING"] if "to_page" not in request.POST else ""
    return redirect(f"{request.path}?{request.POST.get('to_page', here)}")


def want(request: HttpRequest, form: FixForm) -> None:
    """Request the category of a value, which then stays as it is."""
    value = value_of(request.POST["want"])
    try:
        asked = ask(form.upload, value or Value("", ""), by=by(request))
    except CannotAsk as error:
        messages.error(request, str(error))
        return
    form.leave(value or Value("", ""))
    text = gettext(
        "We’ll review the category “%(name)s”. Its rows stay here until then, and we import them "
        "if it is approved."
    )
    messages.success(request, text % {"name": asked.name})


def withdraw_request(request: HttpRequest, form: FixForm) -> None:
    if withdraw(form.upload, number_in(request.POST["withdraw"], least=0)):
        messages.success(request, gettext("The request was withdrawn."))
    else:
        messages.error(request, gettext("This request was already decided or withdrawn."))


def send(request: HttpRequest, form: FixForm) -> HttpResponse:
    """Send the rows that have no error any more, or show what is wrong."""
    upload_id = form.upload.upload_id
    known = number_in(request.POST.get("known"), least=0)
    try:
        correction = actions.correct(upload_id, form.fixes, known=known, by=by(request))
    except actions.NotPossible as error:
        messages.error(request, str(error))
        return redirect("upload", upload_id)
    except actions.Corrected as error:
        return fix_page(request, form, HTTPStatus.CONFLICT, newer=error.correction)
    form.judged = correction.judged
    if correction.upload is None:
        return fix_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    if not store(correction.upload, io.BytesIO(correction.body)):
        return not_stored(request, form)
    forget_draft(form.upload, by=by(request))
    return sent(request, correction, correction.upload)


def not_stored(request: HttpRequest, form: FixForm) -> HttpResponse:
    """The rows may have arrived all the same. If not, they are open again after some time."""
    keep_draft(form.upload, form.fixes, by=by(request))
    text = gettext(
        "We could not store the corrected rows. If they do not arrive within %(time)s, send them "
        "again. What you entered is kept."
    )
    messages.error(request, text % {"time": minutes(60 * settings.NEVER_ARRIVED_MINUTES)})
    return redirect("upload", form.upload.upload_id)


def sent(request: HttpRequest, correction: Correction, upload: Upload) -> HttpResponse:
    """Show the upload of the correction."""
    count = len(correction.judged.ready)
    text = ngettext("%(rows)s was sent.", "%(rows)s were sent.", count) % {"rows": rows(count)}
    if left := correction.judged.left:
        text += " " + ngettext(
            "%(rows)s still needs fixing.", "%(rows)s still need fixing.", left
        ) % {"rows": rows(left)}
    messages.success(request, text)
    return redirect("upload", upload.upload_id)


def fix_page(
    request: HttpRequest,
    form: FixForm,
    status: HTTPStatus = HTTPStatus.OK,
    newer: Upload | None = None,
) -> HttpResponse:
    page = {
        "upload": form.upload,
        "dataset": to_show(form.upload),
        "form": form,
        "newer": newer,
        "left": left_in([form.upload])[form.upload.upload_id],
        "known": form.upload.corrections.count(),
        "nothing_ready": status == HTTPStatus.UNPROCESSABLE_ENTITY and not form.judged.is_wrong,
    }
    return render(request, "onboarding/fix.html", page, status=status)
