"""The vendor's products, and which of them have changed."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.utils.timezone import now
from ninja import Query, Router, Schema
from pydantic import Field

from catalog.history import values_of
from catalog.models import Product
from onboarding.api.callers import ApiRequest
from onboarding.api.cursors import cursor_of
from onboarding.api.cursors import values_of as values_of_cursor
from onboarding.api.declared import Time, operation
from vendors.access import READ_PRODUCTS

router = Router(tags=["products"])
# Products that are looked at for one part. There is no index by `updated_at`, because it would
# have to be written with every update (docs/decisions/0084).
LOOKED_AT = 20_000


class ProductOut(Schema):
    """A product, by the keys of the columns of files. Prices and weights are texts."""

    product_id: int
    vendor_product_id: str
    product_name: str
    category: str
    subcategory: str | None
    description: str | None
    sku: str
    brand: str | None
    price: str
    compare_at_price: str | None
    stock_quantity: int
    unit: str | None
    weight_kg: str | None
    dimensions_cm: str | None
    image_url: str | None
    gtin: str | None
    status: str = Field(description="active or inactive.")
    created_at: datetime
    updated_at: datetime


class Products(Schema):
    products: list[ProductOut]
    as_of: datetime = Field(
        description="To find what changes from now on, ask with this as `updated_since`. It is a "
        "few minutes ago, because an import may be writing; so a product may come twice."
    )
    next_cursor: str | None = Field(description="A part may be empty and not be the last one.")


class Filters(Schema):
    updated_since: Time | None = None
    status: Literal["active", "inactive"] | None = None
    sku: str | None = Field(None, max_length=100)
    vendor_product_id: str | None = Field(None, max_length=100)
    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=300)


@operation(
    router,
    "GET",
    "/products",
    name="list_products",
    title="List products",
    scope=READ_PRODUCTS,
    answers={200: Products},
    problems=(422,),
)
def list_products(request: ApiRequest, filters: Query[Filters]) -> dict[str, Any]:
    """In the order in which they were added; with `updated_since`, those added or changed since."""
    products = Product.objects.visible_to(request.auth.access).order_by("product_id")
    for name in ("status", "sku", "vendor_product_id"):
        if (wanted := getattr(filters, name)) is not None:
            products = products.filter(**{name: wanted})
    if filters.cursor is not None:
        (after,) = values_of_cursor(filters.cursor, int)
        products = products.filter(product_id__gt=after)
    end = None
    if filters.updated_since is not None:
        end = products.values_list("product_id", flat=True)[LOOKED_AT : LOOKED_AT + 1].first()
        products = products.filter(updated_at__gte=filters.updated_since)
        if end is not None:
            products = products.filter(product_id__lt=end)
    found = list(products[: filters.limit + 1])
    last = end - 1 if end is not None else None
    if len(found) > filters.limit:
        found = found[: filters.limit]
        last = found[-1].product_id
    return {
        "products": [product_out(product) for product in found],
        "as_of": now().astimezone(UTC) - timedelta(seconds=settings.STEP_SECONDS),
        "next_cursor": cursor_of(last) if last is not None else None,
    }


def product_out(product: Product) -> dict[str, Any]:
    return {
        **values_of(product),
        "product_id": product.product_id,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }
