"""Checks that the recorded changes of products equal what files and people changed (I11)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.faults.reference import GoodRow
from tests.faults.world import World

FIELDS = ("product_name", "category", "price", "stock_quantity")
Row = dict[str, Any]


def recorded(
    world: World, vendors: list[str], files: Mapping[str, Mapping[int, GoodRow]]
) -> Iterator[str]:
    """I11: each product was added once, active; each change replaced something, with what its row
    of the file says, or names a person. `files` holds the good rows of each upload by its ID."""
    if not vendors:
        return
    products = world.rows("SELECT * FROM products WHERE vendor_id = ANY(%s)", [vendors])
    of_products: dict[int, list[Row]] = defaultdict(list)
    for change in world.rows(
        "SELECT * FROM product_changes WHERE vendor_id = ANY(%s) ORDER BY change_id DESC", [vendors]
    ):
        of_products[change["product_id"]].append(change)
    if strangers := of_products.keys() - {product["product_id"] for product in products}:
        yield f"I11 changes of products that are not there: {sorted(strangers)[:5]}"
    for product in products:
        yield from traced(product, of_products[product["product_id"]], files)
    yield from counted(world, vendors)


def traced(
    product: Row, changes: list[Row], files: Mapping[str, Mapping[int, GoodRow]]
) -> Iterator[str]:
    """Go back from the product's values to what each change wrote."""
    name = f"I11 {product['sku']}"
    if [change["kind"] for change in changes] != ["U"] * (len(changes) - 1) + ["I"]:
        yield f"{name}: changes of kinds {[change['kind'] for change in changes]}"
        return
    holds = {field: product[field] for field in (*FIELDS, "status")}
    for change in changes:
        before = {field: as_stored(field, old) for field, old in (change["before"] or {}).items()}
        wrote = {field: holds[field] for field in before or FIELDS}
        if change["kind"] == "U" and (not before or any(before[f] == wrote[f] for f in wrote)):
            yield f"{name}: change {change['change_id']} has changed nothing: {before}"
        holds |= before
        if change["by_id"] is not None and change["upload_id"] is None:
            continue
        asked = files.get(change["upload_id"], {}).get(change["upload_row"])
        if asked is None:
            yield f"{name}: changed by row {change['upload_row']} of {change['upload_id']}"
            return
        if wrote != {field: getattr(asked, field) for field in wrote}:
            yield f"{name}: {change['upload_id']} is to have written {wrote}, its file says {asked}"
    if holds["status"] != "active":
        yield f"{name}: was added with status {holds['status']}"
    added = changes[-1]
    if (added["upload_id"], added["upload_row"]) != (product["upload_id"], product["upload_row"]):
        yield f"{name}: added by {added['upload_id']}, row {added['upload_row']}"


def counted(world: World, vendors: list[str]) -> Iterator[str]:
    """The uploads' counters equal their rows that have added or changed something."""
    for upload in world.rows(
        "SELECT upload_id, created_records, updated_records, only_check, "
        "count(DISTINCT upload_row) FILTER (WHERE kind = 'I') AS added, "
        "count(DISTINCT upload_row) FILTER (WHERE kind = 'U') AS changed "
        "FROM upload_history LEFT JOIN product_changes USING (upload_id) "
        "WHERE vendor_prefix = ANY(%s) AND status <> 'cancelled' GROUP BY upload_id",
        [vendors],
    ):
        said = (upload["created_records"], upload["updated_records"])
        found = (upload["added"], upload["changed"])
        if found != ((0, 0) if upload["only_check"] else said):
            yield f"I11 {upload['upload_id']}: {found} added and changed, counted {said}"


def as_stored(field: str, value: Any) -> Any:
    return Decimal(value) if field == "price" else value
