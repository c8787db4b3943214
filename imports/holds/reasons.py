"""Why an upload is held, and whose word releases it."""

from imports.holds.policy import NEEDED, review_of
from imports.models import Upload
from imports.rules.holds import HOLDS, Finding, finding_of
from vendors.models import Vendor


def findings_of(upload: Upload) -> list[Finding]:
    """Those that this version knows."""
    return [known for each in upload.held_reason or [] if (known := finding_of(each))]


def codes_of(upload: Upload) -> list[str]:
    return [str(each["code"]) for each in upload.held_reason or []]


def needs_staff(upload: Upload) -> bool:
    """Only staff can release it: they want to look at it, or meanwhile want to look at all uploads
    of the vendor, or the reason is one that only a newer version knows."""
    return waits_for_staff(upload) or review_of(upload) is not None


def waits_for_staff(upload: Upload) -> bool:
    """As `needs_staff`, by what was found when it was held. Without database queries."""
    known = [HOLDS.get(code) for code in codes_of(upload)]
    return any(each is None or each.by_staff for each in known)


def people_needed(upload: Upload) -> int:
    """How many people must release it."""
    is_of_two = any(each.variant == "two" for each in findings_of(upload))
    review = upload.vendor.review if upload.vendor else Vendor.Review.NONE
    return 2 if is_of_two else NEEDED.get(Vendor.Review(review), 1)
