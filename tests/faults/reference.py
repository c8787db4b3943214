"""The expected result of a file, computed independently of the pipeline.

A second run of the pipeline would have the same bugs. These rules are written from the vendor's
point of view, for UTF-8 files with commas and mode `create`, which the fault tests upload. They do
not decide which of two uploads wins a key that both contain: the checker requires that one does.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

REQUIRED = ("vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity")
LONGEST = {"vendor_product_id": 100, "product_name": 200, "sku": 100}
DEMO_CATEGORIES = frozenset(
    {
        "Computer Accessories",
        "Audio",
        "Cameras",
        "Mobile Phones",
        "Home & Kitchen",
        "Garden & Outdoor",
        "Toys & Games",
        "Books",
        "Sports & Fitness",
        "Health & Beauty",
    }
)
PRICE = re.compile(r"[0-9]+(\.[0-9]{1,2})?")

Error = tuple[int, str, str]  # spreadsheet row, column, type


@dataclass(frozen=True)
class GoodRow:
    """A row that is imported unless another upload has one of its keys."""

    number: int
    vendor: str
    vendor_product_id: str
    sku: str
    product_name: str
    category: str
    price: Decimal
    stock_quantity: int


@dataclass
class Expected:
    """Expected rows, errors and total of a file; `refused` is the code of its rejection."""

    good: dict[int, Any] = field(default_factory=dict)  # a GoodRow, or the cells of staff's rows
    errors: set[Error] = field(default_factory=set)
    total: int = 0
    refused: str = ""


def expected_of(body: bytes, vendor: str, categories: Iterable[str] = DEMO_CATEGORIES) -> Expected:
    """The expected result of this file, imported alone into an empty catalog."""
    found = Expected()
    # Not as a list: to read a large file at once would stop the proxies, which are in this process.
    rows = csv.reader(io.StringIO(body.decode()))
    header = next(rows, [])
    if not set(REQUIRED) <= set(header):
        found.refused = "MISSING_COLUMNS" if header else "EMPTY_FILE"
        return found
    approved = set(categories)
    ids: set[str] = set()
    skus: set[str] = set()
    for number, cells in enumerate(rows, start=2):
        found.total += 1
        if len(cells) != len(header):
            found.errors.add((number, "", "COLUMN_COUNT"))
            continue
        row = dict(zip(header, map(str.strip, cells), strict=True))
        problems = set(_problems(number, row, approved))
        if not problems:
            if row["vendor_product_id"] in ids:
                problems.add((number, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"))
            if row["sku"] in skus:
                problems.add((number, "sku", "DUPLICATE_SKU"))
        if problems:
            found.errors |= problems
            continue
        ids.add(row["vendor_product_id"])
        skus.add(row["sku"])
        found.good[number] = GoodRow(
            number,
            vendor,
            row["vendor_product_id"],
            row["sku"],
            row["product_name"],
            row["category"],
            Decimal(row["price"]),
            int(row["stock_quantity"]),
        )
    return found


def _problems(number: int, row: dict[str, str], approved: set[str]) -> Iterable[Error]:
    for name in REQUIRED:
        text = row[name]
        if not text:
            yield number, name, "REQUIRED_FIELD"
        elif len(text) > LONGEST.get(name, len(text)):
            yield number, name, "FIELD_TOO_LONG"
        elif name == "category" and text not in approved:
            yield number, name, "INVALID_CATEGORY"
        elif name == "price" and not (
            PRICE.fullmatch(text) and Decimal("0.01") <= Decimal(text) <= Decimal("999999.99")
        ):
            yield number, name, "INVALID_PRICE"
        elif name == "stock_quantity" and not (text.isdigit() and int(text) <= 1_000_000):
            yield number, name, "INVALID_STOCK"
