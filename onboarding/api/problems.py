"""What the API answers when it does not do what was asked: problem details by RFC 9457.

Each has a code. Codes are an interface, and some are those of files and uploads. `type` is the
address of the code's place on a help page.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from imports.notifications.addresses import help_url
from imports.rules.refusals import REFUSALS
from imports.rules.wording import Words

MEDIA_TYPE = "application/problem+json"
SAID = 3  # errors that are in `detail`, too


@dataclass(frozen=True)
class Kind:
    """One kind of problem; `detail` is used where a request has none of its own."""

    code: str
    status: int
    title: Words
    detail: Words


ALL = (
    Kind(
        "BAD_REQUEST",
        400,
        _("The request cannot be understood"),
        _("The request is not valid HTTP, or has a character that no address and no text has."),
    ),
    Kind(
        "NO_TOKEN",
        401,
        _("The request has no token"),
        _("Send the header “Authorization: Bearer vop_…” with a token from the page API tokens."),
    ),
    Kind(
        "INVALID_TOKEN",
        401,
        _("The token does not work"),
        _(
            "It is mistyped, was revoked, or belongs to a person who is no longer active. Create "
            "another one on the page API tokens."
        ),
    ),
    Kind(
        "EXPIRED_TOKEN",
        401,
        _("The token has expired"),
        _("Create another one on the page API tokens."),
    ),
    Kind(
        "INACTIVE_VENDOR",
        403,
        REFUSALS["INACTIVE_VENDOR"].title,
        _("Ask us to activate the account. Its tokens then work again."),
    ),
    Kind(
        "MISSING_SCOPE",
        403,
        _("The token may not do this"),
        _("Create a token with the scope that is missing, on the page API tokens."),
    ),
    Kind(
        "NOT_FOUND",
        404,
        _("There is nothing at this address"),
        _("It does not exist, or belongs to another vendor."),
    ),
    Kind(
        "METHOD_NOT_ALLOWED",
        405,
        _("This address has no such method"),
        _("The header Allow names the methods that it has."),
    ),
    Kind(
        "NOT_POSSIBLE",
        409,
        _("The state does not allow this"),
        _("Look at the status of the upload, or the state of the webhook."),
    ),
    Kind(
        "TOO_MANY_WEBHOOKS",
        409,
        _("You have as many webhooks as you may have"),
        _("Delete one first."),
    ),
    Kind(
        "IN_PROGRESS",
        409,
        _("A request with this Idempotency-Key is in progress"),
        _("Repeat the request after the seconds that the header Retry-After says."),
    ),
    Kind(
        "LENGTH_REQUIRED",
        411,
        _("The request does not say how long it is"),
        _("Send the header Content-Length, not Transfer-Encoding: chunked."),
    ),
    Kind(
        "FILE_TOO_LARGE",
        413,
        REFUSALS["FILE_TOO_LARGE"].title,
        REFUSALS["FILE_TOO_LARGE"].remedy,
    ),
    Kind(
        "BODY_TOO_LARGE",
        413,
        _("The request is too large"),
        _("Send less at once."),
    ),
    Kind(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        _("The body has a type that is not expected here"),
        _("Set the header Content-Type to one of the types that the documentation names."),
    ),
    Kind(
        "INVALID_REQUEST",
        422,
        _("The request is not as documented"),
        _("Each of the errors names a place in the request and what is wrong with it."),
    ),
    Kind(
        "INVALID_CURSOR",
        422,
        _("The cursor is not one of ours"),
        _("Use what a page says as next_cursor, unchanged, with the same filters."),
    ),
    Kind(
        "KEY_REUSED",
        422,
        _("The Idempotency-Key was used for another request"),
        _("Use a new key for each request, and the same one only to repeat it unchanged."),
    ),
    Kind(
        "INVALID_MAPPING",
        422,
        _("The file cannot be imported with these columns"),
        _("Each of the errors names a column and what is wrong with it."),
    ),
    Kind(
        "INVALID_CORRECTION",
        422,
        _("Nothing was sent"),
        _("Each of the errors names a value or a cell, and what is wrong with it."),
    ),
    Kind(
        "TOO_MANY_REQUESTS",
        429,
        _("The token has made too many requests"),
        _("Wait for the seconds that the header Retry-After says."),
    ),
    Kind(
        "INTERNAL",
        500,
        REFUSALS["INTERNAL"].title,
        _("Repeat the request with its Idempotency-Key. If that does not help, contact us."),
    ),
    Kind(
        "STORAGE_UNAVAILABLE",
        503,
        _("The file could not be stored"),
        _("Repeat the request with its Idempotency-Key after the seconds of Retry-After."),
    ),
    Kind(
        "UNAVAILABLE",
        503,
        _("A part of the service is temporarily unavailable"),
        _("Repeat the request after the seconds that the header Retry-After says."),
    ),
)
KINDS = {kind.code: kind for kind in ALL}
# What an answer of Django without a code of ours is.
BY_STATUS = {
    **{kind.status: kind.code for kind in reversed(ALL)},
    403: "NOT_FOUND",
    413: "BODY_TOO_LARGE",
    422: "INVALID_REQUEST",
    503: "UNAVAILABLE",
}


@dataclass
class Problem(Exception):
    """A request is answered with this. `errors` have a `pointer` to a place in the request and a
    `detail`; `more` are further members."""

    code: str
    detail: Words = ""
    errors: Sequence[Mapping[str, str]] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.code].status


def in_a_sentence(errors: Sequence[Mapping[str, str]]) -> str:
    """The first errors: "query/limit: must be 1 or more"."""
    listed = "; ".join(f"{each['pointer']}: {each['detail']}" for each in errors[:SAID])
    return f"{listed}; …" if len(errors) > SAID else listed


def answer(problem: Problem) -> HttpResponse:
    """The response."""
    kind = KINDS[problem.code]
    body = {
        "type": help_url("api", problem.code),
        "title": str(kind.title),
        "status": kind.status,
        "code": problem.code,
        "detail": str(problem.detail or in_a_sentence(problem.errors) or kind.detail),
        **({"errors": list(problem.errors)} if problem.errors else {}),
        **problem.more,
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=kind.status, content_type=MEDIA_TYPE
    )
    if kind.status == 401:
        challenge = "Bearer" if problem.code == "NO_TOKEN" else 'Bearer error="invalid_token"'
        response["WWW-Authenticate"] = challenge
    for name, value in problem.headers.items():
        response[name] = value
    return response
