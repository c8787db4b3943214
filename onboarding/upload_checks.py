"""What the web form takes in: no file larger than any data set allows, looked at before it is
sent on."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from imports.dataset import Dataset
from imports.rules.refusals import Refused
from onboarding.datasets import offered
from vendors.access import access_of
from vendors.models import Vendor


class NoLargerThanAllowed(FileUploadHandler):
    """Stops keeping a file once it is too large for every data set that its sender is offered,
    so that no disk fills up.

    The file is missing from the form then; `refuse_if_cut` tells why.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        request = cast("HttpRequest", self.request)
        datasets = offered(access_of(request.user))
        self.limit = max(dataset.byte_limit for dataset in datasets.values())

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > self.limit:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None  # the next handler has it


def refuse_if_cut(request: HttpRequest, dataset: Dataset) -> None:
    """Raise Refused when the form came without a file because that was too large."""
    sent = int(request.META.get("CONTENT_LENGTH") or 0)
    if "file" not in request.FILES:
        dataset.refuse_by_size(sent)


def look(
    file: "UploadedFile[bytes]", *, dataset: Dataset, mode: str, vendor: Vendor | None
) -> None:
    """Ask of the file what the pipeline will ask of it first. Raises Refused."""
    if vendor is not None and not vendor.is_active:
        raise Refused("INACTIVE_VENDOR", vendor=vendor.vendor_id)
    size = file.size or 0
    with on_disk(file) as path:
        dataset.inspect(path, size, mode)
    file.seek(0)


@contextmanager
def on_disk(file: "UploadedFile[bytes]") -> Iterator[Path]:
    """The file's path; a small file, which is in memory, is written to disk for the block."""
    if isinstance(file, TemporaryUploadedFile):
        file.flush()
        yield Path(file.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile(prefix="onboarding-", suffix=".upload") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)
