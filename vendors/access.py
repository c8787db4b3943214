"""Who is asking, and what they may see: the one place that decides it.

Every model that belongs to a vendor has a query set with `.visible_to(access)`, and every view
starts from it, so another vendor's record does not exist for the user (404, not 403).
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

if TYPE_CHECKING:
    from vendors.models import ApiToken

# What a token may do, which is never more than what its person may.
READ_UPLOADS = "uploads:read"
SEND_UPLOADS = "uploads:write"
READ_PRODUCTS = "products:read"
WEBHOOKS = "webhooks"

# Rights of staff, by the names of their permissions. A test holds them against the models.
VIEW_UPLOADS = "imports.view_upload"
ACT_ON_UPLOADS = "imports.act_on_upload"

Q = TypeVar("Q", bound=QuerySet[Any, Any])


@dataclass(frozen=True)
class Access:
    """What one person may see: one vendor's records, everything, or nothing.

    `acts`: may also upload, retry and cancel, within what they see.
    """

    user: AbstractBaseUser | AnonymousUser
    vendor_id: str | None
    sees_all: bool
    acts: bool = False

    def narrow(self, queryset: Q, vendor_column: str) -> Q:
        """Only the rows this person may see; `vendor_column` holds their vendor's id."""
        if self.sees_all:
            return queryset
        if self.vendor_id is None:
            return queryset.none()
        return queryset.filter(**{vendor_column: self.vendor_id})


def access_of(user: Any) -> Access:
    """What `user` may see: staff with the right to view uploads see all, members their vendor's."""
    if not user.is_authenticated or not user.is_active:
        return Access(user=user, vendor_id=None, sees_all=False)
    if user.is_staff and user.has_perm(VIEW_UPLOADS):
        acts = user.has_perm(ACT_ON_UPLOADS)
        return Access(user=user, vendor_id=None, sees_all=True, acts=acts)
    membership = getattr(user, "membership", None)
    vendor_id = membership and membership.vendor_id
    return Access(user=user, vendor_id=vendor_id, sees_all=False, acts=vendor_id is not None)


def access_of_token(token: "ApiToken") -> Access:
    """What a program with this token may see and do: its vendor's records, as its person."""
    access = access_of(token.created_by)
    if access.sees_all or access.vendor_id != token.vendor_id:
        return Access(user=token.created_by, vendor_id=None, sees_all=False)
    return replace(access, acts=access.acts and SEND_UPLOADS in token.scopes)
