"""Times on pages are those of the person's time zone. Emails, files and the API have UTC."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from onboarding.middleware.sign_in import is_private
from vendors.people import person_of


class TimeZoneMiddleware:
    """Sets it for the pages that need a login, and says on `request.times_in` which it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # What follows the response, such as the rest of a stream, has UTC again.
        with timezone.override(None):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        if is_private(request) and request.user.is_authenticated:
            zone = person_of(request.user).zone
            timezone.activate(zone)
            request.times_in = zone.key.replace("_", " ")  # type: ignore[attr-defined]
