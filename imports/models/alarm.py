"""What staff must look at."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Alarm(models.Model):
    """Something staff must look at. One open alarm per kind and subject."""

    class Kind(models.TextChoices):
        FAILED_UPLOAD = "failed_upload", _("Upload failed: internal error")
        UNKNOWN_VENDOR = "unknown_vendor", _("File from an unknown vendor")
        UNSENT_MAIL = "unsent_mail", _("Email not sent")
        UNWRITTEN_ANSWER = "unwritten_answer", _("Answer not written to an outbox")
        BOUNCED_MAIL = "bounced_mail", _("Email bounced or marked as spam")
        FAILED_IMPORT = "failed_import", _("Automated import failed")
        DEAD_LETTER = "dead_letter", _("Messages in a dead-letter queue")
        FAILED_SCHEDULE = "failed_schedule", _("Schedule failed")
        STRAY_FILE = "stray_file", _("File outside all folders")
        FAILED_SWEEP = "failed_sweep", _("Maintenance failed")
        WAITING_REVIEW = "waiting_review", _("Held upload waits for review")
        FAILED_ERASURE = "failed_erasure", _("Personal data not erased")

    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    subject = models.CharField(
        _("subject"), max_length=300, help_text=_("What it is about: an ID, a queue or a task.")
    )
    detail = models.TextField(_("detail"), blank=True)
    raised_at = models.DateTimeField(_("raised"), db_default=Now())
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("closed by"),
    )

    class Meta:
        db_table = "alarms"
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
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
