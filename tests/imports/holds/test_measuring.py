"""What is held and what is not, by the numbers: usual files never, damaged ones always."""

import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from imports.datasets import get
from imports.holds.findings import Catalog, found
from imports.holds.measure import Measured
from imports.holds.numbers import numbers_of
from imports.rules.holds import HOLDS

Row = dict[str, Any]
CENT = Decimal("0.01")


def product(chance: random.Random) -> Row:
    return {
        "price": Decimal(chance.randint(100, 99_999)) / 100,
        "stock_quantity": chance.choice((0, *[chance.randint(1, 400)] * 4)),
        "product_name": f"Thing {chance.randint(1, 10**9)}",
        "category": chance.choice(("Audio", "Books", "Cameras")),
    }


def a_catalog(count: int, seed: int = 1) -> list[Row]:
    chance = random.Random(seed)
    return [product(chance) for _ in range(count)]


def held_for(catalog: list[Row], file: Iterable[tuple[int, Row]], **numbers: int) -> list[str]:
    """The codes for which a file is held that says this of products, by their positions."""
    dataset = get("products")
    assert dataset.watched
    asked = numbers_of(None) | numbers
    measured = Measured(dataset.watched, asked["PRICE_JUMP"])
    for at, said in file:
        measured.add(at + 2, f"VP-{at}", catalog[at], said)
    stocked = sum(row["stock_quantity"] > 0 for row in catalog)
    counts = Catalog(active=lambda: len(catalog), in_stock=lambda: stocked)
    return [each.code for each in found(measured, asked, counts, dataset.label)]


def whole(catalog: list[Row], change: Callable[[Row], Row]) -> list[tuple[int, Row]]:
    return [(at, row | change(row)) for at, row in enumerate(catalog)]


def set_to(**said: Any) -> Callable[[Row], Row]:
    return lambda _row: said


def times(factor: str) -> Callable[[Row], Row]:
    return lambda row: {"price": max(CENT, (row["price"] * Decimal(factor)).quantize(CENT))}


DAMAGED: dict[str, tuple[Callable[[Row], Row], list[str]]] = {
    "12,50 is read as 1250": (times("100"), ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"]),
    "1250 is read as 12.50": (times("0.01"), ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"]),
    "ten times the price": (times("10"), ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"]),
    "a tenth, and 15% more": (times("0.115"), ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"]),
    "twice the price": (times("2"), ["MASS_CHANGE"]),
    "half the price, about": (times("0.49"), ["MASS_CHANGE"]),
    "no stock": (set_to(stock_quantity=0), ["STOCK_ZEROED"]),
    "one price for all": (set_to(price=Decimal("300.00")), ["SAME_VALUE"]),
    "one name for all": (set_to(product_name="x"), ["MASS_CHANGE", "SAME_VALUE"]),
    "names in another order": (lambda row: {"product_name": f"{row}"}, ["MASS_CHANGE"]),
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("count", [20, 500])
def test_a_damaged_file_is_held(damage: str, count: int) -> None:
    change, codes = DAMAGED[damage]
    catalog = a_catalog(count)
    held = held_for(catalog, whole(catalog, change))
    assert set(codes) <= {*held}, held


USUAL: dict[str, Callable[[Row], Row]] = {
    "20% more": times("1.2"),
    "20% off": times("0.8"),
    "35% off": times("0.65"),
    "nothing new": set_to(),
    "no price and no stock said": set_to(price=None, stock_quantity=None),
    "all in stock": set_to(stock_quantity=999),
}


@pytest.mark.parametrize("file", USUAL)
@pytest.mark.parametrize("count", [1, 4, 20, 500])
def test_a_usual_file_is_not_held(file: str, count: int) -> None:
    catalog = a_catalog(count)
    assert held_for(catalog, whole(catalog, USUAL[file])) == []


@pytest.mark.parametrize(
    ("damage", "least"),
    [
        ("12,50 is read as 1250", HOLDS["PRICE_JUMP"].least),
        ("no stock", HOLDS["STOCK_ZEROED"].least),
        ("twice the price", HOLDS["MASS_CHANGE"].least),
    ],
)
def test_a_small_edit_is_never_held(damage: str, least: int) -> None:
    change, _ = DAMAGED[damage]
    catalog = [row | {"stock_quantity": 7} for row in a_catalog(least)]
    file = whole(catalog, change)
    assert held_for(catalog, file[:-1]) == []
    assert held_for(catalog, file) != []


@pytest.mark.parametrize(("others", "is_held"), [(20, True), (5, False)])
def test_one_value_among_many_others(others: int, is_held: bool) -> None:
    """One product in that many gets another price of its own, which is not remembered."""
    catalog = a_catalog(5_000)

    def price(at: int, row: Row) -> Decimal:
        return Decimal(row["price"]) + 1 if at % others == 0 else Decimal("300.00")

    file = [(at, row | {"price": price(at, row)}) for at, row in enumerate(catalog)]
    assert ("SAME_VALUE" in held_for(catalog, file)) == is_held


def test_ten_jumps_hold_a_large_file_and_nine_do_not() -> None:
    catalog = a_catalog(1_000)
    file = whole(catalog, USUAL["20% more"])
    dear = whole(catalog, times("6"))
    assert held_for(catalog, [*dear[:9], *file[9:]]) == []
    assert held_for(catalog, [*dear[:10], *file[10:]]) == ["PRICE_JUMP"]
    assert held_for(catalog, [*dear[:10], *file[10:]], PRICE_JUMP=6) == []


def test_a_number_of_zero_is_never_a_reason() -> None:
    catalog = a_catalog(100)
    never = dict.fromkeys(numbers_of(None), 0)
    for change, _ in DAMAGED.values():
        assert held_for(catalog, whole(catalog, change), **never) == []


def a_usual_file(chance: random.Random) -> tuple[list[Row], list[tuple[int, Row]]]:
    """What vendors send day by day: a part of the catalog or all of it; some prices move, some
    products sell out, some are filled up, a few get another name; perhaps a sale on everything."""
    count = chance.choice((3, 12, 40, 150, 400))
    catalog = [product(chance) for _ in range(count)]
    sale = Decimal(chance.choice(("1", "1", "1", "0.8", "0.7", "1.2", "1.1")))
    sold_out, moved, renamed = chance.random() * 0.15, chance.random() * 0.6, 0.03
    named = chance.sample(range(count), max(1, int(count * chance.choice((1, 1, 0.5, 0.1)))))
    file = []
    for at in sorted(named):
        said = dict(catalog[at])
        price = said["price"] * sale
        if chance.random() < moved:
            price *= Decimal(str(round(chance.uniform(0.75, 1.35), 3)))
        said["price"] = max(CENT, price.quantize(CENT))
        if chance.random() < sold_out:
            said["stock_quantity"] = 0
        elif chance.random() < 0.7:
            said["stock_quantity"] = chance.randint(1, 400)
        if chance.random() < renamed:
            said["product_name"] += " (new)"
        if chance.random() < 0.002:  # a mistake in one row
            said["price"] *= 10
        file.append((at, said))
    return catalog, file


def test_a_thousand_usual_files_are_not_held() -> None:
    chance = random.Random(20261123)
    held = [codes for _ in range(1_000) if (codes := held_for(*a_usual_file(chance)))]
    assert held == []


def test_the_same_files_are_held_once_their_decimals_are_lost() -> None:
    """So the numbers are not merely too large."""
    chance = random.Random(20261123)
    for _ in range(200):
        catalog, file = a_usual_file(chance)
        if len(file) >= HOLDS["PRICE_JUMP"].least:
            lost = [(at, said | {"price": said["price"] * 100}) for at, said in file]
            assert "PRICE_JUMP" in held_for(catalog, lost)
