"""One file per data set, found by itself: every module here that declares a `DATASET`."""

import importlib
import pkgutil
from functools import cache

from imports.dataset import Dataset
from imports.execution.retry_policy import Transient
from imports.formats.layout import UNREAD, Layout
from imports.models import Upload


class UnknownDataset(Transient, KeyError):
    """This version does not have the data set. A newer one, which runs beside it during a
    deployment, may have it."""


@cache
def all_datasets() -> dict[str, Dataset]:
    """Every data set by its key."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    )
    found = [module.DATASET for module in modules if hasattr(module, "DATASET")]
    found.sort(key=lambda dataset: (not dataset.by_vendor, dataset.title))  # vendors' own first
    return {dataset.key: dataset for dataset in found}


def get(key: str) -> Dataset:
    """The data set of this key. Raises UnknownDataset."""
    try:
        return all_datasets()[key]
    except KeyError:
        raise UnknownDataset(key) from None


def title_of(key: str) -> str:
    """The title of the data set of this key; the key when there is no such data set any more."""
    dataset = all_datasets().get(key)
    return dataset.title if dataset else key


def label_of(key: str, column: str) -> str:
    """What a data set calls its column of this key; that key when there is no such data set any
    more."""
    dataset = all_datasets().get(key)
    return dataset.label(column) if dataset else column


def layout_of(upload: Upload) -> Layout:
    """How the upload's file was read: without columns while it was not, or when it is erased."""
    return Layout.from_json(upload.layout) if upload.layout else UNREAD


def of_upload(upload: Upload) -> Dataset:
    """The data set of an upload, with the columns of its file where any columns will do."""
    return get(upload.dataset).for_header(layout_of(upload).header)


def of_object(s3_key: str) -> Dataset | None:
    """The data set that an object belongs to by its prefix; the longest prefix wins."""
    fitting = [d for d in all_datasets().values() if s3_key.startswith(d.prefix)]
    return max(fitting, key=lambda dataset: len(dataset.prefix), default=None)
