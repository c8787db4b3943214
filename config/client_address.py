"""Whose address a request comes from, when it came through proxies of ours."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost of our proxies saw; what came before it anybody can write.

    Each proxy appends the address it was asked from to X-Forwarded-For, or to what PROXY_HEADERS
    calls it.
    """
    if settings.PROXY_COUNT:
        forwarded = request.headers.get(f"{settings.PROXY_HEADERS}-For", "").split(",")
        if len(forwarded) >= settings.PROXY_COUNT and forwarded[-settings.PROXY_COUNT].strip():
            return forwarded[-settings.PROXY_COUNT].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
