"""Rows of a held upload: which a reviewer leaves out, and some to look at."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min

from catalog.history import shown
from imports.dataset import Dataset
from imports.holds.measure import Values, ratio_of
from imports.models import PlannedChange, Upload
from imports.rules.holds import Finding, Watched

SHOWN = 20
TRIED = 400  # row numbers, of which some have no change
RANGE = re.compile(r"(\d{1,8})(?:\s*[-–]\s*(\d{1,8}))?")
MAX_TYPED = 1_000_000  # rows


class NotRows(Exception):
    """A text is no list of row numbers."""


def rows_typed(text: str) -> set[int]:
    """The rows of a text such as "2, 5-9". Raises NotRows."""
    rows: set[int] = set()
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = RANGE.fullmatch(part)
        if match is None:
            raise NotRows(part)
        first, last = int(match[1]), int(match[2] or match[1])
        if not 0 < first <= last or last - first >= MAX_TYPED:
            raise NotRows(part)
        rows.update(range(first, last + 1))
    return rows


def rows_of(upload: Upload, dataset: Dataset, finding: Finding) -> set[int]:
    """The rows that a finding is about; none if it is not about single rows."""
    if dataset.watched is None or finding.code not in ABOUT_ROWS:
        return set()
    watched, is_about = dataset.watched, ABOUT_ROWS[finding.code]
    limit = int(finding.detail.get("limit", "0").replace(",", ""))
    plans = planned(upload).filter(before__isnull=False)
    changes = plans.values_list("upload_row", "before", "after").iterator(chunk_size=2_000)
    return {row for row, before, after in changes if is_about(watched, limit, before, after or {})}


def jumps(watched: Watched, limit: int, before: Values, after: Values) -> bool:
    if not before.get(watched.price):
        return False
    ratio = ratio_of(before[watched.price], after[watched.price])
    return max(ratio, 1 / ratio) > limit


def changes_price(watched: Watched, limit: int, before: Values, after: Values) -> bool:
    return watched.price in before


def zeroed(watched: Watched, limit: int, before: Values, after: Values) -> bool:
    return watched.stock in before and after.get(watched.stock) == 0


# The findings that are about single rows, and about which.
ABOUT_ROWS: dict[str, Callable[[Watched, int, Values, Values], bool]] = {
    "PRICE_JUMP": jumps,
    "DECIMAL_SHIFT": changes_price,
    "STOCK_ZEROED": zeroed,
}


@dataclass(frozen=True)
class Sampled:
    """A row of the file, the record that it is about, and (field, before, after); of a record that
    it would add, what it says."""

    row: int
    identity: str
    is_new: bool
    values: list[tuple[str, str, str]]


def some_rows(upload: Upload, dataset: Dataset) -> list[Sampled]:
    """Some rows that would change something, chosen by chance, in the order of the file."""
    ends = planned(upload).aggregate(first=Min("upload_row"), last=Max("upload_row"))
    if ends["first"] is None:
        return []
    every = range(ends["first"], ends["last"] + 1)
    tried = random.sample(every, min(TRIED, len(every)))  # not a secret
    found = list(planned(upload).filter(upload_row__in=tried))
    found = random.sample(found, min(SHOWN, len(found)))
    return [sampled(each, dataset) for each in sorted(found, key=lambda each: each.upload_row)]


def sampled(plan: PlannedChange, dataset: Dataset) -> Sampled:
    before, after = plan.before or {}, plan.after or {}
    return Sampled(
        plan.upload_row,
        plan.identity,
        plan.before is None,
        [
            (dataset.label(key), shown(key, before.get(key)), shown(key, after.get(key)))
            for key in (after if plan.before is None else before)
        ],
    )


def planned(upload: Upload) -> Any:
    return PlannedChange.objects.filter(upload=upload, run=upload.run).order_by()
