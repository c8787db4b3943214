"""What was changed in products, when, and by which file or person."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from vendors.models import Vendor


class ProductChange(models.Model):
    """One change of one product, written in the transaction that changes it.

    `before` holds the values that the change replaced, by field: of changed fields only, and all
    that the product's row held when it was deleted. What the change wrote is in the product's next
    change of that field, or in the product. The changes of a product are in the order of
    `change_id`.

    `content` says how new the replaced values were (see `content_order.py`): the stamp of all, or
    the stamps by field.

    It refers to no row of products, which may be deleted, and checks no vendor, which would cost
    more than the row.
    """

    class Kind(models.TextChoices):
        INSERTED = "I", _("Added")
        UPDATED = "U", _("Changed")
        DELETED = "D", _("Removed")

    change_id = models.BigAutoField(primary_key=True)
    product_id = models.IntegerField()
    vendor = models.ForeignKey(
        Vendor, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    upload_id = models.CharField(max_length=40, null=True, blank=True)
    run = models.IntegerField(null=True, blank=True)
    upload_row = models.IntegerField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        help_text="Who edited it, if a person did.",
    )
    kind = models.CharField(max_length=1, choices=Kind)
    before = models.JSONField(null=True, blank=True)
    content = models.JSONField(null=True, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "product_changes"
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["product_id", "change_id"], name="product_changes_product"),
            models.Index(fields=["upload_id", "product_id"], name="product_changes_upload"),
            models.Index(fields=["by"], condition=Q(by__isnull=False), name="product_changes_by"),
            # For the last edit of a vendor's products.
            models.Index(
                fields=["vendor", "change_id"],
                condition=Q(by__isnull=False),
                name="product_changes_edits",
            ),
            # For the sweep that deletes old ones.
            BrinIndex(fields=["at"], name="product_changes_at"),
        ]

    def __str__(self) -> str:
        return f"{self.change_id} {self.kind} of product {self.product_id}"


AS_JSON: dict[type, Callable[[Any], str]] = {Decimal: str, datetime: datetime.isoformat}


def as_json(value: object) -> object:
    """A field's value in `before`: prices and weights as text, so that none loses a digit."""
    convert = AS_JSON.get(type(value))
    return convert(value) if convert else value


def recorded(values: Mapping[str, object]) -> dict[str, object]:
    """The values of fields in `before`."""
    return {name: as_json(value) for name, value in values.items()}


def stamps_as_json(stamps: Mapping[str, str]) -> str | dict[str, str]:
    """The stamps of replaced values, by field, as `content` holds them."""
    return next(iter(stamps.values())) if len({*stamps.values()}) == 1 else dict(stamps)


def stamps_of(content: Any, fields: Iterable[str]) -> dict[str, str]:
    """The stamps of these fields that `content` holds; none if it holds none."""
    if isinstance(content, str):
        return dict.fromkeys(fields, content)
    return {field: content[field] for field in fields if field in (content or {})}
