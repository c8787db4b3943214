"""What an upload has changed in the catalog; of a check, what its import would change."""

from collections.abc import Iterator
from typing import Any

from ninja import Path, Query, Router, Schema
from pydantic import Field

from catalog.history import LABELS, set_by
from catalog.models import Product, ProductChange
from imports.models import PlannedChange, Upload
from onboarding.api.callers import ApiRequest
from onboarding.api.cursors import cursor_of, values_of
from onboarding.api.declared import UploadId, operation
from onboarding.api.uploads import visible_upload
from vendors.access import READ_UPLOADS

router = Router(tags=["uploads"])
KINDS = {
    ProductChange.Kind.INSERTED: "created",
    ProductChange.Kind.UPDATED: "updated",
    ProductChange.Kind.DELETED: "removed",
}


class FieldChange(Schema):
    """A field, and its values before and after; prices and weights are texts, null is empty."""

    field: str
    before: str | int | None
    after: str | int | None


class Change(Schema):
    row: int | None = Field(description="Of the file; null if no row names the product.")
    product_id: int | None = Field(description="Ours; null for one that a check would add.")
    vendor_product_id: str | None = Field(description="Yours; null if the product is gone.")
    change: str = Field(description="created, updated or removed.")
    fields: list[FieldChange] = Field(description="Of an updated product.")


class Changes(Schema):
    planned: bool = Field(description="The upload is a check: this is what an import would do.")
    changes: list[Change]
    next_cursor: str | None


class Filters(Schema):
    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=300)


@operation(
    router,
    "GET",
    "/uploads/{upload_id}/changes",
    name="list_changes",
    title="List what an upload changed",
    scope=READ_UPLOADS,
    answers={200: Changes},
    problems=(404, 422),
)
def list_changes(
    request: ApiRequest, upload_id: Path[UploadId], filters: Query[Filters]
) -> dict[str, Any]:
    """Product by product; of a check, row by row."""
    upload = visible_upload(request, upload_id)
    (after,) = values_of(filters.cursor, int) if filters.cursor is not None else (None,)
    part = planned if upload.is_check else made
    found = list(part(upload, after, filters.limit + 1))
    more = len(found) > filters.limit
    found = found[: filters.limit]
    return {
        "planned": upload.is_check,
        "changes": [change for _, change in found],
        "next_cursor": cursor_of(found[-1][0]) if more else None,
    }


Found = Iterator[tuple[int, dict[str, Any]]]


def planned(upload: Upload, after: int | None, most: int) -> Found:
    """(cursor, change) of each row that would change something."""
    plans = PlannedChange.objects.filter(upload=upload, run=upload.run).order_by("upload_row")
    if after is not None:
        plans = plans.filter(upload_row__gt=after)
    for plan in plans[:most]:
        new = plan.after or {}
        yield (
            plan.upload_row,
            {
                "row": plan.upload_row if plan.upload_row > 0 else None,
                "product_id": None,
                "vendor_product_id": plan.identity,
                "change": "created" if plan.before is None else "updated",
                "fields": [
                    {"field": name, "before": old, "after": new.get(name)}
                    for name, old in (plan.before or {}).items()
                ],
            },
        )


def made(upload: Upload, after: int | None, most: int) -> Found:
    """(cursor, change) of each change that was made."""
    changes = ProductChange.objects.filter(upload_id=upload.upload_id).order_by("change_id")
    if after is not None:
        changes = changes.filter(change_id__gt=after)
    found = list(changes[:most])
    products = Product.objects.in_bulk({change.product_id for change in found})
    set_now = set_by(found, products)
    for change in found:
        before, now = change.before or {}, set_now[change.change_id]
        product = products.get(change.product_id)
        is_update = change.kind == ProductChange.Kind.UPDATED
        yield (
            change.change_id,
            {
                "row": change.upload_row,
                "product_id": change.product_id,
                "vendor_product_id": (
                    product.vendor_product_id if product else before.get("vendor_product_id")
                ),
                "change": KINDS[ProductChange.Kind(change.kind)],
                "fields": [
                    {"field": name, "before": before[name], "after": now.get(name)}
                    for name in LABELS
                    if is_update and name in before
                ],
            },
        )
