"""Refuses what no form of ours sends: a NUL, which PostgreSQL cannot compare with anything.

It may be in the path, the query, a cookie or a field, and each page would answer 500 in its own
place.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict


class OddInputMiddleware:
    """400 for requests with a NUL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refuse_nul([*request.COOKIES.values(), *texts(request.GET)])
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """In the path, where an address exists; in the body, once a view will read it."""
        refuse_nul([request.path])
        if request.method == "POST":
            refuse_nul(texts(request.POST))


def texts(fields: QueryDict) -> Iterable[str]:
    for name, values in fields.lists():
        yield name
        yield from (str(value) for value in values)


def refuse_nul(found: Iterable[str]) -> None:
    """Raises BadRequest."""
    if any("\0" in text for text in found):
        raise BadRequest("a NUL in the request")
