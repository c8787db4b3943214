"""What all answers below /api/ have in common: problem details for every error, headers."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from onboarding.api import problems
from onboarding.api.callers import usage_of
from onboarding.api.problems import BY_STATUS, MEDIA_TYPE, Problem
from vendors.tokens import WINDOW_SECONDS

ROOT = "/api/"
JSON = ("application/json", MEDIA_TYPE)
KEPT = ("Allow", "Retry-After")  # of an answer that becomes a problem


class ApiMiddleware:
    """Outside of all that may answer with a page for people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(ROOT):
            return response
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            response = as_problem(response)
        end_line(response)
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization"
        say_limits(request, response)
        return with_etag(request, response)


def as_problem(response: HttpResponse) -> HttpResponse:
    """An answer of Django's own, or of another middleware, as a problem."""
    if response["Content-Type"] == MEDIA_TYPE:
        return response
    code = BY_STATUS.get(response.status_code, "BAD_REQUEST")
    kept = {name: response[name] for name in KEPT if name in response}
    return problems.answer(Problem(code, headers=kept))


def end_line(response: HttpResponse) -> None:
    """JSON ends with a line break: a shell would show its prompt right behind it."""
    if response["Content-Type"].startswith(JSON) and response.content:
        response.content += b"\n"
        response["Content-Length"] = str(len(response.content))


def say_limits(request: HttpRequest, response: HttpResponse) -> None:
    """What is left of the token's minute (draft-ietf-httpapi-ratelimit-headers-10)."""
    usage = usage_of(request)
    if usage is None:
        return
    limits = {
        "requests": settings.API_REQUESTS_PER_MINUTE,
        "uploads": settings.API_UPLOADS_PER_MINUTE,
    }
    left = {"requests": usage.requests_left, "uploads": usage.uploads_left}
    response["RateLimit-Policy"] = ", ".join(
        f'"{name}";q={most};w={WINDOW_SECONDS}' for name, most in limits.items()
    )
    response["RateLimit"] = ", ".join(
        f'"{name}";r={count};t={usage.seconds}' for name, count in left.items()
    )


def with_etag(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer to a GET with a mark of its content; 304 if the caller has it already."""
    if request.method != "GET" or response.status_code != HTTPStatus.OK or response.streaming:
        return response
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    answer = get_conditional_response(request, response["ETag"], None, response) or response
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        for name in ("RateLimit-Policy", "RateLimit", "Vary"):
            if name in response:
                answer[name] = response[name]
    return answer
