"""Which uploads of a vendor staff want to look at, however plausible they are."""

from django.conf import settings

from imports.models import Upload
from imports.models.upload import IS_ENDED_IMPORT
from imports.rules.holds import Finding
from vendors.models import Vendor

NEEDED = {Vendor.Review.TWO: 2}  # people who must release it; else one


def review_of(upload: Upload) -> Finding | None:
    """That staff look at this upload first, as they have chosen for its vendor; None if not."""
    review = upload.vendor.review if upload.vendor else Vendor.Review.NONE
    if review == Vendor.Review.NONE:
        return None
    if review == Vendor.Review.FIRST:
        most = settings.REVIEW_FIRST_UPLOADS
        before = Upload.objects.filter(
            IS_ENDED_IMPORT,
            vendor=upload.vendor_id,
            status__in=[Upload.Status.COMPLETED, Upload.Status.PARTIAL],
        ).exclude(pk=upload.pk)
        return (
            Finding("REVIEW", "first", {"count": str(most)}) if len(before[:most]) < most else None
        )
    return Finding("REVIEW", "two" if review == Vendor.Review.TWO else "always")
