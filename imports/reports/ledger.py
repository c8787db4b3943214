"""The row ledger: what is known of a SKU, a vendor's product ID or an upload ID.

Found are the upload, the products, and the rows that named the SKU or ID and were rejected in the
last run of their upload. If it is one product, also the rows of its vendor that named only the
other of its two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import connection
from django.db.models import F

from catalog.history import Entry, entries
from catalog.models import Product, ProductChange
from imports.models import RowError, Upload
from imports.models.row_error import MAX_CELL
from imports.validation.validate import clean
from vendors.access import Access

MOST_CHARACTERS = MAX_CELL
MOST = 50  # products, and rows
MOST_CHANGES = 10
MOST_COMPARED = 1_000
# Names are stored with the vendor's ID, so that the rows of one vendor are found whatever others
# call their products; those of all are found vendor by vendor. OFFSET keeps PostgreSQL from reading
# all rows once for all vendors.
ROWS = """
SELECT DISTINCT upload_id, row_number FROM (
    SELECT error.* FROM (
        SELECT vendor_id || ' ' || %(name)s AS name FROM vendors
        WHERE %(vendor)s IS NULL OR vendor_id = %(vendor)s
        UNION SELECT %(also)s
    ) AS wanted CROSS JOIN LATERAL (
        SELECT upload_id, row_number FROM validation_errors
        WHERE {column} = wanted.name OFFSET 0
    ) AS error LIMIT %(looked_at)s
) AS found
ORDER BY upload_id DESC, row_number LIMIT %(most)s
"""
NAMED_SKU, NAMED_ID = (ROWS.format(column=column) for column in ("named_sku", "named_id"))
MOST_LOOKED_AT = 5_000
MOST_READ = 2 * MOST  # some may be of an earlier run
Place = tuple[str, int]  # an upload's ID and the number of a row


@dataclass(frozen=True)
class RejectedRow:
    """A row and all that was wrong with it; `error` is the first of its errors."""

    upload: Upload
    number: int
    error: RowError
    messages: list[str]


@dataclass(frozen=True)
class Ledger:
    """What was found, the newest first: one more than MOST of each if there are more. `changes`
    are those of a single product."""

    upload: Upload | None
    products: list[Product]
    changes: list[Entry]
    rows: list[RejectedRow]

    def __bool__(self) -> bool:
        return bool(self.upload or self.products or self.rows)


def as_searched(text: str) -> str | None:
    """A SKU or ID as rows are searched by it: without case, blanks around it and NULs; None if it
    is empty or too long."""
    found = text.strip() if text.isascii() else clean([text])[0]
    found = found.replace("\0", "\N{REPLACEMENT CHARACTER}").lower()
    return found if 0 < len(found) <= MAX_CELL else None


def named(vendor_id: str, text: str) -> str | None:
    """The same as it is stored with a row of this vendor."""
    found = as_searched(text)
    return found and f"{vendor_id} {found}"


def look_up(text: str, access: Access) -> Ledger | None:
    """What the person may see of it; None if the text is no name."""
    name = as_searched(text)
    if name is None:
        return None
    upload = Upload.objects.visible_to(access).select_related("vendor").filter(pk=name.upper())
    products = products_named(clean([text])[0], access)
    only = products[0] if len(products) == 1 else None
    return Ledger(
        upload=upload.first(),
        products=products,
        changes=last_changes(only) if only else [],
        rows=rejected_rows(places_of(name, only, access)),
    )


def products_named(text: str, access: Access) -> list[Product]:
    """Those whose SKU or vendor's ID it is. If none has it as it is written, or in upper or lower
    case, the newest of those that have its words are compared without case."""
    found = list(Product.objects.named(text, access).select_related("vendor")[: MOST + 1])
    if found:
        return found
    near = Product.objects.visible_to(access).found_by(text).select_related("vendor")
    return [
        product
        for product in near.defer("description")[:MOST_COMPARED]
        if text.lower() in {product.sku.lower(), product.vendor_product_id.lower()}
    ][: MOST + 1]


def last_changes(product: Product) -> list[Entry]:
    changes = ProductChange.objects.filter(product_id=product.pk).select_related("by")
    return list(entries(product, list(changes.order_by("-change_id")[:MOST_CHANGES])))


def places_of(name: str, product: Product | None, access: Access) -> list[Place]:
    """Where rows named it, in any run, that the person may see: the newest upload first."""
    if not access.sees_all and access.vendor_id is None:
        return []
    own = {NAMED_SKU: "", NAMED_ID: ""}
    if product:
        own = {NAMED_SKU: product.sku, NAMED_ID: product.vendor_product_id}
    found: set[Place] = set()
    with connection.cursor() as cursor:
        for statement, text in own.items():
            wanted = {
                "name": name,
                "also": named(product.vendor_id, text) if product else None,
                "vendor": access.vendor_id,
                "looked_at": MOST_LOOKED_AT,
                "most": MOST_READ,
            }
            cursor.execute(statement, wanted)
            found.update((upload_id, number) for upload_id, number in cursor.fetchall())
    return sorted(found, key=lambda place: (place[0], -place[1]), reverse=True)[:MOST_READ]


def rejected_rows(wanted: Sequence[Place]) -> list[RejectedRow]:
    """The rows with all their errors, in the order of `wanted`: those of the last runs, and at most
    one more than MOST."""
    if not wanted:
        return []
    uploads, numbers = zip(*wanted, strict=True)
    errors = (
        RowError.objects.errors()
        .filter(upload__in=set(uploads), row_number__in=set(numbers), run=F("upload__run"))
        .select_related("upload__vendor")
        .defer("original_data", "upload__layout", "upload__plan", "upload__mapping")
        .order_by("upload_id", "row_number", "error_id")
    )
    of_rows = {
        place: list(of_row)
        for place, of_row in groupby(errors, lambda error: (error.upload_id, error.row_number))
    }
    return [
        RejectedRow(first.upload, first.row_number, first, [each.error_message for each in of_row])
        for of_row in (of_rows[place] for place in wanted if place in of_rows)
        for first in of_row[:1]
    ][: MOST + 1]
