"""Errors in the rows of uploads."""

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload
from vendors.access import Access

MAX_CELL = 200  # characters of a cell by which errors are grouped
MAX_NAME = 255  # characters of a vendor's ID and a cell


class RowErrorQuerySet(models.QuerySet["RowError"]):
    def of_run(self, upload: Upload) -> "RowErrorQuerySet":
        """Errors, warnings and notices of the upload's current run."""
        return self.filter(upload=upload, run=upload.run)

    def errors(self) -> "RowErrorQuerySet":
        """What rejects a row."""
        return self.filter(severity=RowError.Severity.ERROR)

    def warnings(self) -> "RowErrorQuerySet":
        """What may be wrong with a row, and does not reject it."""
        return self.filter(severity=RowError.Severity.WARNING)

    def notices(self) -> "RowErrorQuerySet":
        """What is to be said about a row that is valid."""
        return self.filter(severity=RowError.Severity.NOTICE)

    def visible_to(self, access: Access) -> "RowErrorQuerySet":
        return access.narrow(self, "upload__vendor_id")


class RowError(models.Model):
    """One error or warning in one row, or a notice about a valid one. The first of a row carries
    the original row, as a JSON object of the vendor's column names and cells."""

    class Severity(models.TextChoices):
        ERROR = "error", _("Error")
        WARNING = "warning", _("Warning")
        NOTICE = "notice", _("Notice")

    error_id = models.BigAutoField(primary_key=True)
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, related_name="row_errors", db_index=False
    )
    run = models.IntegerField(_("run"))
    row_number = models.IntegerField(
        _("row"), help_text=_("As the vendor's spreadsheet counts: the header is row 1.")
    )
    column_name = models.CharField(_("column"), max_length=255, blank=True)
    error_type = models.CharField(_("error type"), max_length=40)
    error_message = models.TextField(_("message"))
    cell = models.CharField(
        _("value"),
        max_length=MAX_CELL,
        null=True,
        blank=True,
        help_text="The cell's text as it is compared; null if it is longer, or there is none.",
    )
    severity = models.CharField(
        _("severity"),
        max_length=10,
        choices=Severity,
        default=Severity.ERROR,
        db_default=Severity.ERROR,
    )
    original_data = models.JSONField(_("original row"), null=True, blank=True)
    # What a rejected row of a vendor calls its product (see `named`), with its first error.
    named_sku = models.CharField(max_length=MAX_NAME, null=True, blank=True)
    named_id = models.CharField(max_length=MAX_NAME, null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = RowErrorQuerySet.as_manager()

    class Meta:
        db_table = "validation_errors"
        ordering = ["error_id"]
        verbose_name = _("validation error")
        verbose_name_plural = _("validation errors")
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "row_number", "column_name", "error_type"],
                name="validation_errors_unique",
            )
        ]
        indexes = [
            # For the admin's list by type, newest upload first.
            models.Index(fields=["error_type", "upload"], name="validation_errors_by_type"),
            # For the rows that wait for a category (see imports/wanted/waiting.py).
            models.Index(
                Lower(
                    Func(
                        F("cell"),
                        Value("[[:space:]]+"),
                        Value(" "),
                        Value("g"),
                        function="regexp_replace",
                    )
                ),
                condition=Q(error_type="INVALID_CATEGORY", severity="error"),
                name="validation_errors_category",
            ),
            # For the search of rejected rows by what they call their product.
            models.Index(
                fields=["named_sku"],
                condition=Q(named_sku__isnull=False),
                name="validation_errors_by_sku",
            ),
            models.Index(
                fields=["named_id"],
                condition=Q(named_id__isnull=False),
                name="validation_errors_by_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} row {self.row_number}: {self.error_type}"
