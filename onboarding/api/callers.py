"""Who calls the API: a program with a token, which may do what its person may, within scopes."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext as _

from onboarding.api.problems import Problem
from vendors import tokens
from vendors.access import Access, access_of_token, scopes_of
from vendors.models import ApiToken
from vendors.tokens import Usage

SCHEME = "bearer "


@dataclass(frozen=True)
class Caller:
    """A token that works, and what it may see."""

    token: ApiToken
    access: Access

    @property
    def person(self) -> Any:
        """In whose name it acts."""
        return self.token.created_by


class ApiRequest(HttpRequest):
    """A request that an operation gets."""

    auth: Caller


@dataclass(frozen=True)
class Bearer:
    """What an operation asks of a request before it looks at the rest: a token that works, has the
    scope, and has not been used too often; a body of one of these types. `is_upload`: it may start
    an import, of which there may be fewer. `for_inactive`: also for inactive vendors."""

    scope: str = ""
    is_upload: bool = False
    takes: tuple[str, ...] = ()
    for_inactive: bool = False

    openapi_security_schema: ClassVar = {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from the page API tokens of the portal.",
    }

    def __call__(self, request: HttpRequest) -> Caller:
        """Raises Problem."""
        caller = caller_of(request, for_inactive=self.for_inactive)
        usage = tokens.count(caller.token, is_upload=self.is_upload)
        request.META[USAGE] = usage
        if usage.is_exceeded(is_upload=self.is_upload):
            raise too_many(usage)
        if self.scope and self.scope not in caller.token.scopes:
            words = _(
                "The token lacks the scope %s. Create one that has it on the page API tokens."
            )
            raise Problem("MISSING_SCOPE", words % self.scope)
        if self.scope and self.scope not in scopes_of(caller.token):
            raise Problem("MISSING_SCOPE", _("Its person is a viewer today, and changes nothing."))
        if self.takes and request.content_type not in self.takes:
            raise Problem("UNSUPPORTED_MEDIA_TYPE", _("Expected: %s.") % ", ".join(self.takes))
        return caller


def too_many(usage: Usage) -> Problem:
    words = _(
        "A token may make %(requests)s requests a minute, %(uploads)s of them to start imports. "
        "The next minute begins in %(seconds)s s."
    )
    numbers = {
        "requests": settings.API_REQUESTS_PER_MINUTE,
        "uploads": settings.API_UPLOADS_PER_MINUTE,
        "seconds": usage.seconds,
    }
    headers = {"Retry-After": str(usage.seconds)}
    return Problem("TOO_MANY_REQUESTS", words % numbers, headers=headers)


USAGE = "onboarding.api_usage"


def usage_of(request: HttpRequest) -> Usage | None:
    """How often the request's token was used, if it has one that works."""
    found: Usage | None = request.META.get(USAGE)
    return found


def caller_of(request: HttpRequest, *, for_inactive: bool = False) -> Caller:
    """Whose token the request has. Raises Problem if that does not work; it is not counted."""
    given = request.headers.get("Authorization", "")
    if not given[: len(SCHEME)].lower() == SCHEME:
        raise Problem("NO_TOKEN")
    token = tokens.find(given[len(SCHEME) :].strip())
    if token is None or token.revoked_at is not None:
        raise Problem("INVALID_TOKEN")
    if token.expires_at <= now():
        raise Problem("EXPIRED_TOKEN")
    access = access_of_token(token)
    if access.vendor_id is None:
        raise Problem("INVALID_TOKEN")
    if not (token.vendor.is_active or for_inactive):
        raise Problem("INACTIVE_VENDOR")
    return Caller(token, access)
