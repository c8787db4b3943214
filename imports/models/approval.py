"""What reviewers say about an upload that two of them must release."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload


class Approval(models.Model):
    """One person's word that a held run may be imported. A trigger of the table rejects that of the
    person who uploaded the file, so two of them are always of two other people."""

    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, related_name="approvals", db_index=False
    )
    run = models.IntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        db_table = "approvals"
        constraints = [
            models.UniqueConstraint(fields=["upload", "run", "by"], name="approvals_one_each")
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} run {self.run} by {self.by}"
