"""The emails about uploads."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload
from vendors.access import Access


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, access: Access) -> "NotificationQuerySet":
        return access.narrow(self, "upload__vendor_id")


class Notification(models.Model):
    """One email about one run, kept as it was sent. There is one with its result.

    It is due when `next_attempt_at` has passed; while it is `sending`, that is the time at which
    the worker counts as lost. `token` rises at every claim and fences out everyone who holds an
    older one, as an upload's does.
    """

    class Kind(models.TextChoices):
        RUN_ENDED = "run_ended", _("Result of an import")
        CATEGORY_ADDED = "category_added", _("Category approved or mapped")
        CATEGORY_DECLINED = "category_declined", _("Category declined")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Marked as spam")
        UNKNOWN = "unknown", _("Not confirmed")
        FAILED = "failed", _("Not sent")

    UNSENT = (State.PENDING, State.SENDING)

    class Bounce(models.TextChoices):
        PERMANENT = "permanent", _("Permanent")
        TRANSIENT = "transient", _("Temporary")

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
    lost = models.IntegerField(default=0, help_text="Answers of SES that were lost.")
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    tried_until = models.DateTimeField(
        null=True, blank=True, help_text="An attempt that fails after this time is the last one."
    )
    token = models.BigIntegerField(default=0, db_default=0)
    series = models.IntegerField(
        _("series"), default=1, db_default=1, help_text=_("Rises when staff send the email again.")
    )
    message_id = models.CharField(
        _("message ID"), max_length=200, blank=True, default="", db_default=""
    )
    bounce = models.CharField(
        _("bounce"), max_length=10, choices=Bounce, blank=True, default="", db_default=""
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "kind"],
                condition=Q(kind="run_ended"),
                name="notifications_one_result",
            )
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="notifications_by_time"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="notifications_due",
            ),
            models.Index(
                fields=["message_id"],
                condition=~Q(message_id=""),
                name="notifications_by_message_id",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_unsent(self) -> bool:
        return self.state in self.UNSENT

    @property
    def can_be_sent_again(self) -> bool:
        """All attempts are over, and the text still exists. Someone who marked an email as spam
        gets no second one."""
        is_over = not self.is_unsent and self.state != self.State.COMPLAINED
        return is_over and self.upload.erased_at is None

    # --- transitions ---------------------------------------------------------------------------

    def queue(self) -> None:
        """It is due now, and is tried for MAIL_TRIED_SECONDS."""
        self.state = self.State.PENDING
        self.next_attempt_at = Now()
        self.tried_until = Now() + timedelta(seconds=settings.MAIL_TRIED_SECONDS)

    def start(self, *, seconds: float) -> None:
        """A worker is sending it. After `seconds` the worker counts as lost."""
        self.state = self.State.SENDING
        self.attempts += 1
        self.token += 1
        self.next_attempt_at = Now() + timedelta(seconds=seconds)

    def send_again(self, *, to: str) -> None:
        """Start a new series of attempts. What SES still reports about earlier ones is ignored."""
        self.to = to
        self.series += 1
        self.token += 1
        self.attempts = self.lost = 0
        self.last_error = self.message_id = self.bounce = ""
        self.sent_at = None
        self.queue()

    def retry(self, reason: str, *, seconds: float) -> None:
        """The attempt failed; the next one is due after `seconds`."""
        self.state = self.State.PENDING
        self.last_error = reason
        self.next_attempt_at = Now() + timedelta(seconds=seconds)

    def end(self, state: "Notification.State", *, reason: str = "") -> None:
        """Set the final state. A worker that is still sending it is fenced out."""
        self.state = state
        self.last_error = reason
        self.next_attempt_at = None
        self.token += 1

    def accepted(self, message_id: str) -> None:
        """SES has accepted it."""
        self.end(self.State.SENT)
        self.message_id = message_id
        self.sent_at = Now()
