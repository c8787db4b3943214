"""Vendors and their users."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.access import Access

VENDOR_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}"


class VendorQuerySet(models.QuerySet["Vendor"]):
    def visible_to(self, access: Access) -> "VendorQuerySet":
        return access.narrow(self, "vendor_id")


class Vendor(models.Model):
    """A company that sells on the marketplace; its id is the prefix of its S3 keys."""

    vendor_id = models.CharField(
        _("vendor ID"),
        primary_key=True,
        max_length=50,
        validators=[
            RegexValidator(
                rf"^{VENDOR_ID}\Z",
                _("Use letters, digits, hyphens and underscores. Begin with a letter or digit."),
            )
        ],
    )
    name = models.CharField(_("name"), max_length=200)
    contact_email = models.EmailField(
        _("contact email"),
        blank=True,
        help_text=_("Gets the emails about files sent by file transfer."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Files of an inactive vendor are rejected. Its products stay in the catalog, and its "
            "users can still log in and see its uploads."
        ),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = VendorQuerySet.as_manager()

    class Meta:
        db_table = "vendors"
        verbose_name = _("vendor")
        verbose_name_plural = _("vendors")
        ordering = ["vendor_id"]

    def __str__(self) -> str:
        return f"{self.vendor_id} · {self.name}"


class Tries(models.Model):
    """How often something was tried in one period; see throttle.py."""

    key = models.CharField(primary_key=True, max_length=100)
    count = models.IntegerField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "tries"
        verbose_name = _("tries")
        verbose_name_plural = _("tries")

    def __str__(self) -> str:
        return self.key


class Member(models.Model):
    """A user who uploads for a vendor. A user acts for one vendor at most."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="membership",
        verbose_name=_("user"),
    )
    vendor = models.ForeignKey(
        Vendor, on_delete=models.CASCADE, related_name="members", verbose_name=_("vendor")
    )

    class Meta:
        db_table = "vendor_members"
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return f"{self.user} for {self.vendor_id}"
