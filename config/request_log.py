"""A request ID on every line logged during a request, and one line at its end."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.logging import about

log = logging.getLogger(__name__)
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9=;:._-]{1,128}")
QUIET = {"/healthz", "/readyz"}


class RequestLogMiddleware:
    """Uses the load balancer's request ID or generates one, and returns it in the response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Amzn-Trace-Id") or request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex[:16]
        started = time.monotonic()
        with about(request_id=request_id):
            response = self.get_response(request)
            if request.path not in QUIET and not request.path.startswith("/static/"):
                log.info(
                    "%s %s %s in %.0f ms",
                    request.method,
                    request.path,
                    response.status_code,
                    (time.monotonic() - started) * 1000,
                )
        response["X-Request-ID"] = request_id
        return response
