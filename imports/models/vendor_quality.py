"""How complete the products of vendors are."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.models import Vendor


class VendorQuality(models.Model):
    """The counts of a vendor's active products, and the score that follows from them. They are
    counted after each import that changes products, and once a day; a vendor without active
    products has none."""

    vendor = models.OneToOneField(
        Vendor, on_delete=models.CASCADE, primary_key=True, related_name="quality"
    )
    products = models.IntegerField(help_text="Active ones.")
    incomplete = models.IntegerField(help_text="Those that lack something.")
    missing = models.JSONField(help_text="How many lack which column, by its key.")
    score = models.IntegerField(_("quality"), help_text="0 to 100.")
    counted_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "vendor_quality"
        verbose_name = _("quality of a vendor")
        verbose_name_plural = _("quality of vendors")

    def __str__(self) -> str:
        return f"{self.vendor_id}: {self.score}"
