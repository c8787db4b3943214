"""The body of a request that sends a file: the file itself, a form with it, or rows as JSON, which
become a CSV file. What is in the file is judged by the pipeline only."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from imports.dataset import Dataset
from imports.formats.csv_writer import csv_lines
from imports.formats.file_types import XLSX
from imports.notifications.addresses import help_url
from imports.rules.columns import is_corrections
from imports.rules.refusals import Refused
from onboarding.api.callers import ApiRequest
from onboarding.api.problems import Problem

MULTIPART, JSON, CSV = "multipart/form-data", "application/json", "text/csv"
TAKEN = (MULTIPART, JSON, CSV, XLSX, "application/octet-stream")
NAMES = {JSON: "rows.csv", CSV: "upload.csv", XLSX: "upload.xlsx"}
MOST_ROWS = 1_000  # of JSON
CHUNK_BYTES = 256 * 1024
DOCUMENTED = {
    "required": True,
    "content": {
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
                "additionalProperties": False,
            }
        },
        CSV: {"schema": {"type": "string"}},
        XLSX: {"schema": {"type": "string", "format": "binary"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        JSON: {"schema": {"$ref": "#/components/schemas/Rows"}},
    },
}
ROWS_SCHEMA = {
    "type": "object",
    "title": "Rows",
    "description": (
        "Rows by the names of their columns, as a header has them. They become a CSV file: the "
        "first one is row 2."
    ),
    "required": ["rows"],
    "additionalProperties": False,
    "properties": {
        "rows": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_ROWS,
            "items": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            },
        }
    },
}


@dataclass(frozen=True)
class Received:
    """A file that has arrived: its name, its bytes, how many they are, and their SHA-256."""

    name: str
    file: IO[bytes]
    size: int
    digest: str


@contextmanager
def received(request: ApiRequest, dataset: Dataset) -> Iterator[Received]:
    """The file of the request, for the block. Raises Problem."""
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.content_type == MULTIPART:
        yield of_form(request, dataset, announced)
        return
    with tempfile.SpooledTemporaryFile(
        max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, prefix="onboarding-", suffix=".upload"
    ) as file:
        refuse_by_size(dataset, announced)
        if request.content_type == JSON:
            for piece in as_csv(rows_in(request.read(announced)), dataset):
                file.write(piece)
        else:
            while piece := request.read(CHUNK_BYTES):
                file.write(piece)
        size = file.tell()
        refuse_by_size(dataset, size)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        name = NAMES.get(request.content_type or "", "upload.csv")
        yield Received(name, file, size, digest)


def of_form(request: ApiRequest, dataset: Dataset, announced: int) -> Received:
    """The only file of a form. Its name is the one that the sender gave it."""
    file: UploadedFile[bytes] | None = request.FILES.get("file")
    if file is None:
        refuse_by_size(dataset, announced)
        errors = [
            {"pointer": "body/file", "detail": _("is missing: send the file in the field “file”")}
        ]
        raise Problem("INVALID_REQUEST", errors=errors)
    others = [name for name in [*request.POST, *request.FILES] if name != "file"]
    if others:
        errors = [
            {
                "pointer": f"body/{name}",
                "detail": _(
                    "is not known in a form; parameters are in the address, such as ?mode=update"
                ),
            }
            for name in others
        ]
        raise Problem("INVALID_REQUEST", errors=errors)
    refuse_by_size(dataset, file.size or 0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return Received(file.name or "upload.csv", file, file.size or 0, digest.hexdigest())


def refuse_by_size(dataset: Dataset, size: int) -> None:
    """Raises Problem for a file of `size` bytes that is too large for the data set."""
    try:
        dataset.refuse_by_size(size)
    except Refused as refused:
        explained = {"help": help_url(dataset.key, refused.code)}
        raise Problem(refused.code, refused.message, more=explained) from refused


def rows_in(body: bytes) -> list[dict[str, str]]:
    """Rows of texts; numbers are as they are written. Raises Problem."""
    try:
        sent = json.loads(body, parse_int=str, parse_float=str, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise wrong("body", _("not JSON")) from error
    if not isinstance(sent, dict) or sent.keys() != {"rows"} or not isinstance(sent["rows"], list):
        raise wrong("body", _("must be an object whose only member “rows” is a list"))
    rows = sent["rows"]
    if not 1 <= len(rows) <= MOST_ROWS:
        limits = {"most": f"{MOST_ROWS:,}", "count": f"{len(rows):,}"}
        raise wrong("body/rows", _("must be 1 to %(most)s rows (yours are %(count)s)") % limits)
    return [cells_of(row, i) for i, row in enumerate(rows)]


def no_number(text: str) -> str:
    """Raises ValueError: NaN and Infinity are not JSON."""
    raise ValueError(text)


def cells_of(row: Any, i: int) -> dict[str, str]:
    if not isinstance(row, dict) or not row:
        raise wrong(f"body/rows/{i}", _("must be an object with a member for each column"))
    for name, value in row.items():
        if isinstance(value, dict | list):
            raise wrong(f"body/rows/{i}/{name}", _("must be a text, a number, true, false or null"))
    words = {None: "", True: "true", False: "false"}
    return {name: value if isinstance(value, str) else words[value] for name, value in row.items()}


def as_csv(rows: list[dict[str, str]], dataset: Dataset) -> Iterator[bytes]:
    """The rows as a file, whose cells are read as they were sent."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    # In a file that looks like one of ours, cells are read without the marks that we put there.
    like_ours = dataset.is_template(header) or any(map(is_corrections, header))
    lines = [header, *([row.get(name, "") for name in header] for row in rows)]
    try:
        yield from csv_lines(lines, for_people=like_ours)
    except UnicodeEncodeError as error:
        raise wrong("body/rows", _("has half a character")) from error


def wrong(pointer: str, detail: str) -> Problem:
    return Problem("INVALID_REQUEST", errors=[{"pointer": pointer, "detail": detail}])
