"""Destinations: inside a batch's transaction, they decide which valid rows are imported."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from imports.execution.retry_policy import Contention
from imports.models import Upload
from imports.rules.base import RowProblem
from imports.rules.cells import Everywhere
from imports.rules.holds import Finding
from imports.rules.schema import Schema
from imports.validation.batch import ValidatedBatch


@dataclass
class BatchOutcome:
    """What a batch adds to the upload's counters, and which of its clean rows were rejected.

    `problems` and `notices` are keyed by position in the batch; a row with a notice is valid. Valid
    rows have created something, changed something, or neither; also in earlier runs of the upload.
    `created` may be negative in the last batch, which can take back what earlier batches counted.
    `removed` counts what an undo has removed.
    `inserted` and `changed` count rows that this batch brought into the destination and that no
    earlier run had. If `lost`, a server crash deleted the rows of earlier batches: nothing was
    written, and the load must start again.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    inserted: int = 0
    changed: int = 0
    problems: dict[int, list[RowProblem]] = field(default_factory=dict)
    notices: dict[int, list[RowProblem]] = field(default_factory=dict)
    lost: bool = False

    def add_notices(self, found: dict[int, list[RowProblem]]) -> None:
        for position, said in found.items():
            self.notices.setdefault(position, []).extend(said)

    @property
    def valid(self) -> int:
        return self.created + self.updated + self.unchanged + self.removed


@dataclass
class Undone:
    """What a part of an undo did to records: the one with the highest key, how many were restored,
    removed, added again, kept as they are, and gone already; and what is to be said of some, by
    the row of the file that they come from, with cells by which a person knows them."""

    last: int = 0
    restored: int = 0
    removed: int = 0
    added: int = 0
    kept: int = 0
    gone: int = 0
    notices: dict[int, list[RowProblem]] = field(default_factory=dict)
    rows: dict[int, dict[str, str]] = field(default_factory=dict)


class Missing(NamedTuple):
    """How many of the vendor's active records no row names, and how many there are."""

    missing: int
    active: int

    def finding(self, limit: int) -> Finding | None:
        """That more than `limit` percent are missing; None if not, or if the limit is 0."""
        if not limit or self.missing * 100 <= self.active * limit:
            return None
        detail = {"missing": f"{self.missing:,}", "active": f"{self.active:,}", "limit": str(limit)}
        return Finding("TOO_MANY_MISSING", "missing", detail, self.missing)


@dataclass(frozen=True)
class Deactivated:
    """How many records were deactivated, or would be; the highest key that was looked at; whether
    this was the last of them; and what is to be said, by row."""

    count: int
    last: int
    done: bool
    notices: dict[int, list[RowProblem]]


class Destination(ABC):
    """Where the valid rows of a data set go."""

    rules: tuple[Everywhere, ...] = ()  # what it requires of rows

    @property
    def notices(self) -> tuple[Everywhere, ...]:
        """What it can say of valid rows."""
        return ()

    @abstractmethod
    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        """Write the clean rows of `batch`; each is written exactly once, even after repeated calls.

        If `upload.is_check`, nothing is written but claims on keys. The outcome is that of an
        import, found by looking keys up.

        Called inside the transaction that locks the upload's row. `last` is true for the file's
        last batch. Raises KeysTakenMeanwhile, database errors and botocore's.
        """

    def doubts(self, upload: Upload, batch: ValidatedBatch) -> Iterable[tuple[int, RowProblem]]:
        """What may be wrong with rows of the batch, by position, given what is stored."""
        return ()

    def clashes(self, upload: Upload, batch: ValidatedBatch) -> dict[int, list[RowProblem]]:
        """Which clean rows of a batch, by position, it would reject if this were the upload's only
        batch. Nothing is written."""
        return {}

    @property
    def can_undo(self) -> bool:
        """Whether it records what uploads do, so that this can be taken back."""
        return False

    def take_back(self, upload: Upload, schema: Schema, *, most: int) -> Undone:
        """Take back what the upload's `undoes` did to its next records, `most` of them at a time.

        Called inside the transaction that locks the upload's row. Raises database errors.
        """
        raise NotImplementedError

    def compare(
        self, upload: Upload, schema: Schema, identities: Sequence[tuple[Any, int]], *, last: bool
    ) -> Missing | None:
        """Mode `replace`: claim what rows name, (identity or None, row), before any is written.
        After the last of them, says how many records the file lacks.

        Called inside the transaction that locks the upload's row. Raises database errors.
        """
        raise NotImplementedError

    def values_of(
        self, upload: Upload, schema: Schema, identities: Sequence[str], columns: Sequence[str]
    ) -> dict[str, Mapping[str, Any]]:
        """What the vendor's records hold in columns, by identity. Raises database errors."""
        raise NotImplementedError

    def count_in_use(self, upload: Upload, schema: Schema, *, filled: str = "") -> int:
        """How many records of the vendor are in use, and have more than 0 in the column `filled`.

        Raises database errors.
        """
        raise NotImplementedError

    def deactivate(self, upload: Upload, schema: Schema, *, most: int) -> Deactivated:
        """Mode `replace`: deactivate the next records that no row names, `most` of them at a time.
        A check only keeps what an import would do.

        Called inside the transaction that locks the upload's row. Raises database errors.
        """
        raise NotImplementedError

    def run_ends(self, upload: Upload) -> None:  # noqa: B027 - most have nothing to clean up
        """Delete what was stored between the run's batches, and take back counts of rows that are
        not imported after all. Called inside the transaction that ends the run."""


class KeysTakenMeanwhile(Contention):
    """Other uploads kept committing this batch's keys between its lookup and its insert."""
