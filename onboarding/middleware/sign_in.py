"""Every page needs a login, unless its view is marked `login_not_required`."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import add_never_cache_headers

IS_PRIVATE = "onboarding.is_private"


def is_private(request: HttpRequest) -> bool:
    """Whether the page is one of those of the portal that need a login."""
    return IS_PRIVATE in request.META


class SignInMiddleware(LoginRequiredMiddleware):
    """Sends strangers to the login page, and keeps pages of members out of caches."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.resolver_match and request.resolver_match.app_name in {"admin", "ninja"}:
            return None  # has its own checks and login page, or asks for a token
        if not getattr(view_func, "login_required", True):
            return None  # without reading the session: its database may be unavailable
        answer = super().process_view(request, view_func, view_args, view_kwargs)
        if answer is not None and request.headers.get("HX-Request") == "true":
            # A page that polls would put the whole login page into its part.
            answer = HttpResponse(status=204, headers={"HX-Refresh": "true"})
        request.META[IS_PRIVATE] = True
        return answer

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if is_private(request):
            add_never_cache_headers(response)
        return response
