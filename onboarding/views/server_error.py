"""What a person sees when something of ours is broken."""

import errno
import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 15  # seconds; about what a database takes to fail over or to wake up
DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an error nobody handled: 503 for what passes, else 500.

    Django calls it within the `except` block. It asks neither database nor session.
    """
    if passes(sys.exc_info()[1]):
        page = render_to_string("503.html", {"seconds": RETRY_AFTER})
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return HttpResponse(render_to_string("500.html"), status=500)


def passes(error: BaseException | None) -> bool:
    """The database is away, or the disk that holds uploads under way is full."""
    if isinstance(error, OSError):
        return error.errno in DISK_IS_FULL
    return isinstance(error, OperationalError | InterfaceError)
