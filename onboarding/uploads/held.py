"""What the page of a held upload shows: why it is held, and who can release it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext

from imports.holds.reasons import findings_of, needs_staff, people_needed
from imports.models import Upload
from imports.notifications import addresses
from imports.review.deciding import why_not_released
from imports.rules.holds import Finding
from vendors.access import Access


@dataclass(frozen=True)
class HeldPage:
    findings: list[Finding]
    who: str  # can release it
    ends_at: datetime | None  # without importing anything, if no one does
    can_release: bool  # on this page
    review_url: str  # of staff's page; "" for others


def held_page(upload: Upload, access: Access) -> HeldPage | None:
    """None if the upload is not held."""
    if not upload.is_held:
        return None
    ended_at = upload.completed_at
    can_release = not access.sees_all and not why_not_released(upload, access)
    return HeldPage(
        findings_of(upload),
        who_releases(upload),
        ended_at and ended_at + timedelta(days=settings.REVIEW_DAYS),
        can_release,
        addresses.review_url(upload.upload_id) if access.sees_all else "",
    )


def who_releases(upload: Upload) -> str:
    if not needs_staff(upload):
        return gettext("Owners and uploaders of the vendor can release it, and so can our staff.")
    if people_needed(upload) > 1:
        return gettext("Two people of our staff must release it.")
    return gettext("Our staff release it.")
