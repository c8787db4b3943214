"""What staff must look at."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Alarm(models.Model):
    """Something staff must look at. One open alarm per kind and subject."""

    class Kind(models.TextChoices):
        FAILED_UPLOAD = "failed_upload", "An upload failed for a reason of ours"
        UNKNOWN_VENDOR = "unknown_vendor", "A file under an unknown vendor's prefix"
        UNSENT_MAIL = "unsent_mail", "An e-mail could not be sent"
        FAILED_IMPORT = "failed_import", "A file failed that nobody waits for"
        DEAD_LETTER = "dead_letter", "A message ended in a dead-letter queue"
        FAILED_SCHEDULE = "failed_schedule", "A schedule cannot look for its objects"

    kind = models.CharField(max_length=30, choices=Kind)
    subject = models.CharField(max_length=300, help_text="What it is about: an id or a queue.")
    detail = models.TextField(blank=True)
    raised_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        db_table = "alarms"
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(closed_at__isnull=True),
                name="alarms_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
