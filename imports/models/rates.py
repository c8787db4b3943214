"""The percentages of rows, for pages, lists and emails: computed here and nowhere else."""

from dataclasses import dataclass

from config.rounding import shares


@dataclass(frozen=True)
class Rates:
    """Whole percentages that add up to 100, or are all 0 if there are no rows."""

    valid: int
    skipped: int
    errors: int
    not_processed: int

    @property
    def success(self) -> int:
        """Rows without errors: imported, or skipped because they need not be. 100 means all."""
        return self.valid + self.skipped


def rates_of(*, total: int, valid: int, skipped: int, errors: int) -> Rates:
    return Rates(*shares(valid, skipped, errors, total - valid - skipped - errors))
