"""Realistic product files, generated from a seed: every run uses the same bytes.

Nothing is chosen to suit the importer: cells of many widths, several alphabets, quotes, line breaks
and empty optional cells. With `mistakes`, one row in twenty is invalid, and every error type of
mode `create` occurs.
"""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import xlsxwriter

LABELS = {
    "vendor_product_id": "Vendor Product ID",
    "product_name": "Product Name",
    "category": "Category",
    "subcategory": "Subcategory",
    "description": "Description",
    "sku": "SKU",
    "brand": "Brand",
    "price": "Price",
    "compare_at_price": "Compare At Price",
    "stock_quantity": "Stock Quantity",
    "unit": "Unit",
    "weight_kg": "Weight kg",
    "dimensions_cm": "Dimensions cm",
    "image_url": "Image URL",
}
ALL = tuple(LABELS)
NUMBERS = frozenset({"price", "compare_at_price", "stock_quantity", "weight_kg"})
REQUIRED = ("vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity")
CATEGORIES = [
    *("Computer Accessories", "Audio", "Cameras", "Mobile Phones", "Home & Kitchen"),
    *("Garden & Outdoor", "Toys & Games", "Books", "Sports & Fitness", "Health & Beauty"),
]
BRANDS = [
    "Clicky",
    "Grove & Sons",
    "Müller",
    "Søstrene",
    "Žilina Works",
    "Ōkami",
    "O'Neill",
    "",
    "",
]
WORDS = [
    *(
        "wireless",
        "steel",
        "oak",
        "bottle",
        "lamp",
        "stand",
        "compact",
        "folding",
        "mouse",
        "cable",
    ),
    *("keyboard", "garden", "hose", "rubber", "cotton", "organic", "ergonómico", "niño", "smörgås"),
    *("édition", "café", "crème", "Größe", "Kaffeemühle", "świeca", "ročník", "мышь", "手机支架"),
    *("防水", "コーヒー", "mini", "XL", "2.4GHz", "500ml", "USB-C", "black", "«doux»", "“soft”"),
    *("10″", "½", "™", "the", "with", "for", "and", "of", "in", "3-pack", "replacement", "travel"),
]


@dataclass(frozen=True)
class File:
    """A vendor's table: the keys of its columns, and rows that may have other lengths."""

    columns: tuple[str, ...]
    rows: list[list[str]]

    def csv(self, delimiter: str = ",") -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow([LABELS[column] for column in self.columns])
        writer.writerows(self.rows)
        return text.getvalue().encode()

    def workbook(self) -> bytes:
        """The same in Excel's format, with its numbers as numbers."""
        data = io.BytesIO()
        with xlsxwriter.Workbook(data) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([[LABELS[each] for each in self.columns], *self.rows]):
                for place, cell in enumerate(row):
                    is_number = place < len(self.columns) and self.columns[place] in NUMBERS
                    if is_number and cell.replace(".", "", 1).isdecimal():
                        sheet.write_number(number, place, float(cell))
                    else:
                        sheet.write_string(number, place, cell)
        return data.getvalue()


def product_file(
    rows: int,
    *,
    seed: int,
    columns: tuple[str, ...] = ALL,
    mistakes: bool | float = False,
) -> File:
    """`rows` products with keys that only this seed generates; `mistakes` may be the share of rows
    that are invalid."""
    chance = random.Random(seed)  # noqa: S311 - test data, not a secret
    share = 0.05 if mistakes is True else mistakes
    table: list[list[str]] = []
    last_good: dict[str, str] = {}
    made = 0
    for number in range(rows):
        row = _product(chance, seed, number)
        if last_good and chance.random() < share:
            cells = MISTAKES[made % len(MISTAKES)](row, last_good, columns)
            made += 1
        else:
            last_good = row
            cells = [row[column] for column in columns]
        table.append(cells)
    return File(columns, table)


def _product(chance: random.Random, seed: int, number: int) -> dict[str, str]:
    category = chance.choice(CATEGORIES)
    price = chance.lognormvariate(3.5, 1.2) + 0.05
    return {
        "vendor_product_id": f"VP-{seed}-{number:06d}",
        "product_name": _text(chance, 2, 12)[:200],
        "category": category.lower() if chance.random() < 0.1 else category,
        "subcategory": _now_and_then(chance, 0.6, _text(chance, 1, 2)),
        "description": _now_and_then(chance, 0.8, _description(chance)),
        "sku": f"{chance.choice('ABCDEFGH')}{seed}-{chance.randrange(16**6):06X}-{number}",
        "brand": chance.choice(BRANDS),
        "price": chance.choice(("{:.2f}", "{:.1f}", "{:.0f}")).format(min(price + 0.5, 99_999)),
        "compare_at_price": _now_and_then(chance, 0.3, f"{price * 1.2 + 0.1:.2f}"),
        "stock_quantity": str(chance.choice((0, 1, chance.randrange(100), chance.randrange(9999)))),
        "unit": chance.choice(("piece", "pair", "kg", "")),
        "weight_kg": _now_and_then(chance, 0.5, f"{chance.uniform(0.001, 80):.3f}"),
        "dimensions_cm": _now_and_then(
            chance, 0.5, " x ".join(f"{chance.uniform(0.5, 200):.1f}" for _ in range(3))
        ),
        "image_url": _now_and_then(
            chance, 0.7, f"https://images.example.com/{seed}/{chance.randrange(10**9)}.jpg?w=800"
        ),
    }


def _now_and_then(chance: random.Random, how_often: float, text: str) -> str:
    return text if chance.random() < how_often else ""


def _text(chance: random.Random, least: int, most: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))


def _description(chance: random.Random) -> str:
    text = _text(chance, 3, 80)
    if chance.random() < 0.1:
        text = f'{text}, the "best", they say.\nSecond line; third | fourth.'
    return text


Row = dict[str, str]
Mistake = Callable[[Row, Row, tuple[str, ...]], list[str]]


def _with(**changes: str) -> Mistake:
    """The row with these cells changed; columns that the file lacks are ignored."""

    def change(row: Row, _good: Row, columns: tuple[str, ...]) -> list[str]:
        return [(row | changes)[column] for column in columns]

    return change


def _same(column_twice: str) -> Mistake:
    """The row with the key of an earlier good row."""

    def change(row: Row, good: Row, columns: tuple[str, ...]) -> list[str]:
        return [good[c] if c == column_twice else row[c] for c in columns]

    return change


def _too_many_cells(row: Row, _good: Row, columns: tuple[str, ...]) -> list[str]:
    return [*_on_one_line(row, columns), "and one more"]


def _too_few_cells(row: Row, _good: Row, columns: tuple[str, ...]) -> list[str]:
    return _on_one_line(row, columns)[:-1]


def _on_one_line(row: Row, columns: tuple[str, ...]) -> list[str]:
    # The reader treats a row with a line break and the wrong length as several rows joined by an
    # unclosed quotation mark, and rejects the file.
    return [row[column].replace("\n", " ") for column in columns]


MISTAKES: tuple[Mistake, ...] = (
    _with(product_name=""),
    _with(price="-10.00"),
    _with(price="1800 or so"),
    _with(price="12.345", stock_quantity="-3"),
    _with(stock_quantity="2.5"),
    _with(category="Footware"),
    _with(category="computer acessories", price="free"),
    _with(product_name="long " * 60),
    _with(sku="S" * 101),
    _with(product_name="bell\x07"),
    _same("sku"),
    _same("vendor_product_id"),
    _too_many_cells,
    _too_few_cells,
)
