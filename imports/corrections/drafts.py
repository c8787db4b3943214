"""What a person has entered and not sent yet, from page to page."""

from django.contrib.auth.models import User
from django.utils.timezone import now

from imports.corrections.fixes import Fixes
from imports.models import CorrectionDraft, Upload


def draft_of(upload: Upload, *, by: User) -> Fixes:
    """What the person has entered about the upload's present errors."""
    found = CorrectionDraft.objects.filter(upload=upload, by=by, run=upload.run).first()
    return Fixes.from_json(found.fixes) if found else Fixes()


def keep_draft(upload: Upload, fixes: Fixes, *, by: User) -> None:
    CorrectionDraft.objects.update_or_create(
        upload=upload,
        by=by,
        defaults={"run": upload.run, "fixes": fixes.to_json(), "at": now()},
    )


def forget_draft(upload: Upload, *, by: User) -> None:
    CorrectionDraft.objects.filter(upload=upload, by=by).delete()
