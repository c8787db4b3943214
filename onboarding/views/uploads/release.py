"""Releasing a held upload: its page asks for the number of records that it changes."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from imports.review import deciding
from onboarding.views.uploads.upload import acted, by, get_actionable_upload
from vendors.access import access_of

MAX_DIGITS = 9


@require_POST
def release(request: HttpRequest, upload_id: str) -> HttpResponse:
    upload = get_actionable_upload(request, upload_id)
    start = partial(
        deciding.release,
        upload.upload_id,
        run=as_number(request.POST.get("run", "")),
        access=access_of(request.user),
        by=by(request),
        count=as_number(request.POST.get("count", "")),
    )
    return acted(request, upload_id, start, gettext("Released. We’re importing the file."))


def as_number(typed: str) -> int:
    """A whole number as people type it, with separators or without; -1 for anything else."""
    digits = "".join(typed.replace(",", "").replace(".", "").split())
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS
    return int(digits) if is_number else -1
