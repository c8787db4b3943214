"""Checks that the recorded changes of products equal what files, people and undos changed (I11,
I12)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.faults.reference import GoodRow
from tests.faults.world import World

OF_FILES = ("product_name", "category", "price", "stock_quantity")
FIELDS = (*OF_FILES, "status")
Row = dict[str, Any]
Files = Mapping[str, Mapping[int, GoodRow]]


def recorded(
    world: World, vendors: list[str], files: Files, uploads: Sequence[Row]
) -> Iterator[str]:
    """I11: each product was added once, active; each change replaced something, with what its row
    of the file says, or names a person. I12: an undo wrote what the undone upload had replaced, or
    said that it did not. `files` holds the good rows of each upload by its ID."""
    if not vendors:
        return
    undoes = {upload["upload_id"]: upload["undoes_id"] for upload in uploads if upload["undoes_id"]}
    products = {
        product["product_id"]: product
        for product in world.rows("SELECT * FROM products WHERE vendor_id = ANY(%s)", [vendors])
    }
    of_products: dict[int, list[Row]] = {pk: [] for pk in products}
    for change in world.rows(
        "SELECT * FROM product_changes WHERE vendor_id = ANY(%s) ORDER BY change_id DESC", [vendors]
    ):
        of_products.setdefault(change["product_id"], []).append(change)
    for pk, changes in of_products.items():
        yield from Trace(pk, products.get(pk), changes, files, undoes).breaches()
    yield from counted(world, vendors)
    yield from all_undone(world, [upload for upload in uploads if upload["undoes_id"]])


@dataclass
class Trace:
    """The changes of one product, the last one first, and what it holds at the end."""

    pk: int
    product: Row | None
    changes: list[Row]
    files: Files
    undoes: Mapping[str, str]

    def breaches(self) -> Iterator[str]:
        """Go back from the product's values to what each change wrote."""
        name = self.product["sku"] if self.product else f"product {self.pk}, which is gone"
        holds = {field: self.product[field] for field in FIELDS} if self.product else None
        for place, change in enumerate(self.changes):
            is_there = change["kind"] != "D"
            if (holds is not None) != is_there:
                yield f"I11 {name}: changes of kinds {[each['kind'] for each in self.changes]}"
                return
            before = self.before(change)
            wrote = holds if change["kind"] != "U" else {f: (holds or {})[f] for f in before}
            yield from self.wrong(name, place, wrote, before)
            holds = None if change["kind"] == "I" else {**(holds or {}), **before}
        if holds is not None:
            yield f"I11 {name}: changes of kinds {[each['kind'] for each in self.changes]}"

    def wrong(self, name: str, place: int, wrote: Row | None, before: Row) -> Iterator[str]:
        """What is wrong with a change that wrote this in place of that."""
        change = self.changes[place]
        by = change["upload_id"]
        if change["kind"] == "U" and (not wrote or any(before[f] == wrote[f] for f in wrote)):
            yield f"I11 {name}: {by} has changed nothing: {before}"
        if change["by_id"] is not None and by is None:
            return
        if undone := self.undoes.get(by):
            replaced = self.replaced_by(undone, place)
            if wrote is not None and any(replaced.get(f) != wrote[f] for f in wrote):
                yield f"I12 {name}: {by} wrote {wrote}, {undone} had replaced {replaced}"
            if wrote is None and not self.added_by(undone, place):
                yield f"I12 {name}: {by} has removed it, and {undone} had not added it"
            return
        if change["upload_row"] is None:
            yield from self.deactivated(name, by, wrote)
            return
        asked = self.files.get(by, {}).get(change["upload_row"])
        if asked is None:
            yield f"I11 {name}: changed by row {change['upload_row']} of {by}"
        elif wrote is None or wrote != {field: said(asked, field) for field in wrote}:
            yield f"I11 {name}: {by} is to have written {wrote}, its file says {asked}"

    def deactivated(self, name: str, by: str, wrote: Row | None) -> Iterator[str]:
        """What is wrong with what no row of a file says: it is that the file lacks the product."""
        named = {row.vendor_product_id for row in self.files.get(by, {}).values()}
        is_missing = self.product and self.product["vendor_product_id"] not in named
        if by not in self.files or not is_missing or wrote != {"status": "inactive"}:
            yield f"I11 {name}: {by} has written {wrote} by no row"

    def before(self, change: Row) -> Row:
        stored = change["before"] or {}
        return {field: as_stored(field, stored[field]) for field in FIELDS if field in stored}

    def replaced_by(self, upload_id: str, place: int) -> Row:
        """What the upload has replaced, before the change of this place."""
        of_upload = [each for each in self.changes[place:] if each["upload_id"] == upload_id]
        found: Row = {}
        for each in of_upload:
            found |= self.before(each)
        return found

    def added_by(self, upload_id: str, place: int) -> bool:
        return any(
            each["upload_id"] == upload_id and each["kind"] == "I" for each in self.changes[place:]
        )


def counted(world: World, vendors: list[str]) -> Iterator[str]:
    """The uploads' counters equal their rows that have added, changed or removed something."""
    for upload in world.rows(
        "SELECT upload_id, created_records, removed_records, only_check, "
        "updated_records + deactivated_records AS updated_records, "
        "count(DISTINCT product_id) FILTER (WHERE kind = 'I') AS added, "
        "count(DISTINCT product_id) FILTER (WHERE kind = 'U') AS changed, "
        "count(DISTINCT product_id) FILTER (WHERE kind = 'D') AS removed "
        "FROM upload_history LEFT JOIN product_changes USING (upload_id) "
        "WHERE vendor_prefix = ANY(%s) AND status <> 'cancelled' GROUP BY upload_id",
        [vendors],
    ):
        said = tuple(upload[f"{what}_records"] for what in ("created", "updated", "removed"))
        found = (upload["added"], upload["changed"], upload["removed"])
        if found != ((0, 0, 0) if upload["only_check"] else said):
            yield f"I11 {upload['upload_id']}: {found} added, changed, removed, counted {said}"


def all_undone(world: World, undos: Sequence[Row]) -> Iterator[str]:
    """I12: whatever an undo has not taken back, it has said."""
    for undo in undos:
        name = undo["upload_id"]
        if undo["status"] == "cancelled":
            continue
        if undo["status"] != "completed" or undo["step"] != "done":
            yield f"I12 {name} has not ended: {undo['status']}, {undo['step']}"
        left: dict[int, set[str]] = defaultdict(set)
        for change in world.rows(
            "SELECT a.upload_row, a.kind, a.before, b.kind AS did, b.before AS taken_back "
            "FROM product_changes a LEFT JOIN product_changes b "
            "ON b.product_id = a.product_id AND b.upload_id = %s WHERE a.upload_id = %s",
            [name, undo["undoes_id"]],
        ):
            fields = (change["before"] or {}).keys() if change["kind"] == "U" else {"all"}
            done = (change["taken_back"] or {}).keys() if change["did"] == "U" else fields
            if missing := fields - (done if change["did"] else set()):
                left[change["upload_row"]] |= missing
        said = {
            row["row_number"]
            for row in world.rows(
                "SELECT row_number FROM validation_errors "
                "WHERE upload_id = %s AND error_type = 'NOT_UNDONE'",
                [name],
            )
        }
        if said != left.keys():
            yield f"I12 {name}: not undone are rows {sorted(left)[:9]}, reported {sorted(said)[:9]}"


def said(row: GoodRow, field: str) -> Any:
    """What a row of a file sets: products are added active."""
    return "active" if field == "status" else getattr(row, field)


def as_stored(field: str, value: Any) -> Any:
    return Decimal(value) if field == "price" else value
