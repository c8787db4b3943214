"""Who calls: the token and what it may do."""

from datetime import datetime
from typing import Any

from django.conf import settings
from ninja import Router, Schema

from onboarding.api.callers import ApiRequest
from onboarding.api.declared import operation

router = Router(tags=["token"])


class Token(Schema):
    name: str
    scopes: list[str]
    expires_at: datetime


class Limits(Schema):
    requests_per_minute: int
    uploads_per_minute: int


class Me(Schema):
    vendor_id: str
    vendor_name: str
    person: str
    token: Token
    limits: Limits


@operation(
    router, "GET", "/me", name="get_me", title="Who am I?", answers={200: Me}, problems=(422,)
)
def get_me(request: ApiRequest) -> dict[str, Any]:
    """The vendor and the person that the token acts for, and what it may do."""
    token = request.auth.token
    return {
        "vendor_id": token.vendor_id,
        "vendor_name": token.vendor.name,
        "person": request.auth.person.get_username(),
        "token": {"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at},
        "limits": {
            "requests_per_minute": settings.API_REQUESTS_PER_MINUTE,
            "uploads_per_minute": settings.API_UPLOADS_PER_MINUTE,
        },
    }
