"""Where good rows go. A destination decides, inside the batch's transaction, which rows get in."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from imports.execution.retry_policy import Contention
from imports.models import Upload
from imports.rules.base import RowProblem
from imports.rules.cells import Everywhere
from imports.validation.batch import ValidatedBatch


@dataclass
class BatchOutcome:
    """What a batch adds to the upload's counters, and which of its clean rows were turned down.

    `problems` is by position in the batch. The numbers may be negative where the end of the file
    undoes what earlier batches counted. What earlier batches left is `lost` when a server crash
    took it: then nothing was taken, and the load has to begin again.
    """

    valid: int = 0
    skipped: int = 0
    problems: dict[int, list[RowProblem]] = field(default_factory=dict)
    lost: bool = False


class Destination(ABC):
    """Where the good rows of a data set go."""

    rules: tuple[Everywhere, ...] = ()  # what it requires of rows

    @abstractmethod
    def write(self, upload: Upload, batch: ValidatedBatch, *, last: bool) -> BatchOutcome:
        """Bring in the clean rows of `batch`, each exactly once however often it is asked.

        Called inside the transaction that holds the upload's row; `last` with the file's last
        batch. Raises KeysTakenMeanwhile, database errors and botocore's.
        """

    def run_ends(self, upload: Upload) -> None:  # noqa: B027 - most keep nothing between batches
        """Drop what was kept between the batches of the upload's run, and take back what was
        counted for rows that will not be in. Called inside the transaction that ends the run."""


class KeysTakenMeanwhile(Contention):
    """Other uploads kept committing this batch's keys between look-up and insert."""
