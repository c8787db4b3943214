"""Tables of the data sets that are not part of the catalog. Others read them."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """A customer, as the first file that named the id has it. Personal data.

    Rows are written in bulk by imports; `upload_id` and `upload_row` say which upload brought one
    in, and at which row of the file.
    """

    customer_id = models.BigIntegerField(_("customer ID"), primary_key=True)
    full_name = models.CharField(_("full name"), max_length=200)
    email = models.CharField(_("email"), max_length=254)
    age = models.IntegerField(_("age"), help_text=_("In years, on the day of the import."))
    date_of_birth = models.DateField(_("date of birth"))
    phone_number = models.CharField(_("phone number"), max_length=10)
    country = models.CharField(_("country"), max_length=60, null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    upload_id = models.CharField(_("upload ID"), max_length=40, null=True, blank=True)
    upload_row = models.IntegerField(_("row in the file"), null=True, blank=True)

    class Meta:
        db_table = "dim_customer"
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-customer_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["full_name", "date_of_birth"], name="dim_customer_person_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(customer_id__gt=0), name="dim_customer_id_positive"
            ),
        ]
        indexes = [models.Index(fields=["upload_id", "upload_row"], name="dim_customer_upload")]

    def __str__(self) -> str:
        return f"{self.customer_id} · {self.full_name}"


class Metric(models.Model):
    """One measurement. A name has one value at a time: the first that arrived."""

    name = models.CharField(_("name"), max_length=200)
    value = models.FloatField(_("value"))
    timestamp = models.DateTimeField(_("timestamp"))
    upload_id = models.CharField(_("upload ID"), max_length=40, null=True, blank=True)
    upload_row = models.IntegerField(_("item in the file"), null=True, blank=True)

    class Meta:
        db_table = "metrics"
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "timestamp"], name="metrics_name_time_unique")
        ]
        # Rows of one upload stand side by side, so a few kilobytes find them among millions.
        indexes = [BrinIndex(fields=["upload_id"], name="metrics_upload", pages_per_range=32)]

    def __str__(self) -> str:
        return f"{self.name} at {self.timestamp:%Y-%m-%d %H:%M:%S%z}"


class IncomingMetric(models.Model):
    """A measurement that waits until its whole file is known to be right.

    The table is unlogged (see the migration): quicker to fill, and emptied by PostgreSQL when the
    server crashes. Its readers count the rows first.
    """

    pk = models.CompositePrimaryKey("upload_id", "upload_row")
    upload_id = models.CharField(max_length=40)
    upload_row = models.IntegerField()
    name = models.CharField(max_length=200)
    value = models.FloatField()
    timestamp = models.DateTimeField()

    class Meta:
        db_table = "incoming_metrics"

    def __str__(self) -> str:
        return f"{self.upload_id} row {self.upload_row}"
