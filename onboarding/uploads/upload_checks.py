"""What the upload form checks before a file is stored: its size while it arrives, then whether the
pipeline can read it; and what the browser needs to check size and kind before it sends the file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.formats.readings import Ambiguous
from imports.formats.sample import Unmatched
from imports.mapping.memory import known_of_vendor
from imports.rules.matching import NOTHING_KNOWN
from imports.rules.refusals import Refused
from imports.rules.wording import in_megabytes
from onboarding.datasets import datasets_for
from vendors.access import Access, access_of
from vendors.models import Vendor


def largest_file(access: Access) -> int:
    """Bytes of the largest file that any data set of this person takes."""
    return max(dataset.byte_limit for dataset in datasets_for(access).values())


class NoLargerThanAllowed(FileUploadHandler):
    """Stops keeping a file once it is too large for every data set that its sender may upload,
    so that no disk fills up.

    The file is then missing from the form; `refuse_if_cut` says why.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        request = cast("HttpRequest", self.request)
        self.limit = largest_file(access_of(request.user))

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


def check(
    file: "UploadedFile[bytes]", *, dataset: Dataset, mode: str, vendor: Vendor | None
) -> bool:
    """Check of the file what the pipeline will check first. Raises Refused.

    Returns whether its letters and the names of its columns are understood; if not, the vendor can
    explain them.
    """
    if vendor is not None and not vendor.is_active:
        raise Refused("INACTIVE_VENDOR", vendor=vendor.vendor_id)
    size = file.size or 0
    known = known_of_vendor(vendor.pk, dataset.key) if vendor else NOTHING_KNOWN
    is_understood = True
    with on_disk(file) as path:
        try:
            dataset.inspect(path, size, mode, known)
        except (Unmatched, Ambiguous):
            is_understood = False
    file.seek(0)
    return is_understood


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


def browser_check(dataset: Dataset) -> dict[str, Any]:
    """What `upload.js` needs: limits, and texts with {names} that it fills in."""
    return {
        "maxBytes": dataset.byte_limit,
        "isTable": dataset.format.may_be_workbook,
        "texts": browser_texts(dataset),
    }


def browser_texts(dataset: Dataset) -> dict[str, str]:
    kind = {"kind": dataset.format.in_words}
    limit = in_megabytes(dataset.byte_limit)
    return {
        "tooLarge": gettext(
            "Your file is {size}. The limit is %(limit)s. Split it into smaller files."
        )
        % {"limit": limit},
        "empty": gettext("This file is empty. Choose the file you want to upload."),
        "wrongKind": gettext("This is {found}, not a %(kind)s file.") % kind,
        "saveAs": gettext(
            "If it’s a spreadsheet, open it and save it as “Excel Workbook (.xlsx)” or “CSV UTF-8”."
        ),
        "workbook": gettext("an Excel workbook or a ZIP archive"),
        "oldWorkbook": gettext("an Excel workbook (.xls)"),
        "pdf": gettext("a PDF document"),
        "picture": gettext("a picture"),
        "gzip": gettext("a gzip archive"),
    }
