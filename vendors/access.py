"""Who is asking, and what they may see: the one place that decides it.

Every model that belongs to a vendor has a query set with `.visible_to(access)`, and every view
starts from it, so another vendor's record does not exist for the user (404, not 403).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

if TYPE_CHECKING:
    from vendors.models import ApiToken, Member

# What a token may do, which is never more than what its person may.
READ_UPLOADS = "uploads:read"
SEND_UPLOADS = "uploads:write"
READ_PRODUCTS = "products:read"
WEBHOOKS = "webhooks"
READ_ONLY = (READ_UPLOADS, READ_PRODUCTS)  # what people who only look can give to a program

# Rights of staff, by the names of their permissions. A test holds them against the models.
VIEW_UPLOADS = "imports.view_upload"
ACT_ON_UPLOADS = "imports.act_on_upload"
RELEASE_UPLOADS = "imports.release_upload"

# Roles of members, as Member.Role has them.
OWNER, UPLOADER = "owner", "uploader"
ACT = (OWNER, UPLOADER)

Q = TypeVar("Q", bound=QuerySet[Any, Any])


@dataclass(frozen=True)
class Access:
    """What one person may see: one vendor's records, everything, or nothing.

    `vendor_id`: the vendor that a member works for at present. `acts`: may also upload, retry and
    cancel, within what they see. `manages`: may also say who is a member of that vendor.
    """

    user: AbstractBaseUser | AnonymousUser
    vendor_id: str | None
    sees_all: bool
    acts: bool = False
    manages: bool = False

    @property
    def releases(self) -> bool:
        """May release and reject held uploads as staff."""
        user: Any = self.user
        return bool(user.has_perm(RELEASE_UPLOADS))

    def narrow(self, queryset: Q, vendor_column: str) -> Q:
        """Only the rows this person may see; `vendor_column` holds their vendor's id."""
        if self.sees_all:
            return queryset
        if self.vendor_id is None:
            return queryset.none()
        return queryset.filter(**{vendor_column: self.vendor_id})

    def grantable(self, scopes: Sequence[str]) -> list[str]:
        """Those of the scopes that the person may give to a token."""
        return [scope for scope in scopes if self.acts or scope in READ_ONLY]


def access_of(user: Any) -> Access:
    """What `user` may see: staff with the right to view uploads see all, members the records of the
    vendor that they work for at present."""
    if not user.is_authenticated or not user.is_active:
        return Access(user=user, vendor_id=None, sees_all=False)
    if user.is_staff and user.has_perm(VIEW_UPLOADS):
        acts = user.has_perm(ACT_ON_UPLOADS)
        return Access(user=user, vendor_id=None, sees_all=True, acts=acts)
    membership = current_membership(user)
    if membership is None:
        return Access(user=user, vendor_id=None, sees_all=False)
    return as_member(user, membership.vendor_id, membership.role)


def as_member(
    user: Any, vendor_id: str, role: str, scopes: Collection[str] | None = None
) -> Access:
    """What a member with this role may see and do; a program for them, within its scopes."""
    acts = role in ACT and (scopes is None or SEND_UPLOADS in scopes)
    manages = role == OWNER and scopes is None
    return Access(user=user, vendor_id=vendor_id, sees_all=False, acts=acts, manages=manages)


def memberships_of(user: Any) -> "list[Member]":
    """Of a user who is logged in, by when they began, each with its vendor and the user's choices.

    They are read once in a request.
    """
    if not hasattr(user, "read_memberships"):
        related = ("vendor", "user__person")
        user.read_memberships = list(user.memberships.select_related(*related).order_by("pk"))
    found: list[Member] = user.read_memberships
    return found


def current_membership(user: Any) -> "Member | None":
    """For the vendor that the user has chosen, if still a member, or else the first one."""
    found = memberships_of(user)
    if not found:
        return None
    person = getattr(found[0].user, "person", None)
    chosen = [one for one in found if person is not None and one.vendor_id == person.vendor_id]
    return (chosen or found)[0]


def access_of_token(token: "ApiToken") -> Access:
    """What a program with this token (tokens.find) may see and do: what its person may in the
    token's vendor, whichever that person works for at present."""
    person = token.created_by
    is_staff = person.is_staff and person.has_perm(VIEW_UPLOADS)
    role = role_of(token)
    if not person.is_active or is_staff or role is None:
        return Access(user=person, vendor_id=None, sees_all=False)
    return as_member(person, token.vendor_id, role, token.scopes)


def role_of(token: "ApiToken") -> str | None:
    """Of the token's person in its vendor today, as tokens.find has read it."""
    role: str | None = getattr(token, "role_today")  # noqa: B009 - of this query only
    return role


def scopes_of(token: "ApiToken") -> list[str]:
    """What the token (tokens.find) may do today: its person's role may be a lesser one than when
    it was created."""
    return [scope for scope in token.scopes if role_of(token) in ACT or scope in READ_ONLY]
