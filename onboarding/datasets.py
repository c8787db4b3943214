"""Which data sets a person works with: vendors their own kind, staff all of them."""

from imports.dataset import Dataset
from imports.datasets import all_datasets
from vendors.access import Access


def datasets_for(access: Access) -> dict[str, Dataset]:
    """The data sets this person may read about and, if they act at all, upload; by their keys."""
    return {
        key: dataset
        for key, dataset in all_datasets().items()
        if dataset.by_vendor or access.sees_all
    }
