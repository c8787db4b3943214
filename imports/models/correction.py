"""Corrections that a person has begun and not sent."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload


class CorrectionDraft(models.Model):
    """What a person has entered on the pages that correct an upload's rejected rows."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="drafts")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, verbose_name=_("user")
    )
    run = models.IntegerField(help_text="Whose errors it is about.")
    fixes = models.JSONField(help_text="As imports.corrections.fixes.Fixes writes it.")
    at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        db_table = "correction_drafts"
        constraints = [
            models.UniqueConstraint(fields=["upload", "by"], name="correction_drafts_unique")
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} by {self.by}"
