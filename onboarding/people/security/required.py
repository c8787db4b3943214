"""Staff who have no second factor set one up before they see anything else (STAFF_NEED_MFA)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from vendors import second_factor

# What it takes to set one up, and to leave.
REACHED_WITHOUT = {
    *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"),
    "logout",
}
SEEN = "second_factor_seen"  # in the session, so that pages need no query


class StaffNeedFactorMiddleware:
    """Leads them to the page. Programs have tokens, which no login gives."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponse | None:
        if not settings.STAFF_NEED_MFA or not asks_for_login(request, view):
            return None
        if not request.user.is_staff or has_factor(request):
            return None
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect("mfa_index")


def asks_for_login(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Whether a page's session must be read at all, and leads elsewhere without a factor."""
    match = request.resolver_match
    if match is None or match.app_name == "ninja" or match.url_name in REACHED_WITHOUT:
        return False
    return getattr(view, "login_required", True) and request.user.is_authenticated


def has_factor(request: HttpRequest) -> bool:
    if SEEN not in request.session:
        if not second_factor.factors_of(request.user.pk or 0).exists():
            return False
        request.session[SEEN] = True
    return True
