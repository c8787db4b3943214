"""Rows as staged, and rules over several cells of one row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imports.rules.wording import Words


@dataclass(frozen=True)
class RowRule:
    """A rule over several cells of one row, checked when all of them are filled and valid.

    `broken(today, *values)` gives what fills the message in when the row breaks the rule, else
    None; `today` is the day of the import. The problem is reported in the first of `columns`.
    """

    columns: tuple[str, ...]
    code: str
    broken: Callable[..., Mapping[str, object] | None]
    message: Words
    remedy: Words

    @property
    def column(self) -> str:
        return self.columns[0]

    @property
    def variants(self) -> Mapping[str, Words]:
        return {"broken": self.message}


# (spreadsheet row number, cells as read, positions of cells that staging has cut)
StagedRow = tuple[int, list[str], list[int]]
