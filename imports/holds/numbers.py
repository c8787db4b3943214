"""Staff's numbers: from when on something is a reason to hold an import."""

from django.conf import settings

from imports.rules.holds import BY_NUMBER
from vendors.models import Vendor


def numbers_of(vendor: Vendor | None) -> dict[str, int]:
    """By the reason's code: the vendor's own number, or else the one of all; 0 for never."""
    own = vendor.hold if vendor else {}
    return {
        reason.code: int(own.get(reason.code, getattr(settings, reason.setting)))
        for reason in BY_NUMBER
    }
