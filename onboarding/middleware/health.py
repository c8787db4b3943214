"""Is this process alive, and can it serve?"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from config.remembered import Remembered

answered: Remembered[None] = Remembered()


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. No database query, so that a paused database stays paused."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers, or did PUBLIC_SECONDS ago. 503 when not."""
    try:
        answered.get("database", ask_database, seconds=settings.PUBLIC_SECONDS)
    except DatabaseError:
        return HttpResponse("the database does not answer", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def ask_database() -> None:
    """Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


PROBES = {"/healthz": healthz, "/readyz": readyz}


class HealthMiddleware:
    """Answers probes before the host they were sent to is checked.

    A load balancer calls each target by its address, which is in no list of ALLOWED_HOSTS: it would
    get 400 and take every target out of service.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path, self.get_response)(request)
