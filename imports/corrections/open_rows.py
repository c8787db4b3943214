"""The rejected rows of an upload that no correction has yet, in the shape of its file."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from imports import datasets
from imports.dataset import Dataset
from imports.formats.layout import Layout
from imports.models import RowError, Upload
from imports.reports.correctable_file import kept_positions, original_rows
from imports.reports.corrections import numbers_in, taken_ranges
from imports.rules.matching import ANSWER, Answers, Source
from imports.rules.number_format import COMMA, OWN
from imports.rules.spreadsheet import LIKE_THOUSANDS
from imports.validation.validate import clean


@dataclass(frozen=True)
class Shape:
    """The columns of a correction: those of the file, without our column of errors, and one for
    each column of ours that had one text for all rows. `sources` says, by the key of a column of
    ours, which of them it is read from."""

    dataset: Dataset
    layout: Layout  # of the file
    header: list[str]
    names: list[str]  # of the cells of a rejected row
    sources: Mapping[str, int]
    constants: Mapping[str, str]

    @classmethod
    def of(cls, upload: Upload) -> "Shape":
        dataset, layout = datasets.of_upload(upload), datasets.layout_of(upload)
        kept = kept_positions(layout.header)
        sources = {
            key: kept.index(source.position)
            for key, source in layout.sources_in(dataset).items()
            if source.position in kept
        }
        constants = {k: v for k, v in layout.constants.items() if k not in sources}
        sources |= {key: len(kept) + i for i, key in enumerate(constants)}
        return cls(
            dataset=dataset,
            layout=layout,
            header=[*(layout.header[i] for i in kept), *map(dataset.label, constants)],
            names=[layout.column_names[i] for i in kept],
            sources=sources,
            constants=constants,
        )

    def cells_of(self, row: Mapping[str, str]) -> list[str]:
        """The cells of a rejected row."""
        return [
            *(self._as_text(row.get(name, "")) for name in self.names),
            *self.constants.values(),
        ]

    def _as_text(self, cell: str) -> str:
        """A number of a workbook, which has a point before decimals, as the texts of a file with
        decimal commas have it."""
        is_stored_number = self.layout.sheet and OWN.fullmatch(cell) and "." in cell
        if is_stored_number and self.layout.decimal == COMMA and not LIKE_THOUSANDS.match(cell):
            return cell.replace(".", COMMA)
        return cell

    @property
    def judging(self) -> Layout:
        """How the rows are read before they are sent. Its header is not one of ours, because the
        cells have lost what our files put into them."""
        return replace(
            self.layout,
            header=tuple(f"column {i}" for i in range(len(self.header))),
            sources={key: Source(position, ANSWER) for key, position in self.sources.items()},
            constants={},
            sheet="",
            first_is_data=False,
        )

    @property
    def answers(self) -> Answers:
        """How the correction is to be read: as the file was."""
        return Answers(
            positions=self.sources,
            signs=self.layout.beside,
            factors=self.layout.factors,
            decimal=self.layout.decimal,
            is_final=True,
        )


@dataclass(frozen=True)
class OpenRow:
    """A rejected row: its number, its cells, what is wrong with it, and what it has beyond the last
    column."""

    number: int
    cells: list[str]
    errors: list[RowError]
    surplus: list[str] = field(default_factory=list)


def open_rows(
    upload: Upload, shape: Shape, only: Collection[int] | None = None
) -> Iterator[OpenRow]:
    """In file order; `only` those with these numbers, if given."""
    known = set(shape.layout.column_names)
    taken = numbers_in(taken_ranges(upload))
    for row, errors in original_rows(upload, only):
        number = errors[0].row_number
        if number not in taken:
            surplus = [cell for name, cell in row.items() if name not in known]
            yield OpenRow(number, shape.cells_of(row), errors, surplus)


def comparable(cell: str) -> str:
    """The cell as errors are grouped by it."""
    return clean([cell])[0]
