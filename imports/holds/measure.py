"""What a file would change, measured while its rows are read. Pure: no database."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from imports.rules.holds import Watched

MOST_EXAMPLES = 5
MOST_VALUES = 100  # of a column, that are counted at once
DIFFERENT_BEFORE = 5  # values, at least, that become one
TWICE = 2.0
Values = Mapping[str, Any]  # by column; None if a cell was empty
Example = tuple[int, str, str, str]  # row, identity, before, after


@dataclass
class Noted:
    """How many rows something was found in, and the first of them."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, row: int, identity: str, before: object, after: object) -> None:
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append((row, identity, str(before), str(after)))


@dataclass
class SameValue:
    """Whether most of the new values of a column are one value. Its memory is bounded: of more than
    MOST_VALUES different ones, the rare ones are forgotten, each with as many of the others, so
    that `count` may be too low by one in MOST_VALUES."""

    changed: int = 0
    before: set[Any] = field(default_factory=set)  # the first different ones
    after: Counter[Any] = field(default_factory=Counter)

    def add(self, before: object, after: object) -> None:
        self.changed += 1
        if len(self.before) < DIFFERENT_BEFORE:
            self.before.add(before)
        if after in self.after or len(self.after) < MOST_VALUES:
            self.after[after] += 1
        else:
            self.after = Counter({value: n - 1 for value, n in self.after.items() if n > 1})

    @property
    def most_common(self) -> tuple[Any, int]:
        """The value and its count."""
        return max(self.after.items(), key=itemgetter(1), default=(None, 0))


@dataclass
class Measured:
    """What rows of a file would change in records that are there. `factor` is from when on a price
    jumps."""

    watched: Watched
    factor: int
    updates: int = 0
    prices: Noted = field(default_factory=Noted)  # that change
    ratios: "array[float]" = field(default_factory=lambda: array("d"))  # of these
    jumps: Noted = field(default_factory=Noted)
    doubled: Noted = field(default_factory=Noted)  # or halved, or more
    zeroed: Noted = field(default_factory=Noted)
    texts: dict[str, Noted] = field(default_factory=dict)  # by column
    same: dict[str, SameValue] = field(default_factory=dict)  # of columns with different values

    def add(self, row: int, identity: str, before: Values, after: Values) -> None:
        """A row of a record that is there: what the record has, and what the row says."""
        self.updates += 1
        changed = {
            key: (before[key], new)
            for key in self.watched.columns
            if (new := after.get(key)) is not None and new != before[key]
        }
        for key, (old, new) in changed.items():
            if key in self.watched.different:
                self.same.setdefault(key, SameValue()).add(old, new)
            if key in self.watched.texts:
                self.texts.setdefault(key, Noted()).add(row, identity, old, new)
        if self.watched.price in changed:
            self._add_price(row, identity, *changed[self.watched.price])
        old, new = changed.get(self.watched.stock, (0, None))
        if new == 0 and old:
            self.zeroed.add(row, identity, old, new)

    def _add_price(self, row: int, identity: str, old: Any, new: Any) -> None:
        if not old or not new:
            return
        ratio = ratio_of(old, new)
        self.prices.add(row, identity, old, new)
        self.ratios.append(ratio)
        size = max(ratio, 1 / ratio)
        if size >= TWICE:
            self.doubled.add(row, identity, old, new)
        if self.factor and size > self.factor:
            self.jumps.add(row, identity, old, new)


def ratio_of(old: Any, new: Any) -> float:
    return float(new) / float(old)
