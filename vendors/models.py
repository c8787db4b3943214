"""Vendors and the people who act for them."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from vendors.access import Access

VENDOR_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}"


class VendorQuerySet(models.QuerySet["Vendor"]):
    def visible_to(self, access: Access) -> "VendorQuerySet":
        return access.narrow(self, "vendor_id")


class Vendor(models.Model):
    """A company that sells on the marketplace; its id is the prefix of its S3 keys."""

    vendor_id = models.CharField(
        primary_key=True,
        max_length=20,
        validators=[RegexValidator(rf"^{VENDOR_ID}\Z", "Letters, digits, - and _ only.")],
    )
    name = models.CharField(max_length=200)
    contact_email = models.EmailField(blank=True)
    is_active = models.BooleanField(
        default=True, help_text="Uploads of an inactive vendor are refused."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VendorQuerySet.as_manager()

    class Meta:
        db_table = "vendors"
        ordering = ["vendor_id"]

    def __str__(self) -> str:
        return f"{self.vendor_id} · {self.name}"


class Member(models.Model):
    """A user who uploads for a vendor. A user acts for one vendor at most."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership"
    )
    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, related_name="members")

    class Meta:
        db_table = "vendor_members"

    def __str__(self) -> str:
        return f"{self.user} for {self.vendor_id}"
