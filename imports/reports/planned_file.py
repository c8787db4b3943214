"""The changes that a check found that an import would make, as a CSV file."""

from collections.abc import Iterator

from django.utils.translation import gettext

from catalog.history import shown
from imports.dataset import Dataset
from imports.formats.csv_writer import csv_lines
from imports.models import PlannedChange, Upload


def planned_file(upload: Upload, dataset: Dataset) -> Iterator[bytes]:
    """The file in pieces: a line for each value that would change, and for each new product."""
    return csv_lines(_rows(upload, dataset))


def _rows(upload: Upload, dataset: Dataset) -> Iterator[list[str]]:
    yield ["Row", dataset.label(dataset.identity), "Change", "Column", "Before", "After"]
    found = PlannedChange.objects.filter(upload=upload, run=upload.run).order_by("upload_row")
    for plan in found.iterator(chunk_size=2_000):
        start = [str(plan.upload_row) if plan.upload_row > 0 else "", plan.identity]
        if plan.before is None:
            yield [*start, gettext("new"), "", "", ""]
            continue
        for field, old in plan.before.items():
            new = (plan.after or {}).get(field)
            yield [
                *start,
                gettext("changed"),
                dataset.label(field),
                shown(field, old),
                shown(field, new),
            ]
