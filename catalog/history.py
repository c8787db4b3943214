"""What was changed in a product, and what stood there before and after."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection
from django.utils.text import capfirst

from catalog.models import Product, ProductChange
from catalog.models.change import as_json

PER_PAGE = 50
# What the system keeps about a product; all other columns are its content.
SYSTEM = {
    *("product_id", "vendor", "created_at", "updated_at", "upload_id", "upload_row"),
    *("content_at", "content_upload_id", "content_times", "deactivated_at"),
}
LABELS = {
    field.name: capfirst(field.verbose_name)
    for field in Product._meta.concrete_fields
    if field.name not in SYSTEM
}
# What the changes up to one left in each field: what the first later change of it replaced.
REPLACED_LATER = """
    SELECT DISTINCT ON (field) field, value
    FROM product_changes, jsonb_each(before) AS replaced (field, value)
    WHERE product_id = %s AND change_id > %s
    ORDER BY field, change_id
"""


# The same for many changes: what the first later change of each of their fields replaced.
REPLACED_LATER_EACH = """
    SELECT DISTINCT ON (change.change_id, field) change.change_id, field, value
    FROM product_changes AS change
    JOIN product_changes AS later
        ON later.product_id = change.product_id AND later.change_id > change.change_id
    CROSS JOIN jsonb_each(later.before) AS replaced (field, value)
    WHERE change.change_id = ANY(%s) AND change.before ? field
    ORDER BY change.change_id, field, later.change_id
"""


@dataclass(frozen=True)
class Cell:
    """A field and its value, as text: "" if it is empty."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Replaced:
    """A field that a change has set: its values before and after, "" if empty."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """A change and the fields that it has set, in the order of the product's columns."""

    change: ProductChange
    fields: list[Replaced]


def content_of(product: Product) -> list[Cell]:
    """All that the product holds, in the order of its columns."""
    values = values_of(product)
    return [Cell(name, str(label), shown(name, values[name])) for name, label in LABELS.items()]


def history_of(product: Product, page: str | int | None) -> "Page[Entry]":
    """A page of the product's changes, the newest first, in a constant number of queries."""
    changes = ProductChange.objects.filter(product_id=product.pk).order_by("-change_id")
    found: Page[Any] = Paginator(changes.select_related("by"), PER_PAGE).get_page(page)
    return Page(list(entries(product, list(found))), found.number, found.paginator)


def entries(product: Product, changes: list[ProductChange]) -> Iterator[Entry]:
    """What consecutive changes of the product did, the newest first."""
    if not changes:
        return
    after = values_of(product) | replaced_after(changes[0])
    for change in changes:
        before = change.before or {}
        yield Entry(
            change,
            [
                Replaced(name, str(label), shown(name, before[name]), shown(name, after[name]))
                for name, label in LABELS.items()
                if name in before and change.kind == ProductChange.Kind.UPDATED
            ],
        )
        after |= before


def set_by(
    changes: Sequence[ProductChange], products: Mapping[int, Product]
) -> dict[int, dict[str, object]]:
    """What changes have set in the fields that they changed, by the IDs of the changes. `products`
    are theirs; of one that is gone, only what a later change says is known."""
    with connection.cursor() as cursor:
        cursor.execute(REPLACED_LATER_EACH, [[change.change_id for change in changes]])
        later: dict[int, dict[str, object]] = {}
        for change_id, field, value in cursor.fetchall():
            later.setdefault(change_id, {})[field] = json.loads(value)
    return {
        change.change_id: (
            values_of(products[change.product_id]) if change.product_id in products else {}
        )
        | later.get(change.change_id, {})
        for change in changes
    }


def replaced_after(change: ProductChange) -> dict[str, object]:
    """The values that the product's fields had after this change, of those changed since."""
    with connection.cursor() as cursor:
        cursor.execute(REPLACED_LATER, [change.product_id, change.change_id])
        return {name: json.loads(value) for name, value in cursor.fetchall()}


def values_of(product: Product) -> dict[str, object]:
    """The product's present values, as changes hold them."""
    return {name: as_json(getattr(product, name)) for name in LABELS}


def shown(name: str, value: object) -> str:
    if name == "status" and value in Product.Status.values:
        return str(Product.Status(value).label)
    return "" if value is None else str(value)
