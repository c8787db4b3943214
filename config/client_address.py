"""The IP address of the client behind our proxies."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that our outermost proxy received the request from.

    Each proxy appends the address of its client to X-Forwarded-For, or to the header that
    PROXY_HEADERS names. A client can forge everything before our proxies' entries.
    """
    if settings.PROXY_COUNT:
        forwarded = request.headers.get(f"{settings.PROXY_HEADERS}-For", "").split(",")
        if len(forwarded) >= settings.PROXY_COUNT and forwarded[-settings.PROXY_COUNT].strip():
            return forwarded[-settings.PROXY_COUNT].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
