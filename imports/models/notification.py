"""The emails about uploads."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload
from vendors.access import Access


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, access: Access) -> "NotificationQuerySet":
        return access.narrow(self, "upload__vendor_id")


class Notification(models.Model):
    """One email about one run, kept as it was sent. There is one of each kind."""

    class Kind(models.TextChoices):
        RUN_ENDED = "run_ended", _("Result of an import")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Not confirmed")
        FAILED = "failed", _("Not sent")

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="notifications")
    run = models.IntegerField(_("run"))
    kind = models.CharField(
        _("kind"), max_length=30, choices=Kind, default=Kind.RUN_ENDED, db_default=Kind.RUN_ENDED
    )
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=400)
    text_body = models.TextField()
    html_body = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.IntegerField(_("attempts"), default=0)
    lost = models.IntegerField(default=0, help_text="Sends whose outcome is not known.")
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "kind"], name="notifications_one_of_a_kind"
            )
        ]
        indexes = [models.Index(fields=["-created_at"], name="notifications_by_time")]

    def __str__(self) -> str:
        return self.subject
