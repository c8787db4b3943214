"""What is seen of a file while it is scanned: how it writes its numbers and, if its header does not
say enough to import it, enough of its cells for a person to say what its columns are."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from imports.formats.layout import UNREAD, Layout
from imports.rules.matching import Known
from imports.rules.number_format import Evidence, decimal_mark
from imports.rules.refusals import Refused
from imports.rules.schema import Schema
from imports.rules.spreadsheet import shown

MAX_ROWS, MAX_CELLS, MAX_CHARACTERS = 200, 20_000, 200  # of a sample; characters of a cell
VALUES = 3  # of each column, in the whole file
SIGNS = 3

# Is shown the header, and returns what each row below it is shown to.
Watching = Callable[[tuple[str, ...]], Callable[[int, list[str]], None]]


@dataclass(frozen=True)
class SampledColumn:
    """One column of a file: how many of its cells have text, the first different ones, and what
    they say about numbers: the decimal marks that are certain, and signs beside them."""

    filled: int
    values: list[str]
    marks: list[str]
    signs: list[str]


@dataclass(frozen=True)
class Sample:
    """The columns of a file and its first rows, whose cells are cut."""

    columns: list[SampledColumn]
    rows: list[list[str]]
    row_numbers: list[int]  # of the rows, as a spreadsheet counts

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        columns = [SampledColumn(**column) for column in value["columns"]]
        return cls(**{**value, "columns": columns})


class Unmatched(Refused):
    """The header does not say which columns to import; a person can, with the help of a sample."""

    def __init__(self, layout: Layout, sample: Sample, code: str, **detail: object) -> None:
        super().__init__(code, **detail)
        self.layout = layout
        self.sample = sample


class _SeenColumn:
    def __init__(self) -> None:
        self.filled = 0
        self.values: list[str] = []
        self.numbers = Evidence()

    def see(self, cell: str) -> None:
        text = cell.strip()
        if not text:
            return
        self.filled += 1
        self.numbers.see(text)
        text = shown(text)
        if len(self.values) < VALUES and (text := text[:MAX_CHARACTERS]) not in self.values:
            self.values.append(text)


class Watch:
    """Sees the rows of a file during its scan."""

    def __init__(self, schema: Schema, known: Known, is_complete: Callable[[Layout], bool]) -> None:
        self.schema = schema
        self.known = known
        self.is_complete = is_complete
        self.numbers: dict[str, Evidence] = {}
        self._columns: list[_SeenColumn] = []
        self._rows: list[tuple[int, list[str]]] = []

    def __call__(self, header: tuple[str, ...]) -> Callable[[int, list[str]], None]:
        layout = replace(UNREAD, header=header).matched(self.schema, self.known)
        if not self.is_complete(layout):
            self._columns = [_SeenColumn() for _ in header]
            return self._see_all
        sources = layout.sources_in(self.schema)
        keys = [column.key for column in self.schema.columns if column.is_number]
        self.numbers = {key: Evidence() for key in keys if key in sources}
        watched = [(sources[key].position, evidence) for key, evidence in self.numbers.items()]

        def see(number: int, cells: list[str]) -> None:
            for position, evidence in watched:
                if position < len(cells):
                    evidence.see(cells[position])

        return see

    def _see_all(self, number: int, cells: list[str]) -> None:
        for column, cell in zip(self._columns, cells, strict=False):
            column.see(cell)
        rows = len(self._rows)
        if rows < MAX_ROWS and rows * len(self._columns) < MAX_CELLS:
            self._rows.append((number, [cell[:MAX_CHARACTERS] for cell in cells]))

    def say(self, layout: Layout) -> Layout:
        """The layout with what was seen of numbers, which counts more than what was answered, if
        that is not final."""
        if self.known.this_file and self.known.this_file.is_final:
            return layout
        beside = {
            key: evidence.sign
            for key, evidence in self.numbers.items()
            if evidence.sign in self.schema.by_key[key].beside
        }
        return replace(
            layout,
            decimal=decimal_mark(self.numbers.values()) or layout.decimal,
            beside={**layout.beside, **beside},
        )

    @property
    def sample(self) -> Sample:
        """What was seen of a file that is not complete."""
        columns = [
            SampledColumn(
                column.filled,
                column.values,
                sorted(column.numbers.marks),
                [*column.numbers.signs][:SIGNS],
            )
            for column in self._columns
        ]
        return Sample(
            columns, [cells for _, cells in self._rows], [number for number, _ in self._rows]
        )
