"""Sets one field of many products, and records each change."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.timezone import now
from psycopg2 import sql

from catalog.content_order import FieldStamps
from catalog.models import ContentConfirmation, Product, ProductChange, ProductQuerySet
from config.database.locks import lock_rows_of

MOST_AT_ONCE = 10_000
PER_TRANSACTION = 1_000
# Of locked rows, so that what is recorded is what is replaced.
SET_FIELD = """
    WITH changed AS (
        UPDATE products SET
            {field} = %(value)s, updated_at = %(at)s, deactivated_at = edited.deactivated_at,
            content_at = coalesce(content_at, updated_at),
            content_times =
                coalesce(content_times, '{{}}') || jsonb_build_object(%(field)s, edited.stamp)
        FROM unnest(
            %(products)s::int[], %(before)s::text[], %(stamps)s::text[], %(replaced)s::text[],
            %(deactivated)s::timestamptz[]
        ) AS edited (product_id, before, stamp, replaced, deactivated_at)
        WHERE products.product_id = edited.product_id
        RETURNING products.product_id, vendor_id, before, replaced
    )
    INSERT INTO product_changes (product_id, vendor_id, kind, by_id, before, content)
    SELECT product_id, vendor_id, %(kind)s, %(by)s, jsonb_build_object(%(field)s, before),
        to_jsonb(replaced)
    FROM changed
"""


def in_pieces(products: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many at a time as one transaction should change."""
    for first in range(0, len(products), PER_TRANSACTION):
        yield products[first : first + PER_TRANSACTION]


def set_field(found: ProductQuerySet, field: str, value: str, *, by: User | None) -> list[int]:
    """Set a field of these products, which hold something else in it, in one transaction, and
    record the change of each. Returns their keys.

    Imports of the vendors wait until the transaction ends, as this waits for their batches. Then
    no file of before changes the field, nor does the one that has set it.
    """
    with transaction.atomic():
        vendors = found.order_by().values_list("vendor", flat=True).distinct()
        lock_rows_of(Product._meta.db_table, vendors)
        stored = [*found.order_by("pk").defer("description").select_for_update()]
        if not stored:
            return []
        at = now()
        contents = stamps_of(stored, field)
        keys = [product.pk for product in stored]
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(SET_FIELD).format(field=sql.Identifier(field)),
                {
                    "field": field,
                    "value": value,
                    "at": at,
                    "products": keys,
                    "before": [getattr(product, field) for product in stored],
                    "stamps": [content.edited(field, at) for content in contents],
                    "replaced": [content.of(field) for content in contents],
                    "deactivated": [
                        product.deactivated_after(value, at)
                        if field == "status"
                        else product.deactivated_at
                        for product in stored
                    ],
                    "kind": ProductChange.Kind.UPDATED.value,
                    "by": by.pk if by else None,
                },
            )
    return keys


def stamps_of(products: Iterable[Product], field: str) -> list[FieldStamps]:
    """How new each of the products is, with what files have confirmed. No file sets the status."""
    contents = {product.pk: product.content() for product in products}
    if field != "status":
        by_vendor = sorted(products, key=lambda product: product.vendor_id)
        for vendor, of_vendor in groupby(by_vendor, lambda product: product.vendor_id):
            keys = [product.pk for product in of_vendor]
            for key, stamps in ContentConfirmation.objects.of(vendor, keys).items():
                contents[key] = contents[key].raised(stamps)
    return list(contents.values())
