"""Who is a member of a vendor, in which role: changed by its owners, and by staff.

A vendor keeps an owner. All changes lock the vendor first, so that two owners who demote or remove
each other at the same time are served one after the other.
"""

from django.contrib.auth.models import User
from django.db import transaction

from vendors import tokens
from vendors.models import Member, Vendor


class LastOwner(Exception):
    """No other owner would be left who can log in."""


def lock(vendor_id: str) -> Vendor:
    """The vendor, whose members no one else changes until the end of the transaction. Uploads and
    products may still be added."""
    return Vendor.objects.select_for_update(no_key=True).get(pk=vendor_id)


def change_role(member: Member, role: str) -> bool:
    """Give the member another role. Returns False if they are no longer a member.

    Raises LastOwner.
    """
    with transaction.atomic():
        present = locked(member)
        if present is None:
            return False
        if role != Member.Role.OWNER:
            refuse_last_owner(present)
        present.role = role
        present.save(update_fields=["role"])
    return True


def remove(member: Member, *, by: User) -> bool:
    """End the membership, and the API tokens that the member has created for the vendor. Returns
    False if it has ended before.

    Raises LastOwner.
    """
    with transaction.atomic():
        present = locked(member)
        if present is None:
            return False
        refuse_last_owner(present)
        tokens.revoke_of_member(user=present.user, vendor_id=present.vendor_id, by=by)
        present.delete()
    return True


def locked(member: Member) -> Member | None:
    """The member as stored now, with the vendor locked; None if there is none any more."""
    lock(member.vendor_id)
    return Member.objects.select_related("user").filter(pk=member.pk).first()


def refuse_last_owner(member: Member) -> None:
    """Raises LastOwner if the member is an owner, and no other one can log in."""
    owners = Member.objects.filter(vendor=member.vendor_id, role=Member.Role.OWNER)
    others = owners.exclude(pk=member.pk).filter(user__is_active=True)
    if member.role == Member.Role.OWNER and not others.exists():
        raise LastOwner(member.pk)


def is_of(user: User | None, vendor_id: str | None) -> bool:
    """Whether the vendor's data may be sent to the user: a member, or staff. Data of no vendor are
    those of staff."""
    if user is None or not user.is_active:
        return False
    is_free = user.is_staff or vendor_id is None
    return is_free or user.memberships.filter(vendor=vendor_id).exists()
