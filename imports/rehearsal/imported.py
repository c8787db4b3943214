"""Imported rows that a change would reject.

Their cells are not stored, but what the catalog holds is what they said: each product's newest row
that named the column, if a file had it in the last days. Such a file has set the field, or has
confirmed it. A product counts once, however many files named it. What a person has set since is no
row's.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from psycopg2 import sql

from catalog.content_order import parts
from catalog.models import ContentConfirmation, Product
from imports.dataset import Dataset
from imports.datasets.products import DATASET
from imports.formats.layout import UNREAD
from imports.models import ValueMap
from imports.rehearsal.changes import RuleChange
from imports.rehearsal.flips import EXAMPLES, Example, Flips
from imports.rules.replacements import Replacements
from imports.rules.rows import StagedRow
from imports.rules.text import approved_in
from imports.validation.validate import NOTHING_REPLACED, validate

T = TypeVar("T")
AT_ONCE = 2_000  # values judged
MOST_LOOKED_FOR = 100_000  # values, in one query
# The names in the catalog are few: each is found by a jump in the index on them.
NAMES = """
WITH RECURSIVE names AS (
    SELECT min({column}) AS name FROM products
    UNION ALL
    SELECT (SELECT min({column}) FROM products WHERE {column} > name) FROM names
    WHERE name IS NOT NULL
)
SELECT name FROM names WHERE name IS NOT NULL
"""
DISTINCT = "SELECT DISTINCT {column}::text FROM products WHERE {column} IS NOT NULL"
# A field's own stamp, if it has one, is in `content_times`, as catalog/content_order.py writes it.
# What files confirmed is unpacked by the sum with nothing: once, and not for each product.
HELD = """
WITH confirmed AS MATERIALIZED (
    SELECT vendor_id, content_at, products + '{{}}' AS products
    FROM content_confirmations
    WHERE content_at > %(since)s AND fields ? %(column)s
), held AS (
    SELECT product_id, vendor_id, {column}::text AS value,
        CASE WHEN content_times ? %(column)s
             THEN nullif(split_part(content_times ->> %(column)s, ' ', 1), '')::timestamptz
             ELSE content_at END AS at,
        CASE WHEN content_times ? %(column)s
             THEN split_part(content_times ->> %(column)s, ' ', 2)
             ELSE coalesce(content_upload_id, '') END AS by
    FROM products
    WHERE {column}::text = ANY(%(values)s)
), said AS (
    SELECT vendor_id, value, product_id FROM held WHERE at > %(since)s AND by <> ''
    UNION ALL
    SELECT vendor_id, value, product_id FROM held
    WHERE (at > %(since)s AND by <> '') IS NOT TRUE AND EXISTS (
        SELECT FROM confirmed
        WHERE confirmed.vendor_id = held.vendor_id
            AND confirmed.content_at > greatest(%(since)s, at)
            AND confirmed.products @> held.product_id
    )
)
SELECT vendor_id, value, count(*), (array_agg(product_id ORDER BY product_id DESC))[1:%(most)s]
FROM said GROUP BY vendor_id, value ORDER BY vendor_id
"""


class Group(NamedTuple):
    """Products of a vendor with the same value: how many, and the newest."""

    vendor_id: str
    value: str
    products: int
    newest: list[int]


@dataclass(frozen=True)
class Judge:
    """Says which values a change would reject that are accepted now."""

    change: RuleChange
    today: date

    def lost(self, values: Sequence[str], replacements: Replacements) -> list[bool]:
        gone = self._wrong(self.change.after, values, replacements)
        before = self._wrong(self.change.before, values, replacements) if any(gone) else gone
        return [is_gone and not was for is_gone, was in zip(gone, before, strict=True)]

    def _wrong(
        self, dataset: Dataset, values: Sequence[str], replacements: Replacements
    ) -> list[bool]:
        """Whether each value is wrong as the cell of a file with this column only."""
        column = dataset.by_key[self.change.column]
        layout = replace(UNREAD, header=(column.key,), header_row=1, data_rows=len(values))
        rows: list[StagedRow] = [(n, [self.cell(value)], []) for n, value in enumerate(values, 2)]
        batch = validate(
            replace(dataset, columns=(column,), identity=""),
            layout,
            rows,
            "create",
            self.today,
            replacements=replacements,
        )
        return [i in batch.problems for i in range(len(values))]

    def cell(self, value: str) -> str:
        """What a file may have said for a value that is stored."""
        return shortest(value) if DATASET.by_key[self.change.column].is_number else value


def shortest(number: str) -> str:
    """A stored number without the zeros that its column has added."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def would_be_rejected(change: RuleChange, since: datetime, today: date) -> Flips:
    """Rows of files since then that were imported."""
    judge = Judge(change, today)
    flips = Flips()
    newest: list[int] = []
    known = replacements_by_vendor(change.column)
    for values in in_batches(values_to_look_for(judge, known), MOST_LOOKED_FOR):
        is_lost = dict(values)
        for vendor, groups in groupby(held(change.column, is_lost, since), attrgetter("vendor_id")):
            if vendor in known:
                lost = lost_with(judge, list(groups), known[vendor])
            else:
                lost = [group for group in groups if is_lost[group.value]]
            if lost:
                flips.by_vendor[vendor] += sum(group.products for group in lost)
                newest = heapq.nlargest(EXAMPLES, chain(newest, *(group.newest for group in lost)))
    flips.examples = examples(newest, change.column)
    return flips


def values_to_look_for(
    judge: Judge, known: Mapping[str, Replacements]
) -> Iterator[tuple[str, bool]]:
    """The distinct values in the catalog that may be lost, and whether they are for a vendor that
    has nothing replaced. One that has may lose what is wrong already."""
    column = judge.change.column
    replaced = {cell for of_vendor in known.values() for cell in of_vendor[column]}
    statement = NAMES if approved_in(DATASET.by_key[column]) else DISTINCT
    for rows in in_batches(fetched(statement, column), AT_ONCE):
        values = [value for (value,) in rows]
        for value, is_lost in zip(values, judge.lost(values, NOTHING_REPLACED), strict=True):
            if is_lost or judge.cell(value) in replaced:
                yield value, is_lost


def held(column: str, values: Collection[str], since: datetime) -> Iterator[Group]:
    """The products with these values that count, vendor by vendor."""
    asked = {"column": column, "values": [*values], "since": since, "most": EXAMPLES}
    return (Group(*row) for row in fetched(HELD, column, asked))


def fetched(
    statement: str, column: str, asked: Mapping[str, Any] | None = None
) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(column=sql.Identifier(column)), asked)
        yield from cursor


def lost_with(judge: Judge, groups: list[Group], replacements: Replacements) -> list[Group]:
    """Those that a vendor with these replacements would lose."""
    lost = judge.lost([group.value for group in groups], replacements)
    return [group for group, is_lost in zip(groups, lost, strict=True) if is_lost]


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    each = iter(items)
    while batch := list(islice(each, size)):
        yield batch


def replacements_by_vendor(column: str) -> dict[str, Replacements]:
    cells: dict[str, dict[str, str]] = {}
    known = ValueMap.objects.filter(dataset=DATASET.key, column_name=column)
    for vendor, cell, text in known.values_list("vendor", "cell", "text"):
        cells.setdefault(vendor, {})[cell] = text
    return {vendor: {column: of_vendor} for vendor, of_vendor in cells.items()}


def examples(keys: Sequence[int], column: str) -> list[Example]:
    """The products of these keys, each with the upload that named the column last."""
    products = Product.objects.in_bulk(keys)
    found = []
    for product in (products[key] for key in keys if key in products):
        confirmed = ContentConfirmation.objects.of(product.vendor_id, [product.pk])
        stamp = product.content().raised(confirmed.get(product.pk, {})).of(column)
        found.append(
            Example(
                vendor_id=product.vendor_id,
                name=str(product),
                value=str(getattr(product, column)),
                upload_id=parts(stamp)[1],
                product_id=product.pk,
            )
        )
    return found
