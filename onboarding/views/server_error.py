"""The page for an error of ours."""

import errno
import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 15  # seconds; about as long as a database takes to fail over or to resume
DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an unhandled error: 503 for one that passes, else 500.

    Django calls it within the `except` block. It uses neither database nor session.
    """
    match = request.resolver_match
    known = {"upload_id": match.kwargs.get("upload_id", "") if match else ""}
    if is_temporary(sys.exc_info()[1]):
        page = render_to_string("503.html", known | {"seconds": RETRY_AFTER})
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return HttpResponse(render_to_string("500.html", known), status=500)


def is_temporary(error: BaseException | None) -> bool:
    """The database is away, or the disk that holds incoming files is full."""
    if isinstance(error, OSError):
        return error.errno in DISK_IS_FULL
    return isinstance(error, OperationalError | InterfaceError)
