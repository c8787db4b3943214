"""Who calls: the token and what it may do."""

from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from ninja import Router, Schema
from pydantic import Field

from onboarding.api.callers import ApiRequest
from onboarding.api.declared import operation
from vendors.access import role_of, scopes_of

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
    vendor_is_active: bool = Field(
        description="If not, this is all that the token may ask, and files are rejected."
    )
    vendor_deactivated_at: datetime | None
    person: str
    role: Literal["owner", "uploader", "viewer"] = Field(
        description="Of the person today. Tokens of viewers change nothing."
    )
    token: Token
    limits: Limits


@operation(
    router,
    "GET",
    "/me",
    name="get_me",
    title="Who am I?",
    answers={200: Me},
    for_inactive=True,
    problems=(422,),
)
def get_me(request: ApiRequest) -> dict[str, Any]:
    """The vendor and the person that the token acts for, and what it may do."""
    token = request.auth.token
    return {
        "vendor_id": token.vendor_id,
        "vendor_name": token.vendor.name,
        "vendor_is_active": token.vendor.is_active,
        "vendor_deactivated_at": token.vendor.deactivated_at,
        "role": role_of(token),
        "person": request.auth.person.get_username(),
        "token": {"name": token.name, "scopes": scopes_of(token), "expires_at": token.expires_at},
        "limits": {
            "requests_per_minute": settings.API_REQUESTS_PER_MINUTE,
            "uploads_per_minute": settings.API_UPLOADS_PER_MINUTE,
        },
    }
