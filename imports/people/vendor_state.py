"""Deactivating a vendor and activating it again: by staff, with an email to its people."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.timezone import now

from catalog.models import Product
from imports.execution.hints import send_mail_hint
from imports.models import Schedule, VendorNotice, WebhookEndpoint
from imports.people import invitations
from vendors import team
from vendors.models import Member, Vendor

KEPT = timedelta(days=settings.AUDIT_KEPT_DAYS)


@dataclass(frozen=True)
class Consequences:
    """What a vendor has that its deactivation concerns."""

    products: int
    members: int
    schedules: int
    webhooks: int
    tokens: int
    invitations: int


def consequences(vendor: Vendor) -> Consequences:
    return Consequences(
        products=Product.objects.filter(vendor=vendor).count(),
        members=Member.objects.filter(vendor=vendor, user__is_active=True).count(),
        schedules=Schedule.objects.filter(vendor=vendor, is_enabled=True).count(),
        webhooks=WebhookEndpoint.objects.filter(vendor=vendor, off="").count(),
        tokens=vendor.api_tokens.working_at(now()).count(),
        invitations=invitations.open_ones(vendor).filter(expires_at__gt=now()).count(),
    )


def set_active(vendor_id: str, *, is_active: bool) -> bool:
    """Deactivate or activate the vendor and make the emails to its people. Open invitations end
    with a deactivation.

    Returns False, and nothing happens, if it is so already: two who save at the same time send one
    email.
    """
    with transaction.atomic():
        vendor = team.lock(vendor_id)
        if vendor.is_active == is_active:
            return False
        vendor.is_active = is_active
        vendor.deactivated_at = None if is_active else now()
        vendor.save(update_fields=["is_active", "deactivated_at"])
        if not is_active:
            for invitation in invitations.open_ones(vendor):
                invitations.end(invitation)
        kind = VendorNotice.Kind.REACTIVATED if is_active else VendorNotice.Kind.DEACTIVATED
        for address in addresses_of(vendor):
            notice = VendorNotice(vendor=vendor, kind=kind, to=address)
            notice.queue()
            notice.save()
        transaction.on_commit(send_mail_hint, robust=True)
    return True


def addresses_of(vendor: Vendor) -> list[str]:
    """Of its members and its contact, each once."""
    active = Member.objects.filter(vendor=vendor, user__is_active=True).exclude(user__email="")
    found = active.order_by("pk").values_list(Lower("user__email"), flat=True)
    contact = [vendor.contact_email.lower()] if vendor.contact_email else []
    return list(dict.fromkeys([*found, *contact]))


def delete_old_notices() -> int:
    """Delete those that were settled long ago. Returns how many. Part of `clean_up`."""
    old = VendorNotice.objects.filter(created_at__lt=now() - KEPT, next_attempt_at=None)
    deleted: int = old.delete()[0]
    return deleted
