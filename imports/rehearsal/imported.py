"""Imported rows that a change would reject.

Their cells are not stored, but what the catalog holds is what they said: each product's newest row
that named the column, if a file had it in the last days. Such a file has set the field, or has
confirmed it. A product counts once, however many files named it. What a person has set since is no
row's.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

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

GROUPS = 2_000  # judged at once
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
# A field's own stamp, if it has one, is in `content_times`, as catalog/content_order.py writes it.
VALUES = """
WITH held AS (
    SELECT product_id, vendor_id, {column}::text AS value,
        CASE WHEN content_times ? %(column)s
             THEN nullif(split_part(content_times ->> %(column)s, ' ', 1), '')::timestamptz
             ELSE content_at END AS at,
        CASE WHEN content_times ? %(column)s
             THEN split_part(content_times ->> %(column)s, ' ', 2)
             ELSE coalesce(content_upload_id, '') END AS by
    FROM products
    WHERE {column} IS NOT NULL AND (%(names)s::text[] IS NULL OR {column}::text = ANY(%(names)s))
)
SELECT vendor_id, value, count(*), (array_agg(product_id ORDER BY product_id DESC))[1:%(most)s]
FROM held
WHERE (at > %(since)s AND by <> '') OR EXISTS (
    SELECT FROM content_confirmations AS confirmed
    WHERE confirmed.vendor_id = held.vendor_id
        AND confirmed.content_at > greatest(%(since)s, at)
        AND confirmed.fields ? %(column)s AND confirmed.products @> held.product_id
)
GROUP BY vendor_id, value
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
        texts = [shortest(value) for value in values] if column.is_number else values
        rows: list[StagedRow] = [(number, [text], []) for number, text in enumerate(texts, 2)]
        batch = validate(
            replace(dataset, columns=(column,), identity=""),
            layout,
            rows,
            "create",
            self.today,
            replacements=replacements,
        )
        return [i in batch.problems for i in range(len(values))]


def shortest(number: str) -> str:
    """A stored number without the zeros that its column has added."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def would_be_rejected(change: RuleChange, since: datetime, today: date) -> Flips:
    """Rows of files since then that were imported."""
    judge = Judge(change, today)
    flips = Flips()
    newest: list[int] = []
    known = replacements_by_vendor(change.column)
    for groups in values_held(change, since, judge):
        plain = [group for group in groups if group.vendor_id not in known]
        parts_of = [(plain, NOTHING_REPLACED)] if plain else []
        parts_of += [([g], known[g.vendor_id]) for g in groups if g.vendor_id in known]
        for some, replacements in parts_of:
            lost = judge.lost([group.value for group in some], replacements)
            for group, is_lost in zip(some, lost, strict=True):
                if is_lost:
                    flips.by_vendor[group.vendor_id] += group.products
                    newest = heapq.nlargest(EXAMPLES, [*newest, *group.newest])
    flips.examples = examples(newest, change.column)
    return flips


def values_held(change: RuleChange, since: datetime, judge: Judge) -> Iterator[list[Group]]:
    """The values of all products that count; of a list, only those whose name may be lost."""
    column = sql.Identifier(change.column)
    names: list[str] | None = None
    with connection.cursor() as cursor:
        if approved_in(DATASET.by_key[change.column]):
            cursor.execute(sql.SQL(NAMES).format(column=column))
            found = [name for (name,) in cursor.fetchall()]
            lost = judge.lost(found, NOTHING_REPLACED) if found else []
            names = [name for name, is_lost in zip(found, lost, strict=True) if is_lost]
            if not names:
                return
    asked = {"column": change.column, "names": names, "since": since, "most": EXAMPLES}
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql.SQL(VALUES).format(column=column), asked)
        while groups := cursor.fetchmany(GROUPS):
            yield [Group(*group) for group in groups]


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
