"""Whether what was measured is a reason to hold the import. Pure: no database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from imports.holds.measure import DIFFERENT_BEFORE, Measured, Noted
from imports.rules.holds import HOLDS, Finding
from imports.rules.wording import truncate

ENOUGH_JUMPS = 10  # however many rows the file has; of fewer, this share in percent of its updates
SHARE_OF_JUMPS = 5
SHIFTS = {100.0: "100 times", 10.0: "10 times", 0.1: "a tenth of", 0.01: "a hundredth of"}
NEVER = 0


@dataclass(frozen=True)
class Catalog:
    """How many active records there are, and how many of these are in stock: asked only where it
    matters, because a catalog may be large."""

    active: Callable[[], int]
    in_stock: Callable[[], int]


def found(
    measured: Measured,
    numbers: Mapping[str, int],
    catalog: Catalog,
    label: Callable[[str], str],
) -> Iterator[Finding]:
    """The reasons to hold the import, by staff's numbers. `label` names a column."""
    yield from price_jump(measured, numbers["PRICE_JUMP"])
    yield from decimal_shift(measured, numbers["DECIMAL_SHIFT"])
    yield from stock_zeroed(measured, numbers["STOCK_ZEROED"], catalog)
    yield from mass_change(measured, numbers["MASS_CHANGE"], catalog, label)
    yield from same_value(measured, numbers["SAME_VALUE"], label)


def price_jump(measured: Measured, limit: int) -> Iterator[Finding]:
    noted = measured.jumps
    is_enough = (
        noted.count >= ENOUGH_JUMPS or noted.count * 100 >= SHARE_OF_JUMPS * measured.updates
    )
    if limit != NEVER and noted.count >= least("PRICE_JUMP") and is_enough:
        yield finding(
            "PRICE_JUMP", "many", noted, count=noted.count, updates=measured.updates, limit=limit
        )


def decimal_shift(measured: Measured, limit: int) -> Iterator[Finding]:
    if limit == NEVER or measured.prices.count < least("DECIMAL_SHIFT"):
        return
    typical, near = median(measured.ratios), 1 + limit / 100
    for shift, factor in SHIFTS.items():
        if shift / near <= typical <= shift * near:
            noted = measured.prices
            yield finding("DECIMAL_SHIFT", "shifted", noted, count=noted.count, factor=factor)


def stock_zeroed(measured: Measured, limit: int, catalog: Catalog) -> Iterator[Finding]:
    noted = measured.zeroed
    if limit == NEVER or noted.count < least("STOCK_ZEROED"):
        return
    stocked = catalog.in_stock()
    if noted.count * 100 >= limit * stocked:
        yield finding("STOCK_ZEROED", "zeroed", noted, count=noted.count, stocked=stocked)


def mass_change(
    measured: Measured, limit: int, catalog: Catalog, label: Callable[[str], str]
) -> Iterator[Finding]:
    changed: list[tuple[str, str, Noted]] = [("prices", "", measured.doubled)]
    changed += [("texts", label(key), noted) for key, noted in measured.texts.items()]
    for variant, field, noted in changed:
        if limit == NEVER or noted.count < least("MASS_CHANGE"):
            continue
        active = catalog.active()
        if noted.count * 100 >= limit * active:
            yield finding(
                "MASS_CHANGE", variant, noted, count=noted.count, active=active, field=field
            )
            return


def same_value(measured: Measured, limit: int, label: Callable[[str], str]) -> Iterator[Finding]:
    for key, same in measured.same.items():
        value, count = same.most_common
        is_enough = count >= least("SAME_VALUE") and count * 100 >= limit * same.changed
        if limit != NEVER and is_enough and len(same.before) >= DIFFERENT_BEFORE:
            about = {"field": label(key), "value": value, "changed": same.changed}
            yield finding("SAME_VALUE", "same", Noted(count), count=count, **about)


def least(code: str) -> int:
    """How many rows it takes, so that a small edit never holds a file."""
    return HOLDS[code].least


def finding(code: str, variant: str, noted: Noted, **detail: object) -> Finding:
    return Finding(code, variant, as_text(detail), noted.count, tuple(noted.examples))


def as_text(detail: Mapping[str, object]) -> dict[str, str]:
    """The values of a message as it shows them."""
    return {
        key: f"{value:,}" if isinstance(value, int) else truncate(str(value))
        for key, value in detail.items()
    }
