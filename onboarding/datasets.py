"""Which data sets a person works with: vendors their own kind, staff all of them."""

from dataclasses import replace

from imports.dataset import Dataset
from imports.datasets import all_datasets, any_csv, layout_of
from imports.models import Upload
from vendors.access import Access


def datasets_for(access: Access) -> dict[str, Dataset]:
    """The data sets this person may read about and, if they act at all, upload; by their keys."""
    return {
        key: dataset
        for key, dataset in all_datasets().items()
        if dataset.by_vendor or access.sees_all
    }


def to_show(upload: Upload) -> Dataset:
    """The data set of an upload, with its file's columns. One that this version does not have is
    shown by its key, as a file of any columns."""
    other = replace(any_csv.DATASET, key=upload.dataset, title=upload.dataset)
    return all_datasets().get(upload.dataset, other).for_header(layout_of(upload).header)
