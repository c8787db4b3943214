"""Rows as staged, and rules over several cells of one row."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RowRule:
    """A rule over several cells of one row, asked when all of them are filled and in order.

    `broken(today, *values)` gives the message when the row breaks it, else None; `today` is the
    day of the import. The problem stands at the first of `columns`.
    """

    columns: tuple[str, ...]
    code: str
    broken: Callable[..., str | None]
    in_words: str
    message_template: str
    remedy: str

    @property
    def column(self) -> str:
        return self.columns[0]


# (spreadsheet row number, cells as read, positions of cells that staging has cut)
StagedRow = tuple[int, list[str], list[int]]
