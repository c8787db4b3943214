"""The emails about uploads."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.delivery import Delivery
from imports.models.upload import Upload
from vendors.access import Access


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, access: Access) -> "NotificationQuerySet":
        return access.narrow(self, "upload__vendor_id")


class Notification(Delivery):
    """One email about one run, kept as it was sent. With its result, each address gets one."""

    # Once prepared, its text is never written again.
    PROGRESS = (*Delivery.PROGRESS, "lost", "sent_at", "message_id")

    class Kind(models.TextChoices):
        RUN_ENDED = "run_ended", _("Result of an import")
        HELD_REMINDER = "held_reminder", _("Reminder of a held upload")
        CATEGORY_ADDED = "category_added", _("Category approved or mapped")
        CATEGORY_DECLINED = "category_declined", _("Category declined")

    class Reason(models.TextChoices):
        """Why its recipient gets it."""

        UPLOADER = "uploader", _("Sent the file")
        CONTACT = "contact", _("Contact of the vendor")
        OWNER = "owner", _("Owner of the vendor")
        EXTRA = "extra", _("Extra recipient of the vendor")
        MAILBOX = "mailbox", _("Mailbox of the data set")
        STAFF = "staff", _("No other recipient")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Marked as spam")
        UNKNOWN = "unknown", _("Not confirmed")
        FAILED = "failed", _("Not sent")

    # Those in which the email has, as far as we know, not reached its recipient and will not.
    PROBLEMS = (State.BOUNCED, State.COMPLAINED, State.UNKNOWN, State.FAILED)

    class Bounce(models.TextChoices):
        PERMANENT = "permanent", _("Permanent")
        TRANSIENT = "transient", _("Temporary")

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="notifications")
    run = models.IntegerField(_("run"))
    kind = models.CharField(
        _("kind"), max_length=30, choices=Kind, default=Kind.RUN_ENDED, db_default=Kind.RUN_ENDED
    )
    to = models.EmailField(_("to"))
    reason = models.CharField(
        _("why they get it"),
        max_length=10,
        choices=Reason,
        blank=True,
        default="",
        db_default="",
        help_text="Empty for decisions about categories, and for emails of before.",
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
        help_text="Whose address it is, if it goes to a person.",
    )
    subject = models.CharField(_("subject"), max_length=400)
    text_body = models.TextField()
    html_body = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    lost = models.IntegerField(default=0, help_text="Answers of SES that were lost.")
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
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
                fields=["upload", "run", "kind", "to"],
                condition=Q(kind="run_ended"),
                name="notifications_one_result_each",
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
    def tried_for(self) -> timedelta:
        return timedelta(seconds=settings.MAIL_TRIED_SECONDS)

    @property
    def others_with_result(self) -> "NotificationQuerySet":
        """If it is about a result: the emails about the same result to other addresses."""
        mails: NotificationQuerySet = Notification.objects.none()
        if self.kind == self.Kind.RUN_ENDED:
            mails = Notification.objects.filter(upload=self.upload_id, run=self.run, kind=self.kind)
        return mails.exclude(pk=self.pk)

    @property
    def can_be_sent_again(self) -> bool:
        """All attempts are over, and the text still exists. Someone who marked an email as spam
        gets no second one."""
        is_over = not self.is_unsent and self.state != self.State.COMPLAINED
        return is_over and self.upload.erased_at is None

    # --- transitions ---------------------------------------------------------------------------

    def send_again(self, *, to: str) -> None:
        """Start a new series of attempts. What SES still reports about earlier ones is ignored."""
        self.to = to
        self.series += 1
        self.token += 1
        self.attempts = self.lost = 0
        self.last_error = self.message_id = self.bounce = ""
        self.sent_at = None
        self.queue()

    def accepted(self, message_id: str) -> None:
        """SES has accepted it."""
        self.end(self.State.SENT)
        self.message_id = message_id
        self.sent_at = Now()
