"""Rehearsals, and counts of quality, over the rows of a system after years of use."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import connection

from bench import crowded
from bench.table import Line
from bench.timing import Times, in_turn
from catalog.models import Category, ContentConfirmation, Product
from imports.rehearsal.changes import RuleChange, of_categories, of_limit
from imports.rehearsal.rehearse import rehearse
from imports.reports.catalog_file import catalog_csv
from imports.reports.quality import TO_FILL_IN, count_quality, to_improve

SIZE = replace(crowded.MANY, errors=1_000_000)
# Two of three products were confirmed by files that said them again: of the heavy vendor every day,
# of the others every tenth day.
CONFIRM = """
INSERT INTO content_confirmations (vendor_id, content_at, content_upload_id, fields, products)
SELECT vendor_id, now() - day * interval '1 day', 'UPLOAD_' || day,
       '["category", "price", "stock_quantity"]', range_agg(int4range(product_id, product_id, '[]'))
FROM products, generate_series(1, 30) AS day
WHERE product_id %% 3 <> 0 AND (vendor_id = %s OR day %% 10 = 0)
GROUP BY vendor_id, day
"""


@dataclass(frozen=True)
class Work:
    """`run` returns what it found, for the table."""

    name: str
    most_seconds: float
    run: Callable[[], str]


def measure(runs: int) -> list[Line]:
    try:
        crowded.fill(SIZE)
        with connection.cursor() as cursor:
            cursor.execute(CONFIRM, [crowded.HEAVY_VENDOR])
            cursor.execute("ANALYZE content_confirmations")
        return [line_of(work, runs) for work in works()]
    finally:
        ContentConfirmation.objects.all().delete()
        crowded.empty()


def line_of(work: Work, runs: int) -> Line:
    found = ""

    def once() -> float:
        nonlocal found
        times = Times()
        with times.run():
            found = work.run()
        return times.median

    (times,) = in_turn(runs, once)
    return Line(
        f"1 M products, 1 M errors: {work.name}",
        str(times),
        found,
        "",
        f"≤ {work.most_seconds:g} s",
        times.median <= work.most_seconds,
    )


def works() -> list[Work]:
    used = Category.objects.filter(is_active=True).earliest("name")
    of_vendor = Product.objects.filter(vendor=crowded.HEAVY_VENDOR)
    return [
        # A person waits for these two: they are shown before a category is saved.
        rehearsal("a category is deactivated", 3, of_categories({used.pk: (used.name, False)})),
        rehearsal("a category is added", 3, of_categories({None: (crowded.WANTED, True)})),
        rehearsal("a limit of prices, by a command", 60, of_limit("price.max=500")),
        Work("quality of a vendor with 100,000", 1, lambda: count([crowded.HEAVY_VENDOR])),
        Work("quality of all vendors, once a day", 30, lambda: count(None)),
        Work(
            "the file of 10,000 that raises it",
            3,
            lambda: f"{sum(map(len, catalog_csv(TO_FILL_IN, to_improve(of_vendor)))):,} bytes",
        ),
    ]


def rehearsal(name: str, most_seconds: float, change: RuleChange | None) -> Work:
    if change is None:
        raise AssertionError(f"{name}: nothing changes")

    def run() -> str:
        found = rehearse(change)
        seen = found.looked_at or "all"
        return (
            f"{found.rejected.rows:,} rows would be rejected, {found.accepted.rows:,} imported; "
            f"{seen} rejected rows looked at"
        )

    return Work(f"rehearsal: {name}", most_seconds, run)


def count(vendors: list[str] | None) -> str:
    return f"{count_quality(vendors):,} vendors counted"
