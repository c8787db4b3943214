"""How often a person may try to log in or ask for a new password.

django-axes counts wrong passwords of a name from one address, after they were checked. The limits
here are counted before a password is checked, because checking takes a tenth of a second of a CPU:
by address, and by name from devices on which this name has never logged in.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from config.client_address import client_address
from vendors.throttle import Limit

PAUSE: timedelta = settings.AXES_COOLOFF_TIME  # the page names it
BY_ADDRESS = (
    Limit("login-burst", 20, timedelta(minutes=1)),
    Limit("login-address", 40, PAUSE),
)
BY_NAME = Limit("login-name", 20, PAUSE)
PASSKEYS_BY_ADDRESS = Limit("passkey-address", 100, PAUSE)  # a login counts twice
RESETS_BY_ADDRESS = Limit("reset-address", 10, PAUSE)
RESETS_BY_ACCOUNT = Limit("reset-account", 3, timedelta(hours=1))

DEVICE_COOKIE = "onboarding_device"
DEVICE_SALT = "vendors.device"
DEVICE_KEPT = timedelta(days=365)
MAX_NAME = 255


class LimitedBackend:
    """The first authentication backend: refuses before any password is checked."""

    def authenticate(
        self, request: HttpRequest, username: str | None = None, **_: object
    ) -> AbstractBaseUser | None:
        """None, so that the next backend decides. Raises PermissionDenied above a limit."""
        address, name = client_address(request), (username or "").lower()
        allowed = all(limit.allows(address) for limit in BY_ADDRESS) and (
            is_known_device(request, name) or BY_NAME.allows(name)
        )
        if not allowed:
            request.axes_locked_out = True  # type: ignore[attr-defined]
            raise PermissionDenied("too many logins")
        return None


def count_only_failures(request: HttpRequest, user: Any) -> None:
    """After a right password: people who share an address do not use up each other's tries.
    Nothing else is forgotten: a guesser with a login of his own would begin again with each of his
    logins."""
    BY_NAME.take_back(user.get_username().lower())
    for limit in BY_ADDRESS:
        limit.take_back(client_address(request))


def name_for_axes(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name, as far as its column takes it: people type what they like."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return name[:MAX_NAME].replace("\0", "") if name else None


def is_known_device(request: HttpRequest, name: str) -> bool:
    """Whether this name has logged in there."""
    try:
        known = signing.loads(
            request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=DEVICE_KEPT
        )
    except signing.BadSignature:
        return False
    return bool(known == name)


def remember_device(response: HttpResponse, user: Any) -> None:
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(user.get_username().lower(), salt=DEVICE_SALT),
        max_age=DEVICE_KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
