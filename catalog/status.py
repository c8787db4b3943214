"""Deactivates and reactivates many products."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.timezone import now

from catalog.models import Product, ProductChange
from config.database.locks import lock_rows_of

MOST_AT_ONCE = 10_000
PER_TRANSACTION = 1_000
# By the status to set, that of the products it can be set in. Others are not ours to change.
REPLACES = {
    Product.Status.ACTIVE: Product.Status.INACTIVE,
    Product.Status.INACTIVE: Product.Status.ACTIVE,
}
# Of locked rows, so that what is recorded is what is replaced.
SET_STATUS = """
    WITH changed AS (
        UPDATE products SET
            status = %(status)s, updated_at = %(at)s, deactivated_at = edited.deactivated_at,
            content_at = coalesce(content_at, updated_at),
            content_times =
                coalesce(content_times, '{}') || jsonb_build_object('status', edited.stamp)
        FROM unnest(
            %(products)s::int[], %(stamps)s::text[], %(replaced)s::text[],
            %(deactivated)s::timestamptz[]
        ) AS edited (product_id, stamp, replaced, deactivated_at)
        WHERE products.product_id = edited.product_id
        RETURNING products.product_id, vendor_id, replaced
    )
    INSERT INTO product_changes (product_id, vendor_id, kind, by_id, before, content)
    SELECT product_id, vendor_id, %(kind)s, %(by)s, jsonb_build_object('status', %(before)s::text),
        to_jsonb(replaced)
    FROM changed
"""


def set_in_pieces(
    products: Sequence[int], status: Product.Status, *, by: User | None
) -> Iterator[int]:
    """Set the status of these products, many of them in one transaction, which is committed before
    the next begins. Says of each how many products it has changed."""
    for first in range(0, len(products), PER_TRANSACTION):
        yield set_status(products[first : first + PER_TRANSACTION], status, by=by)


def set_status(products: Sequence[int], status: Product.Status, *, by: User | None) -> int:
    """Set the status of these products in one transaction, and record the change of each. Returns
    how many have changed: one that has the status already is not written.

    Imports of the vendors wait until the transaction ends, as this waits for their batches. Then
    no file of before changes the status, nor does the one that has set it.
    """
    found = Product.objects.filter(pk__in=products, status=REPLACES[status])
    with transaction.atomic():
        vendors = found.order_by().values_list("vendor", flat=True).distinct()
        lock_rows_of(Product._meta.db_table, vendors)
        stored = [*found.order_by("pk").defer("description").select_for_update()]
        if not stored:
            return 0
        at = now()
        with connection.cursor() as cursor:
            cursor.execute(
                SET_STATUS,
                {
                    "status": status.value,
                    "at": at,
                    "products": [product.pk for product in stored],
                    "stamps": [product.content().edited("status", at) for product in stored],
                    "replaced": [product.content().of("status") for product in stored],
                    "deactivated": [product.deactivated_after(status, at) for product in stored],
                    "kind": ProductChange.Kind.UPDATED.value,
                    "by": by.pk if by else None,
                    "before": REPLACES[status].value,
                },
            )
    return len(stored)
