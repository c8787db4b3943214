"""Emails to one person that concern no single upload."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.delivery import Delivery


class PersonMail(Delivery):
    """An email to one person. It is written when it is sent, so a link in it is stored nowhere."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        BOUNCED = "bounced", _("Bounced")
        UNKNOWN = "unknown", _("Not confirmed")
        FAILED = "failed", _("Not sent")

    to = models.EmailField(_("to"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    lost = models.IntegerField(default=0, help_text="Answers of SES that were lost.")
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    message_id = models.CharField(_("message ID"), max_length=200, blank=True)

    # What is read with it, to write it.
    RELATED: tuple[str, ...] = ("vendor",)
    PROGRESS = (*Delivery.PROGRESS, "lost", "sent_at", "message_id")

    class Meta:
        abstract = True

    @property
    def tried_for(self) -> timedelta:
        return timedelta(seconds=settings.MAIL_TRIED_SECONDS)

    @property
    def is_wanted(self) -> bool:
        """Whether it still says something that is true."""
        return True

    def accepted(self, message_id: str) -> None:
        """SES has accepted it."""
        self.end(self.State.SENT)
        self.message_id = message_id
        self.sent_at = Now()
