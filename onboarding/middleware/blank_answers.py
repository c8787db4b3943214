"""Pages for errors that are answered without a body, which browsers show as a page of their own.

A person meets 405 after logging in again: the login leads back to the address of the button that
was clicked when the session had ended.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

PAGES = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class BlankAnswersMiddleware:
    """Gives these errors their page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in PAGES and not response.content:
            response.content = render_to_string(f"{response.status_code}.html")
        return response
