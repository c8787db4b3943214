"""The rejected rows in the vendor's own columns, to be fixed and uploaded again."""

from collections.abc import Iterator

from imports import datasets
from imports.formats.csv_writer import csv_lines
from imports.models import RowError, RowErrorQuerySet, Upload
from imports.reports.error_counts import counts_of, unlisted
from imports.rules.columns import CORRECTIONS_COLUMN, is_corrections

ROWS_PER_FETCH = 2_000


def correctable_file(upload: Upload) -> Iterator[bytes]:
    """Only the rejected rows, in the vendor's own columns and with the delimiter of the file, with
    `Errors` last."""
    return csv_lines(correctable_rows(upload), datasets.layout_of(upload).delimiter or ",")


def correctable_rows(upload: Upload) -> Iterator[list[str]]:
    layout = datasets.layout_of(upload)
    names = layout.column_names
    kept = [i for i, name in enumerate(layout.header) if not is_corrections(name)]
    yield [*(layout.header[i] for i in kept), CORRECTIONS_COLUMN]
    counts = counts_of(upload)
    for number, (row, messages) in enumerate(rejected_rows(upload), start=1):
        surplus = [cell for name, cell in row.items() if name not in names]
        beyond = [f"cells beyond the last column: {' | '.join(surplus)}"] if surplus else []
        # In the last row's messages, because a line of its own would come back as a row.
        note = [unlisted(counts)] if number == counts.stored_rows and unlisted(counts) else []
        yield [*(row.get(names[i], "") for i in kept), "; ".join([*messages, *beyond, *note])]


def rejected_rows(upload: Upload) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Each original rejected row, and its messages."""
    row: dict[str, str] = {}
    messages: list[str] = []
    for error in in_file_order(RowError.objects.of_run(upload).errors()):
        if error.original_data is not None:
            if messages:
                yield row, messages
            row, messages = error.original_data, []
        messages.append(error.error_message)
    if messages:
        yield row, messages


def in_file_order(errors: RowErrorQuerySet) -> Iterator[RowError]:
    return errors.order_by("row_number", "error_id").iterator(ROWS_PER_FETCH)
