"""Deactivates and reactivates many products."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User

from catalog.bulk import MOST_AT_ONCE, in_pieces, set_field
from catalog.models import Product

__all__ = ["MOST_AT_ONCE", "REPLACES", "set_in_pieces", "set_status"]
# By the status to set, that of the products it can be set in. Others are not ours to change.
REPLACES = {
    Product.Status.ACTIVE: Product.Status.INACTIVE,
    Product.Status.INACTIVE: Product.Status.ACTIVE,
}


def set_in_pieces(
    products: Sequence[int], status: Product.Status, *, by: User | None
) -> Iterator[int]:
    """Set the status of these products, many of them in one transaction, which is committed before
    the next begins. Says of each how many products it has changed."""
    for piece in in_pieces(products):
        yield set_status(piece, status, by=by)


def set_status(products: Sequence[int], status: Product.Status, *, by: User | None) -> int:
    """Set the status of these products in one transaction. Returns how many have changed: one that
    has the status already is not written."""
    found = Product.objects.filter(pk__in=products, status=REPLACES[status])
    return len(set_field(found, "status", status.value, by=by))
