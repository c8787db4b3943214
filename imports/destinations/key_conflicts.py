"""Decides which clean rows of a batch are imported: of rows with the same key, the first one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from catalog.content_order import FieldStamps, parts, stamp
from imports.models import Upload
from imports.rules.base import RowProblem, problem
from imports.rules.keys import Unique
from imports.rules.schema import IN_USE, NOT_IN_USE, UPDATING, Schema
from imports.rules.wording import truncate
from imports.validation.batch import ValidatedBatch

Key = Any  # a value, or a tuple of values where several columns make the key


class KeyOwner(NamedTuple):
    """The row that owns a key: its upload and its row number there; of a stored row that an update
    may change or skip, its primary key, how new its fields are, when it was last changed, and the
    values of all its columns."""

    upload_id: str | None
    row: int | None
    pk: int | None = None
    content: FieldStamps = FieldStamps()
    updated_at: datetime | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a stored row: the values that are replaced and those that replace them, by
    field. `stamps` are of the fields whose values are said, also of those that are the same.
    `kept` names fields that would change if newer content had not set them.
    """

    stored: KeyOwner
    before: dict[str, Any]
    after: dict[str, Any]
    stamps: dict[str, str]
    kept: list[str]

    @property
    def confirms(self) -> list[str]:
        """The fields that become as new as their stamps."""
        return [key for key, own in self.stamps.items() if self.stored.content.of(key) != own]


@dataclass
class KeyConflicts:
    """Decides on a batch's clean rows, in file order.

    `held` says, by the name of each unique key, which rows hold which keys now. After `resolve`,
    `new` and `changed` hold positions of rows to insert and to update, `same` those of rows that
    change nothing, as the stored row says the same or newer content has set what differs, and
    `problems` the clashes. `already_in`, `applied` and `skipped` count rows that need nothing: that
    an earlier run has inserted, that it has changed, and that are skipped.
    """

    upload: Upload
    batch: ValidatedBatch
    held: Mapping[str, dict[Key, KeyOwner]]
    rows_in: frozenset[int]  # rows of this upload that an earlier run imported
    claims: dict[str, int]  # identity → row, for stored rows that this upload has changed
    skip_known: bool = False  # rows whose identity is already stored are skipped
    new: list[int] = field(default_factory=list)
    changed: dict[int, Change] = field(default_factory=dict)
    same: dict[int, Change] = field(default_factory=dict)
    problems: dict[int, list[RowProblem]] = field(default_factory=dict)
    already_in: int = 0
    applied: int = 0
    skipped: int = 0

    @property
    def schema(self) -> Schema:
        return self.batch.schema

    @cached_property
    def stamp(self) -> str:
        """How new the upload's content is."""
        return stamp(*self.upload.content_order)

    @cached_property
    def _changing(self) -> list[tuple[str, int]]:
        """The file's columns that can change a stored row, and their positions."""
        keys = [key for key in self.schema.changeable if key in self.batch.present]
        return [(key, self.batch.position(key)) for key in keys]

    def resolve(self) -> None:
        keys = [(unique, key_of(self.batch, unique)) for unique in self.schema.unique]
        updates = self.upload.base_mode in UPDATING
        identity = next((key for u, key in keys if u.column == self.schema.identity), None)
        for i in clean_positions(self.batch):
            if updates and identity and self._is_change(i, identity(i)):
                continue
            self._decide(i, [(unique, key(i)) for unique, key in keys])

    def _decide(self, i: int, keys: list[tuple[Unique, Key]]) -> None:
        """Insert the row, unless one of its keys has an owner."""
        row = self.batch.numbers[i]
        if row in self.rows_in:
            self.already_in += 1
            return
        holders = [
            (unique, key, holder)
            for unique, key in keys
            if (holder := self.held[unique.column].get(key)) is not None
        ]
        if holders:
            self._reject_or_skip(i, holders)
            return
        self.new.append(i)
        here = KeyOwner(self.upload.upload_id, row, values=self.batch.values[i])
        for unique, key in keys:
            if key is not None:
                self.held[unique.column][key] = here

    def _reject_or_skip(self, i: int, holders: list[tuple[Unique, Key, KeyOwner]]) -> None:
        known = next((h for h in holders if h[0].column == self.schema.identity), None)
        if known and self.skip_known and self._says_the_same(i, known[2]):
            self.skipped += 1
            return
        if known and (self.skip_known or known[2].upload_id != self.upload.upload_id):
            holders = [known]  # of a known row, its other keys are known, too
        self.problems[i] = [self._clash(*held) for held in holders]

    def _says_the_same(self, i: int, known: KeyOwner) -> bool:
        """Whether a row can be skipped, because the row that has its identity is a stored one, or
        an equal one of this file. Two different rows of a file with one identity are a mistake."""
        return known.upload_id != self.upload.upload_id or known.values == self.batch.values[i]

    def _is_change(self, i: int, identity: Key) -> bool:
        """Handle a row of mode `update` that changes a stored row of another upload, or that lacks
        cells that a new row needs. False if the row is to be inserted."""
        stored = self.held[self.schema.identity].get(identity)
        if stored is None:
            if lacking := self._lacking(i):
                self.problems[i] = lacking
            return bool(lacking)
        if stored.upload_id == self.upload.upload_id:
            return False
        row = self.batch.numbers[i]
        claimed = self.claims.setdefault(str(identity), row)
        if claimed != row:
            unique = next(u for u in self.schema.unique if u.column == self.schema.identity)
            self.problems[i] = [
                problem(unique, unique.column, "repeated", value=identity, row=claimed)
            ]
        elif changed := self._changes_of_fixed(i, stored):
            self.problems[i] = changed
            del self.claims[str(identity)]  # a rejected row holds nothing
        else:
            self._change(i, stored)
        return True

    def _change(self, i: int, stored: KeyOwner) -> None:
        """Set the fields of the row's filled cells, except those that newer content has set. A row
        that changes no value is not written."""
        values, old = self.batch.values[i], stored.values
        filled = [(key, at) for key, at in self._changing if values[at] is not None]
        differ = {key: new for key, at in filled if (new := self.batch.stored(i, at)) != old[at]}
        newer = set(stored.content.newer([key for key, _ in filled], self.stamp))
        state = self._reactivates(stored)
        after = {key: new for key, new in differ.items() if key not in newer}
        change = Change(
            stored,
            before={key: old[self.schema.positions[key]] for key in after}
            | dict.fromkeys(state, NOT_IN_USE),
            after=after | dict.fromkeys(state, IN_USE),
            stamps={key: self.stamp for key, _ in filled if key not in newer}
            | dict.fromkeys(state, self.stamp),
            kept=[key for key in differ if key in newer],
        )
        if change.after:
            self.changed[i] = change
            return
        self.same[i] = change
        self.applied += any(stored.content.of(key) == self.stamp for key in change.stamps)

    def _reactivates(self, stored: KeyOwner) -> list[str]:
        """The state, if the row makes a record active again: in mode `replace`, of a record that an
        older file has deactivated. What a person has deactivated, a person activates."""
        state = self.schema.state
        if not self.upload.replaces or stored.values[-1] != NOT_IN_USE:
            return []
        by_file = state in stored.content.others and parts(stored.content.of(state))[1] != ""
        return [state] if by_file and stored.content.of(state) <= self.stamp else []

    def _changes_of_fixed(self, i: int, stored: KeyOwner) -> list[RowProblem]:
        """Problems with cells that would change a fixed column."""
        values = self.batch.values[i]
        return [
            problem(
                fixed, fixed.column, "changed", stored=truncate(str(kept)), value=values[position]
            )
            for fixed in self.schema.fixed
            for position in [self.batch.position(fixed.column)]
            if values[position] is not None
            and values[position] != (kept := stored.values[position])
        ]

    def _lacking(self, i: int) -> list[RowProblem]:
        """Problems with empty cells that a new row must fill."""
        return [
            problem(column.required, column.key, "missing", field=column.label)
            for position, column in enumerate(self.schema.columns)
            if column.required and self.batch.values[i][position] is None
        ]

    def _clash(self, unique: Unique, key: Key, holder: KeyOwner) -> RowProblem:
        value = key[0] if isinstance(key, tuple) else key
        variant = "repeated" if holder.upload_id == self.upload.upload_id else "taken"
        return problem(unique, unique.column, variant, value=value, row=holder.row)


def clean_positions(batch: ValidatedBatch) -> list[int]:
    """Positions of the rows without problems."""
    return [i for i in range(len(batch.values)) if i not in batch.problems]


def key_of(batch: ValidatedBatch, unique: Unique) -> Callable[[int], Key]:
    """A function from a position to its row's key; None if a cell of the key is empty."""
    values = batch.values
    if not unique.also:
        position = batch.position(unique.column)
        return lambda i: values[i][position]
    cells = itemgetter(*map(batch.position, unique.columns))

    def several(i: int) -> Key:
        key = cells(values[i])
        return None if None in key else key

    return several
