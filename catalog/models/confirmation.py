"""What files said of products that the catalog held already."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import connection, models

from catalog.content_order import stamp
from vendors.models import Vendor

ALL = (datetime.min.replace(tzinfo=UTC), "")  # any content is newer
if TYPE_CHECKING:
    TextField = models.Field[str, str]
else:
    TextField = models.Field


class RangesField(TextField):
    """A set of whole numbers, stored as ranges: consecutive numbers take no room."""

    def db_type(self, connection: Any) -> str:
        return "int4multirange"


class ConfirmationManager(models.Manager["ContentConfirmation"]):
    def keep(
        self, vendor_id: str, content: tuple[datetime, str], confirmed: Mapping[int, Iterable[str]]
    ) -> None:
        """Store that content confirmed these fields, by product."""
        by_fields: dict[tuple[str, ...], list[int]] = {}
        for product, fields in confirmed.items():
            by_fields.setdefault(tuple(fields), []).append(product)
        at, upload_id = content
        self.bulk_create(
            ContentConfirmation(
                vendor_id=vendor_id,
                content_at=at,
                content_upload_id=upload_id,
                fields=list(fields),
                products=ranges(products),
            )
            for fields, products in by_fields.items()
        )

    def of(
        self, vendor_id: str, products: Iterable[int], *, newer: tuple[datetime, str] = ALL
    ) -> dict[int, dict[str, str]]:
        """The stamps of confirmed fields, by product; only those `newer` than this content."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT product, fields, content_at, content_upload_id FROM content_confirmations "
                "JOIN unnest(%s::int[]) product ON products @> product "
                "WHERE vendor_id = %s AND (content_at, content_upload_id) > (%s, %s) "
                "ORDER BY content_at, content_upload_id",
                [list(products), vendor_id, *newer],
            )
            found: dict[int, dict[str, str]] = {}
            for product, fields, at, upload_id in cursor.fetchall():
                names = json.loads(fields)
                found.setdefault(product, {}).update(dict.fromkeys(names, stamp(at, upload_id)))
        return found


class ContentConfirmation(models.Model):
    """Fields of products for which a file said the value that they had.

    Such products are not written. So that an older file that is imported later does not change
    them either, this says how new their content is. It is kept for as long as a file may wait.
    """

    vendor = models.ForeignKey(
        Vendor, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    content_at = models.DateTimeField()
    content_upload_id = models.CharField(max_length=40)
    fields = models.JSONField()
    products = RangesField()

    objects = ConfirmationManager()

    class Meta:
        db_table = "content_confirmations"
        indexes = [
            models.Index(fields=["vendor", "content_at"], name="content_confirmations_order"),
            models.Index(fields=["content_at"], name="content_confirmations_age"),
        ]

    def __str__(self) -> str:
        return f"{self.content_upload_id}: {self.fields} of {self.products}"


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL writes a multirange of them."""
    consecutive = groupby(enumerate(sorted(numbers)), key=lambda each: each[1] - each[0])
    runs = [[number for _, number in run] for _, run in consecutive]
    return "".join(["{", ",".join(f"[{run[0]},{run[-1] + 1})" for run in runs), "}"])
