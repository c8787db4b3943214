"""The open rows with what a person said, judged by the rules of files before they are sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from imports.corrections.fixes import Fixes
from imports.corrections.open_rows import OpenRow, Shape, comparable, open_rows
from imports.models import Upload
from imports.rules.base import RowProblem
from imports.rules.replacements import Value
from imports.validation.validate import validate

ROWS = 2_000  # judged at once
MOST_ROWS = 20_000  # of one correction: it is made while a person waits


@dataclass
class Judged:
    """`ready` rows have no error that is known; `left` counts those that still have one. What the
    rules say about what a person entered is in `values` and `cells`, by row and position. The open
    rows have these numbers (`rows`), and their errors these values (`rejected`, in file order)."""

    ready: list[OpenRow] = field(default_factory=list)
    left: int = 0
    values: dict[Value, str] = field(default_factory=dict)
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    rejected: dict[Value, None] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)

    @property
    def is_wrong(self) -> bool:
        """Something that a person entered breaks a rule."""
        return bool(self.values or self.cells)

    def keep_first(self, count: int) -> None:
        """Leave the other ready rows for another correction."""
        self.left += len(self.ready[count:])
        del self.ready[count:]


def judged(
    upload: Upload, shape: Shape, fixes: Fixes, today: date, only: Collection[int] | None = None
) -> Judged:
    """Put what was said into the open rows, and apply the rules to those; to rows with these
    numbers `only`, if given."""
    found = Judged()
    rows = open_rows(upload, shape, only)
    judge = Judge(upload, shape, fixes, today, found)
    while batch := list(islice(rows, ROWS)):
        judge(batch)
        if len(found.ready) > MOST_ROWS:
            found.keep_first(MOST_ROWS)
            found.left += sum(1 for _ in rows)
    return found


@dataclass
class Judge:
    upload: Upload
    shape: Shape
    fixes: Fixes
    today: date
    found: Judged

    def __call__(self, rows: list[OpenRow]) -> None:
        """Judge some rows."""
        said = [self.said_of(row) for row in rows]
        corrected = [
            replace(row, cells=[entered.get(i, (cell,))[0] for i, cell in enumerate(row.cells)])
            for row, entered in zip(rows, said, strict=True)
        ]
        shape = self.shape
        batch = validate(
            shape.dataset,
            shape.judging,
            [(row.number, row.cells, []) for row in corrected],
            self.upload.base_mode,
            self.today,
        )
        for i, row in enumerate(corrected):
            problems = batch.problems.get(i, [])
            self._keep_wrong(row, said[i], problems)
            if problems or self._still_wrong(row, said[i]):
                self.found.left += 1
            else:
                self.found.ready.append(row)

    def said_of(self, row: OpenRow) -> dict[int, tuple[str, Value | None]]:
        """What is to be in which cells of a row, and by which value, if it was said by value."""
        positions = self.shape.sources
        self.found.rows.add(row.number)
        said: dict[int, tuple[str, Value | None]] = {}
        for error in row.errors:
            if error.column_name in positions:
                position = positions[error.column_name]
                value = Value(error.column_name, comparable(row.cells[position]))
                self.found.rejected[value] = None
                if value in self.fixes.values:
                    said[position] = (self.fixes.values[value], value)
        entered = self.fixes.cells.get(row.number, {})
        return said | {i: (text, None) for i, text in entered.items() if i < len(row.cells)}

    def _keep_wrong(
        self,
        row: OpenRow,
        said: Mapping[int, tuple[str, Value | None]],
        problems: list[RowProblem],
    ) -> None:
        """Keep what is wrong with what was entered."""
        for each in problems:
            position = self.shape.sources.get(each.column)
            if position is None or position not in said:
                continue
            _, value = said[position]
            if value:
                self.found.values.setdefault(value, each.message)
            else:
                self.found.cells.setdefault((row.number, position), each.message)

    def _still_wrong(self, row: OpenRow, said: Mapping[int, tuple[str, Value | None]]) -> bool:
        """Whether the row has an error that the rules of rows do not see, and about which nothing
        was said: a key that is used elsewhere, a value that a new row needs, the number of
        cells."""
        for error in row.errors:
            position = self.shape.sources.get(error.column_name)
            if position is None:
                if not self.fixes.cells.get(row.number):
                    return True
            elif position not in said and self._depends_on_others(error.column_name, row, position):
                return True
        return False

    def _depends_on_others(self, column: str, row: OpenRow, position: int) -> bool:
        schema = self.shape.dataset
        keys = {key for unique in schema.unique for key in unique.columns}
        keys |= {fixed.column for fixed in schema.fixed}
        return column in keys or not comparable(row.cells[position])
