"""Who may send a long body, decided before any of it is read.

The web server asks before it reads one (see config/web_server.py); 204 means that it may come. So
strangers cannot fill the disk, and a file that is too large is refused before it is sent.
"""

import math
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.web_server import BODY_FAILED, BODY_REJECTED, BODY_TO_COME
from onboarding.api.callers import caller_of
from onboarding.api.problems import Problem, answer
from onboarding.uploads.upload_checks import largest_file
from onboarding.views.uploads.new_upload import refuse_size
from vendors.access import access_of

API, SEND = "/api/", "/api/v1/uploads"
FORM_BYTES = 64 * 1024  # of an upload, besides the file


class AdmissionMiddleware:
    """Answers the web server's questions; other requests pass. Raises the OSError because of which
    a body could not be stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (error := request.META.get(BODY_FAILED)) is not None:
            raise error
        announced: float | None = request.META.get(BODY_TO_COME, request.META.get(BODY_REJECTED))
        return self.get_response(request) if announced is None else admit(request, announced)


def admit(request: HttpRequest, announced: float) -> HttpResponse:
    """204, or the final answer to a request whose body has `announced` bytes."""
    if request.path.startswith(API):
        return admit_program(request, announced)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if math.isinf(announced):
        return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)
    if request.path == reverse("new_upload"):
        if announced > largest_file(access_of(request.user)) + FORM_BYTES:
            return refuse_size(request, int(announced))
    elif announced > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def admit_program(request: HttpRequest, announced: float) -> HttpResponse:
    """The same for a program with a token. An error becomes problem details on its way out."""
    try:
        caller = caller_of(request)
    except Problem as problem:
        return answer(problem)
    if math.isinf(announced):
        return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)
    if request.path == SEND:
        if announced > largest_file(caller.access) + FORM_BYTES:
            return answer(Problem("FILE_TOO_LARGE"))
    elif announced > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        return answer(Problem("BODY_TOO_LARGE"))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
