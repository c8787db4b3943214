"""Product files for tests: literal rows, based on a valid one."""

import csv
import io

from imports.rules.holds import BY_NUMBER

GOOD = {
    "vendor_product_id": "VP-1",
    "product_name": "Wireless mouse",
    "category": "Computer Accessories",
    "sku": "SKU-1",
    "price": "19.99",
    "stock_quantity": "150",
}

# What a vendor has whose products may change in any way: nothing of it is held.
NEVER_HELD = {reason.code: 0 for reason in BY_NUMBER if reason.code != "TOO_MANY_MISSING"}


def good_row(number: int, **changes: str) -> dict[str, str]:
    """A valid row with its own keys; `changes` replace or add cells."""
    return GOOD | {"vendor_product_id": f"VP-{number}", "sku": f"SKU-{number}"} | changes


def csv_bytes(data: bytes | str | list[dict[str, str]]) -> bytes:
    """A file of these rows; bytes and text are used unchanged."""

    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode()
    columns = list(dict.fromkeys(key for row in data for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(data)
    return text.getvalue().encode()
