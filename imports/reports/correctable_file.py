"""The rejected rows that no correction has, in the vendor's own columns, to be fixed and uploaded
again: as CSV, or as a workbook whose wrong cells are red."""

import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext

from imports import datasets
from imports.formats.csv_writer import csv_lines
from imports.formats.workbook_writer import write_rows_to_fix
from imports.models import RowError, RowErrorQuerySet, Upload
from imports.reports.corrections import numbers_in, taken_ranges
from imports.reports.error_counts import counts_of, unlisted
from imports.rules.columns import CORRECTIONS_COLUMN, corrections_column, is_corrections
from imports.rules.spreadsheet import WORKBOOK

ROWS_PER_FETCH = 2_000
FIRST_NUMBER = re.compile(r"\D{0,20}([0-9]{1,9}):")
# What such a cell shows is not its value. As text it would be imported when the file comes back.
SHOWN_ONLY = frozenset(rule.code for rule in WORKBOOK)


@dataclass(frozen=True)
class RejectedRow:
    """A rejected row: its cells and its messages, and which of the cells are wrong."""

    cells: list[str]
    messages: str
    wrong: frozenset[int]


def correctable_file(upload: Upload) -> Iterator[bytes]:
    """Only the rejected rows, in the vendor's own columns and with the delimiter of the file, with
    `Errors` last."""
    return csv_lines(correctable_rows(upload), datasets.layout_of(upload).delimiter or ",")


def correctable_workbook(upload: Upload) -> bytes:
    """The same as a workbook."""
    file = io.BytesIO()
    rows = ((row.cells, row.messages, row.wrong) for row in rejected_rows(upload))
    write_rows_to_fix(file, correctable_header(upload), rows)
    return file.getvalue()


def correctable_rows(upload: Upload) -> Iterator[list[str]]:
    yield correctable_header(upload)
    for row in rejected_rows(upload):
        yield [*row.cells, row.messages]


def correctable_header(upload: Upload) -> list[str]:
    header = datasets.layout_of(upload).header
    name = CORRECTIONS_COLUMN
    if datasets.get(upload.dataset).can_correct:
        name = corrections_column(upload.upload_id)
    return [*(header[i] for i in kept_positions(header)), name]


def kept_positions(header: tuple[str, ...]) -> list[int]:
    return [i for i, name in enumerate(header) if not is_corrections(name)]


def rejected_rows(upload: Upload) -> Iterator[RejectedRow]:
    """Those that no correction has."""
    layout = datasets.layout_of(upload)
    names = layout.column_names
    kept = [names[i] for i in kept_positions(layout.header)]
    sources = layout.sources_in(datasets.of_upload(upload))
    read = {key: names[source.position] for key, source in sources.items()}
    taken = numbers_in(taken_ranges(upload))
    found = (each for each in original_rows(upload) if each[1][0].row_number not in taken)
    following = next(found, None)
    while following:
        (row, errors), following = following, next(found, None)
        surplus = [cell for name, cell in row.items() if name not in names]
        beyond = [f"cells beyond the last column: {' | '.join(surplus)}"] if surplus else []
        # In the last row's messages, because a line of its own would come back as a row.
        note = [] if following else [text for text in [unlisted(counts_of(upload))] if text]
        wrong = {read.get(error.column_name) for error in errors}
        empty = {read.get(error.column_name) for error in errors if error.error_type in SHOWN_ONLY}
        yield RejectedRow(
            ["" if name in empty else row.get(name, "") for name in kept],
            said_of(upload, errors, [*beyond, *note]),
            frozenset(i for i, name in enumerate(kept) if name in wrong),
        )


def said_of(upload: Upload, errors: list[RowError], more: list[str]) -> str:
    """What the last column says of a row; first of all, which row of the upload it is, so that the
    row is recognized when it comes back."""
    text = "; ".join([*(error.error_message for error in errors), *more])
    if not datasets.get(upload.dataset).can_correct:
        return text
    return gettext("Row %(number)s: %(text)s") % {"number": errors[0].row_number, "text": text}


def number_said(text: str) -> int | None:
    """The number of the row that the last column names; None if it names none."""
    found = FIRST_NUMBER.match(text)
    return int(found[1]) if found else None


def original_rows(
    upload: Upload, only: Collection[int] | None = None
) -> Iterator[tuple[dict[str, str], list[RowError]]]:
    """Each original rejected row, and its errors; `only` those with these numbers, if given."""
    row: dict[str, str] = {}
    errors: list[RowError] = []
    found = RowError.objects.of_run(upload).errors()
    if only is not None:
        found = found.filter(row_number__in=only)
    for error in in_file_order(found):
        if error.original_data is not None:
            if errors:
                yield row, errors
            row, errors = error.original_data, []
        errors.append(error)
    if errors:
        yield row, errors


def in_file_order(errors: RowErrorQuerySet) -> Iterator[RowError]:
    return errors.order_by("row_number", "error_id").iterator(ROWS_PER_FETCH)
