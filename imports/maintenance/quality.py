"""A sweep that counts the quality of all vendors once a day: people edit products, too."""

from datetime import timedelta

from django.utils.timezone import now

from imports.models import VendorQuality
from imports.reports.quality import count_quality

EVERY = timedelta(days=1)


def count_daily() -> int:
    """Count the products of all vendors, unless that was done within a day. Returns the number of
    vendors that have some."""
    oldest = VendorQuality.objects.order_by("counted_at").values_list("counted_at", flat=True)
    if any(at > now() - EVERY for at in oldest[:1]):
        return 0
    return count_quality()
