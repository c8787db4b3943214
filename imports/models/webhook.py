"""Webhooks: where a vendor's programs want to hear of events, and what is sent there."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.delivery import Delivery
from imports.models.mapping import VendorsQuerySet
from imports.models.upload import Upload
from vendors.access import Access
from vendors.models import Vendor


class WebhookEndpoint(models.Model):
    """An address that is sent the chosen events of one vendor.

    `failing_since` is when the first delivery failed after the last one that arrived. Its secret is
    not stored, only a seed of it (imports/webhooks/signing.py); that of `earlier_seed` signs, too,
    until `earlier_until`.
    """

    class Event(models.TextChoices):
        RECEIVED = "upload.received", _("A file has arrived")
        FINISHED = "upload.finished", _("An import has ended")
        REFUSED = "upload.refused", _("A file was rejected as a whole")
        HELD = "upload.held", _("An import waits for a release")
        UNDONE = "upload.undone", _("An import was undone")
        APPROVED = "category.approved", _("A category that you asked for was approved")
        EXPIRING = "token.expiring", _("An API token expires soon")

    class Off(models.TextChoices):
        BY_PERSON = "by_person", _("Switched off by a person")
        GONE = "gone", _("Switched off: the address answered 410 Gone")
        DEAD = "dead", _("Switched off: no delivery arrived for five days")

    OFF_BY_US = (Off.GONE, Off.DEAD)

    vendor = models.ForeignKey(
        Vendor, on_delete=models.CASCADE, related_name="webhooks", verbose_name=_("vendor")
    )
    url = models.CharField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=30, choices=Event), verbose_name=_("events"))
    seed = models.CharField(max_length=64)
    earlier_seed = models.CharField(max_length=64, blank=True)
    earlier_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    off = models.CharField(_("switched off"), max_length=10, choices=Off, blank=True)
    off_at = models.DateTimeField(_("switched off at"), null=True, blank=True)
    warned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its person was notified that we switched it off."
    )

    objects = VendorsQuerySet.as_manager()

    class Meta:
        db_table = "webhook_endpoints"
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.url

    @property
    def is_on(self) -> bool:
        return not self.off


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def visible_to(self, access: Access) -> "WebhookDeliveryQuerySet":
        return access.narrow(self, "endpoint__vendor_id")


class WebhookDelivery(Delivery):
    """One event for one address. `message_id` stays the same however often it is sent, and so does
    the body; `subject` is what the event is about, of which each address hears once."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Not delivered")

    PING = "ping"  # the one type that is not chosen, but requested

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        verbose_name=_("webhook"),
        db_index=False,  # an index below begins with it
    )
    message_id = models.CharField(_("message ID"), max_length=40, unique=True)
    type = models.CharField(_("event"), max_length=30)
    subject = models.CharField(max_length=60)
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, null=True, blank=True, related_name="webhook_deliveries"
    )
    body = models.TextField(help_text="JSON, as it is sent.")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    status = models.IntegerField(_("HTTP status"), null=True, blank=True)
    seconds = models.FloatField(
        _("seconds"), null=True, blank=True, help_text="How long the last attempt took."
    )
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "type", "subject"], name="webhook_deliveries_once"
            )
        ]
        indexes = [
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_deliveries_log"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="webhook_deliveries_due",
            ),
            models.Index(fields=["-created_at", "-id"], name="webhook_deliveries_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.message_id})"

    @property
    def tried_for(self) -> timedelta:
        """Longer than all attempts take: their number ends them."""
        return timedelta(days=7)

    # --- transitions ---------------------------------------------------------------------------

    def delivered(self) -> None:
        """The address has accepted it."""
        self.end(self.State.DELIVERED)
        self.delivered_at = Now()

    def send_again(self) -> None:
        """Start a new series of attempts, with the same id and body."""
        self.token += 1
        self.attempts = 0
        self.last_error = ""
        self.queue()
