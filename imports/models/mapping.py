"""What vendors said about the columns of their files, and samples of files to ask them about."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.row_error import MAX_CELL
from imports.models.upload import Upload
from vendors.access import Access
from vendors.models import Vendor

MAX_NAME = 200  # characters of a name that is remembered
MAX_TEXT = 2_000  # characters of what a value is read as


class VendorsQuerySet(models.QuerySet[Any]):
    """Rows that belong to one vendor each."""

    def visible_to(self, access: Access) -> "VendorsQuerySet":
        return access.narrow(self, "vendor_id")


class SaidByVendor(models.Model):
    """What a vendor, or staff for it, said about files of one data set."""

    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, verbose_name=_("vendor"))
    dataset = models.CharField(_("data set"), max_length=50)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("user")
    )
    at = models.DateTimeField(_("time"), db_default=Now())

    objects = VendorsQuerySet.as_manager()

    class Meta:
        abstract = True


class ColumnMapping(SaidByVendor):
    """What a vendor said about files of one header: applied to every file that has it."""

    fingerprint = models.CharField(max_length=64, help_text="Of the header.")
    header = models.JSONField(_("columns of the file"))
    answers = models.JSONField()

    class Meta:
        db_table = "column_mappings"
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "dataset", "fingerprint"], name="column_mappings_unique"
            )
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, self.header))


class HeaderMemory(SaidByVendor):
    """What a vendor said about one name in a header: the key of a column of ours, or "" for one
    that is not to be read."""

    name = models.CharField(max_length=MAX_NAME, help_text="As names are compared.")
    written = models.CharField(_("name in the file"), max_length=MAX_NAME)
    key = models.CharField(_("column"), max_length=100, blank=True)

    class Meta:
        db_table = "header_memory"
        verbose_name = _("remembered column")
        verbose_name_plural = _("remembered columns")
        ordering = ["written", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "dataset", "name"], name="header_memory_unique"
            )
        ]

    def __str__(self) -> str:
        return self.written


class ValueMap(SaidByVendor):
    """What a vendor said that a text in a column is to be read as, where it breaks a rule."""

    column_name = models.CharField(_("column"), max_length=100, help_text="Its key.")
    cell = models.CharField(_("value in the file"), max_length=MAX_CELL)
    text = models.CharField(_("is read as"), max_length=MAX_TEXT)

    class Meta:
        db_table = "value_maps"
        verbose_name = _("remembered value")
        verbose_name_plural = _("remembered values")
        ordering = ["column_name", "cell", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "dataset", "column_name", "cell"], name="value_maps_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cell} → {self.text}"


class FileSample(models.Model):
    """Some cells of a file whose header does not say which columns to import."""

    upload = models.OneToOneField(
        Upload, on_delete=models.CASCADE, primary_key=True, related_name="sample"
    )
    content = models.JSONField(help_text="As imports.formats.sample.Sample writes it.")

    class Meta:
        db_table = "file_samples"

    def __str__(self) -> str:
        return self.upload_id


def sample_of(upload: Upload) -> models.QuerySet[FileSample]:
    """The sample to show to a person who can say what the refused file's columns are, if any."""
    samples = FileSample.objects.filter(upload=upload)
    return samples if upload.is_refused else samples.none()
