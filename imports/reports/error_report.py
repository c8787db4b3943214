"""The report of a run: the error report or the correctable file, as the data set requires."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from imports import datasets
from imports.dataset import Dataset
from imports.formats.csv_writer import csv_lines
from imports.models import RowError, Upload
from imports.reports.correctable_file import correctable_file, in_file_order
from imports.reports.error_counts import counts_of, unlisted
from imports.rules.base import ERROR, NOTICE, WARNING
from imports.rules.remedies import remedy_for


@dataclass(frozen=True)
class Report:
    """What a data set says about rejected rows: where it goes in S3, and its bytes."""

    key: str
    pieces: Iterator[bytes]


def report_of(upload: Upload) -> Report:
    """The report of the upload's run: one line per error or, if the data set has a prefix for
    them, the rejected rows in their own columns."""
    if prefix := datasets.get(upload.dataset).rejected_prefix:
        return Report(f"{prefix}{upload.upload_id}_rejected.csv", correctable_file(upload))
    folder = upload.vendor_id or "_"
    return Report(f"errors/{folder}/{upload.upload_id}_errors.csv", error_report(upload))


def error_report(upload: Upload) -> Iterator[bytes]:
    """The error report of the upload's run, in pieces: one line per error, warning and notice.

    The same run always gives the same bytes: in file order, then in the data set's column order. If
    not all errors or warnings are stored, a last line says how many are not listed.
    """
    return csv_lines(report_rows(upload))


def report_header(dataset: Dataset) -> list[str]:
    return [
        "Row Number",
        *(dataset.label(key) for key in dataset.report_before),
        "Error Type",
        "Error Message",
        *(dataset.label(key) for key in dataset.report_after),
        "Column",
        "Value",
        "How To Fix",
        "Severity",
    ]


def report_rows(upload: Upload) -> Iterator[list[str]]:
    dataset = datasets.of_upload(upload)
    read = by_column(upload, dataset)
    yield report_header(dataset)
    row: dict[str, str] = {}
    for error in in_file_order(RowError.objects.of_run(upload)):
        if error.original_data is not None:
            row = read(error.original_data)
        yield [
            str(error.row_number),
            *(row.get(key, "") for key in dataset.report_before),
            error.error_type,
            error.error_message,
            *(row.get(key, "") for key in dataset.report_after),
            dataset.label(error.column_name),
            row.get(error.column_name, ""),
            remedy_for(dataset, error.column_name, error.error_type),
            error.severity,
        ]
    before, after = len(dataset.report_before), len(dataset.report_after)
    for severity in (ERROR, WARNING):
        if note := unlisted(counts_of(upload, severity)):
            yield ["", *[""] * before, "", note, *[""] * after, "", "", "", NOTICE]


def by_column(upload: Upload, dataset: Dataset) -> Callable[[dict[str, str]], dict[str, str]]:
    """A function from a stored original row to its cells by the data set's columns."""
    layout = datasets.layout_of(upload)
    sources = layout.sources_in(dataset)
    names = {key: layout.column_names[source.position] for key, source in sources.items()}
    same = layout.constants
    return lambda row: {**same, **{key: row.get(name, "").strip() for key, name in names.items()}}
