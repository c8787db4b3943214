"""Emails that say that a vendor was deactivated, or activated again."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imports.models.mapping import VendorsQuerySet
from imports.models.person_mail import PersonMail
from vendors.models import Vendor


class VendorNotice(PersonMail):
    """One such email, to one member or to the vendor's contact. They are made with the change."""

    class Kind(models.TextChoices):
        DEACTIVATED = "deactivated", _("Vendor deactivated")
        REACTIVATED = "reactivated", _("Vendor active again")

    vendor = models.ForeignKey(
        Vendor, on_delete=models.CASCADE, related_name="notices", verbose_name=_("vendor")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)

    objects = VendorsQuerySet.as_manager()

    class Meta:
        db_table = "vendor_notices"
        verbose_name = _("notice to a vendor")
        verbose_name_plural = _("notices to vendors")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="vendor_notices_due",
            ),
            models.Index(
                fields=["message_id"],
                condition=~Q(message_id=""),
                name="vendor_notices_by_message_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"

    @property
    def is_wanted(self) -> bool:
        """The vendor is still as it says."""
        return self.vendor.is_active == (self.kind == self.Kind.REACTIVATED)
