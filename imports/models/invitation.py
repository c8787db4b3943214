"""Invitations: who was asked to work for a vendor, and what became of it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from imports.models.mapping import VendorsQuerySet
from imports.models.person_mail import PersonMail
from vendors.models import Member, Vendor

VALID_FOR = timedelta(days=7)


class Invitation(PersonMail):
    """One person is asked, by email, to be a member of a vendor.

    The link in the email works until it was used, revoked, replaced by a newer one for the same
    address, or has expired, and while the vendor is active. Of a vendor and an address, one is
    open at most.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("Invited")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")

    vendor = models.ForeignKey(
        Vendor, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("vendor")
    )
    role = models.CharField(_("role"), max_length=10, choices=Member.Role)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("invited by"),
    )
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = VendorsQuerySet.as_manager()

    class Meta:
        db_table = "invitations"
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "to"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitations_one_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="invitations_due",
            ),
            models.Index(
                fields=["message_id"],
                condition=~Q(message_id=""),
                name="invitations_by_message_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to} for {self.vendor_id}"

    @property
    def outcome(self) -> Outcome:
        """What became of it; whether its email has arrived is its state."""
        if self.accepted_at is not None:
            return self.Outcome.ACCEPTED
        if self.revoked_at is not None:
            return self.Outcome.REVOKED
        return self.Outcome.EXPIRED if self.expires_at <= now() else self.Outcome.OPEN

    @property
    def is_wanted(self) -> bool:
        return self.outcome == self.Outcome.OPEN

    @property
    def role_title(self) -> str:
        return str(Member.Role(self.role).label)
