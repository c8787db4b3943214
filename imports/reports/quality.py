"""The quality score of a vendor: how many of its active products have which optional columns.

Each column of the data set that matters is worth some points, 100 together (`Dataset.quality`). A
product has the points of the columns that it has; the score is the average, rounded down.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Case, Count, Q, Value, When
from django.utils.timezone import now

from catalog.models import Product, ProductQuerySet
from imports.datasets.products import DATASET
from imports.models import VendorQuality
from imports.rules.columns import Column
from vendors.access import Access

MOST = 10_000  # products in the file that raises the score
# The columns of that file: by which products are known, and those that are worth points.
NAMES = ("vendor_product_id", "product_name", "sku")
TO_FILL_IN = replace(
    DATASET,
    columns=tuple(each for each in DATASET.columns if each.key in {*NAMES, *DATASET.quality}),
)


@dataclass(frozen=True)
class Line:
    """A column: what it is worth, how many products have it and lack it, and by how many tenths of
    a point the score rises if those get it."""

    column: Column
    points: int
    has: int
    lacks: int
    tenths: int

    @property
    def gain(self) -> str:
        return f"{self.tenths // 10}.{self.tenths % 10}"


def quality_of(access: Access) -> VendorQuality | None:
    """Of the vendor that the person works for; None if it has no products that were counted."""
    return VendorQuality.objects.filter(vendor=access.vendor_id).first()


def count_quality(vendor_ids: Iterable[str] | None = None) -> int:
    """Count the active products of some vendors, or of all. Returns how many have some."""
    at = now()
    products = Product.objects.filter(status=Product.Status.ACTIVE)
    stored = VendorQuality.objects.all()
    if vendor_ids is not None:
        vendor_ids = [*vendor_ids]
        products, stored = products.filter(vendor__in=vendor_ids), stored.filter(pk__in=vendor_ids)
    counts = (
        products.order_by()
        .values("vendor_id")
        .annotate(
            products=Count("pk"),
            incomplete=Count("pk", filter=reduce(Q.__or__, map(is_missing, worth()))),
            **{f"no_{column.key}": Count("pk", filter=is_missing(column)) for column in worth()},
        )
    )
    found = [quality_from(each, at) for each in counts]
    VendorQuality.objects.bulk_create(
        found,
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["vendor"],
        update_fields=["products", "incomplete", "missing", "score", "counted_at"],
    )
    stored.filter(counted_at__lt=at).delete()
    return len(found)


def quality_from(counts: Any, at: datetime) -> VendorQuality:
    missing = {column.key: counts[f"no_{column.key}"] for column in worth()}
    every = 100 * counts["products"]
    lost = sum(DATASET.quality[key] * lack for key, lack in missing.items())
    return VendorQuality(
        vendor_id=counts["vendor_id"],
        products=counts["products"],
        incomplete=counts["incomplete"],
        missing=missing,
        score=(every - lost) // counts["products"],
        counted_at=at,
    )


def worth() -> list[Column]:
    """The columns that matter, in the order of their worth."""
    return [DATASET.by_key[key] for key in DATASET.quality]


def is_missing(column: Column) -> Q:
    """Products that lack a value in the column."""
    empty = Q(**{f"{column.key}__isnull": True})
    return empty if column.is_number else empty | Q(**{column.key: ""})


def lines_of(quality: VendorQuality) -> list[Line]:
    """What the score consists of, what raises it most first."""
    lines = [
        Line(
            column,
            points=(points := DATASET.quality[column.key]),
            has=quality.products - (lacks := quality.missing[column.key]),
            lacks=lacks,
            tenths=10 * points * lacks // quality.products,
        )
        for column in worth()
        if column.key in quality.missing
    ]
    return sorted(lines, key=lambda line: -line.tenths)


def to_improve(products: ProductQuerySet) -> ProductQuerySet:
    """Active products that lack something: at most MOST, those that lack most points first, then
    the newest."""
    lost = [
        Case(When(is_missing(column), then=Value(points)), default=Value(0))
        for column, points in zip(worth(), DATASET.quality.values(), strict=True)
    ]
    found = products.filter(status=Product.Status.ACTIVE).annotate(lost=reduce(add, lost))
    return found.filter(lost__gt=0).order_by("-lost", "-product_id")[:MOST]
