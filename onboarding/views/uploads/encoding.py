"""The page that asks in which encoding the letters of a file are right."""

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from imports import actions
from imports.formats.readings import Reading
from imports.mapping import memory
from imports.models import Upload
from onboarding.views.uploads.upload import acted, by


def encoding_page(
    request: HttpRequest, upload: Upload, readings: Sequence[Reading]
) -> HttpResponse:
    """Asks in which encoding the letters of a file are right, and imports the file with it; or, if
    it was imported with the encoding that we assumed, remembers it for the next one."""
    chosen = next((r for r in readings if r.codec == request.POST.get("encoding")), None)
    is_sent = request.method == "POST"
    if chosen is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if is_sent else HTTPStatus.OK
        page = {"upload": upload, "readings": readings, "is_sent": is_sent}
        return render(request, "onboarding/encoding.html", page, status=status)
    if not upload.failure_code:
        memory.remember_encoding(upload, chosen.header, chosen.codec, by=by(request))
        text = gettext(
            "We’ll read your next file with these columns as %(encoding)s. To correct the letters "
            "of products that were imported, upload this file again with “Update”."
        )
        messages.success(request, text % {"encoding": chosen.name})
        return redirect("upload", upload.upload_id)
    return acted(
        request,
        upload.upload_id,
        lambda: actions.import_as_read(upload.upload_id, chosen, by=by(request)),
        gettext("We’ll read your next file with these columns the same way."),
    )
