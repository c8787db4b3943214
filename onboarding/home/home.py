"""The first page: what is in progress, the last uploads, and totals. Every query is bounded, or
reads an index only."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet, Sum
from django.utils.timezone import now

from catalog.models import Product
from imports.models import Upload
from imports.models.upload import IS_ENDED_IMPORT
from onboarding.datasets import to_show
from onboarding.home.to_do import DAYS
from onboarding.uploads.progress import Progress
from vendors.access import Access

LAST = 5  # uploads
MOST_IN_PROGRESS = 5
MOST_COUNTED = 10_000  # products


@dataclass(frozen=True)
class Count:
    """A number, or that it is more than MOST_COUNTED."""

    number: int

    def __str__(self) -> str:
        is_cut = self.number > MOST_COUNTED
        return f"{intcomma(MOST_COUNTED)}+" if is_cut else str(intcomma(self.number))

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True)
class Totals:
    """Products, and rows of the imports that ended in the last DAYS. Checks are not counted."""

    products: Count
    inactive: Count
    imported: int
    created: int
    updated: int


def totals_of(access: Access) -> Totals:
    products = Product.objects.visible_to(access)
    rows = (
        Upload.objects.visible_to(access)
        .filter(IS_ENDED_IMPORT, upload_timestamp__gt=now() - timedelta(days=DAYS))
        .order_by()
        .aggregate(
            valid=Sum("valid_records", default=0),
            created=Sum("created_records", default=0),
            updated=Sum("updated_records", default=0),
            unchanged=Sum("unchanged_records", default=0),
        )
    )
    return Totals(
        # In the order of an index, so that PostgreSQL looks for them nowhere else.
        products=count(products.order_by("vendor_id", "vendor_product_id")),
        inactive=count(products.filter(status=Product.Status.INACTIVE).order_by("product_id")),
        imported=rows["valid"] - rows["unchanged"],
        created=rows["created"],
        updated=rows["updated"],
    )


def count(found: QuerySet[Any]) -> Count:
    return Count(found[: MOST_COUNTED + 1].count())


def in_progress(access: Access) -> list[Progress]:
    """The newest ones; one more than MOST_IN_PROGRESS if there are more."""
    uploads = (
        Upload.objects.visible_to(access)
        .filter(status__in=[Upload.Status.RECEIVED, Upload.Status.PROCESSING])
        .select_related("vendor")[: MOST_IN_PROGRESS + 1]
    )
    return [Progress(upload, to_show(upload), [], now()) for upload in uploads]


def last_uploads(access: Access) -> list[Upload]:
    uploads = Upload.objects.visible_to(access).select_related("vendor", "uploaded_by")
    return list(uploads.defer("layout", "plan", "mapping")[:LAST])
