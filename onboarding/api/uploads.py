"""Uploads: sent, listed, followed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import Field

from imports.dataset import Dataset
from imports.datasets import all_datasets
from imports.intake import receive
from imports.models import Upload
from imports.notifications import addresses
from imports.reports.result import result_of
from imports.rules.refusals import REFUSALS
from onboarding.api import bodies
from onboarding.api.bodies import received
from onboarding.api.callers import ApiRequest
from onboarding.api.cursors import cursor_of, values_of
from onboarding.api.declared import Time, UploadId, operation
from onboarding.api.problems import Problem
from onboarding.api.repeats import PARAMETER as KEY
from onboarding.api.repeats import Answer, once
from onboarding.datasets import datasets_for
from onboarding.uploads.storing import store
from vendors.access import READ_UPLOADS, SEND_UPLOADS

router = Router(tags=["uploads"])
BaseMode = Literal["create", "update", "replace"]
Status = Literal["received", "processing", "completed", "partial", "failed", "cancelled", "held"]
RETRY_AFTER = {"Retry-After": "15"}
OF_SENDING = (409, 411, 413, 415, 422)


class Failure(Schema):
    """Why a whole file was rejected, or the import was stopped."""

    code: str
    message: str
    remedy: str
    help: str = Field(description="Address of the code's explanation.")


class HeldFor(Schema):
    """Why an import is held until a person releases it."""

    code: str
    message: str
    remedy: str


class Summary(Schema):
    """An upload, as a list has it."""

    upload_id: str
    dataset: str
    mode: str = Field(description="create, update, replace or undo; of a check, what it checks.")
    only_check: bool
    status: str = Field(json_schema_extra={"enum": [*Upload.Status.values]})
    ended: bool = Field(description="The status is final, or held, and the report is written.")
    run: int = Field(description="Rises with every retry.")
    file_name: str
    uploaded_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_records: int
    valid_records: int
    error_records: int
    skipped_records: int
    created_records: int
    updated_records: int
    unchanged_records: int
    deactivated_records: int
    removed_records: int
    warned_records: int
    failure: Failure | None
    page: str = Field(description="Address of the upload's page, for people.")


class UploadResult(Summary):
    """An upload with its result, in the same words as the command `import_file --json`."""

    undoes: str | None = Field(description="The upload that this one takes back.")
    corrects: str | None = Field(description="The upload whose rejected rows this one has.")
    open_records: int = Field(description="Rejected rows that are not fixed yet.")
    errors_by_type: dict[str, int]
    warnings_by_type: dict[str, int]
    held_for: list[HeldFor] = Field(description="Why it is held; empty if it is not.")
    failure_code: str | None
    failure_message: str | None
    error_report_key: str | None
    seconds: float | None = Field(description="From arrival to final status.")


class Page(Schema):
    uploads: list[Summary]
    next_cursor: str | None = Field(description="For the next part; null on the last one.")


class Filters(Schema):
    status: Status | None = None
    dataset: str | None = Field(None, max_length=50)
    file_name: str | None = Field(None, max_length=255, description="The whole name.")
    since: Time | None = Field(None, description="Uploaded at this time or later.")
    until: Time | None = Field(None, description="Uploaded before this time.")
    limit: int = Field(25, ge=1, le=100)
    cursor: str | None = Field(None, max_length=300)


# Of the data sets that vendors send.
DatasetKey = Annotated[
    str,
    Field(
        max_length=50,
        json_schema_extra={"enum": [k for k, one in all_datasets().items() if one.by_vendor]},
    ),
]


class Sending(Schema):
    dataset: DatasetKey = "products"
    mode: BaseMode = "create"
    only_check: bool = Field(False, description="Say what the import would do, and do nothing.")
    file_name: Annotated[str | None, Field(min_length=1, max_length=150)] = Field(
        None, description="By default, the name that a form gives it, or upload.csv."
    )


def summary_of(upload: Upload) -> dict[str, Any]:
    failure = None
    if upload.failure_code:
        known = REFUSALS.get(upload.failure_code)
        failure = {
            "code": upload.failure_code,
            "message": upload.failure_message,
            "remedy": str(known.remedy) if known else "",
            "help": help_of(upload.failure_code, upload.dataset),
        }
    counters = (name for name in Summary.model_fields if name.endswith("_records"))
    return {
        **{name: getattr(upload, name) for name in counters},
        "upload_id": upload.upload_id,
        "dataset": upload.dataset,
        "mode": upload.base_mode,
        "only_check": upload.is_only_check,
        "status": upload.status,
        "ended": upload.completed_at is not None,
        "run": upload.run,
        "file_name": upload.file_name,
        "uploaded_at": upload.upload_timestamp,
        "started_at": upload.started_at,
        "completed_at": upload.completed_at,
        "failure": failure,
        "page": addresses.upload_url(upload.upload_id),
    }


def detail_of(upload: Upload) -> dict[str, Any]:
    return {**summary_of(upload), **result_of(upload)}


def help_of(code: str, dataset: str) -> str:
    """Where a code of a file or row is explained."""
    known = dataset if dataset in all_datasets() else next(iter(all_datasets()))
    return addresses.help_url(known, code)


def visible_upload(request: ApiRequest, upload_id: str) -> Upload:
    """Raises Http404."""
    return get_object_or_404(Upload.objects.visible_to(request.auth.access), pk=upload_id)


def dataset_for(request: ApiRequest, key: str) -> Dataset:
    """A data set that the caller's files may be for. Raises Problem."""
    found = datasets_for(request.auth.access)
    if key not in found:
        words = _("must be one of: %s") % ", ".join(found)
        raise Problem("INVALID_REQUEST", errors=[{"pointer": "query/dataset", "detail": words}])
    return found[key]


def stored(upload: Upload, file: Any) -> Answer:
    """Store the file of an upload. Raises Problem if that is not possible now."""
    if not store(upload, file):
        raise Problem(
            "STORAGE_UNAVAILABLE", more={"upload_id": upload.upload_id}, headers=RETRY_AFTER
        )
    upload.refresh_from_db()
    return Answer.of(201, UploadResult, detail_of(upload), created=upload.upload_id)


@operation(
    router,
    "POST",
    "/uploads",
    name="create_upload",
    title="Send a file",
    scope=SEND_UPLOADS,
    is_upload=True,
    takes=bodies.TAKEN,
    answers={201: UploadResult},
    problems=OF_SENDING,
    parameters=[KEY],
    requestBody=bodies.DOCUMENTED,
)
def create_upload(request: ApiRequest, asked: Query[Sending]) -> HttpResponse:
    """A CSV file or an Excel workbook, as the body or in the field `file` of a form; or up to 1,000
    rows as JSON. The answer comes before the file is read: follow the upload until it has
    `ended`."""
    dataset = dataset_for(request, asked.dataset)
    with received(request, dataset) as sent:

        def start() -> Upload:
            return receive.open_upload(
                vendor=request.auth.token.vendor if dataset.by_vendor else None,
                dataset=dataset.key,
                mode=asked.mode,
                only_check=asked.only_check,
                file_name=asked.file_name or sent.name,
                size=sent.size,
                by=request.auth.person,
            )

        return once(
            request,
            start=start,
            finish=lambda upload: stored(upload, sent.file),
            digest=f"{sent.name} {sent.digest}",
        )


@operation(
    router,
    "GET",
    "/uploads",
    name="list_uploads",
    title="List uploads",
    scope=READ_UPLOADS,
    answers={200: Page},
    problems=(422,),
)
def list_uploads(request: ApiRequest, filters: Query[Filters]) -> dict[str, Any]:
    """The newest first."""
    uploads = Upload.objects.visible_to(request.auth.access)
    conditions = {
        "status": filters.status,
        "dataset": filters.dataset,
        "file_name": filters.file_name,
        "upload_timestamp__gte": filters.since,
        "upload_timestamp__lt": filters.until,
    }
    uploads = uploads.filter(**{k: v for k, v in conditions.items() if v is not None})
    if filters.cursor is not None:
        text, upload_id = values_of(filters.cursor, str, str)
        at = as_moment(text)
        uploads = uploads.filter(
            Q(upload_timestamp__lt=at) | Q(upload_timestamp=at, upload_id__lt=upload_id),
            upload_timestamp__lte=at,
        )
    found = list(uploads.order_by("-upload_timestamp", "-upload_id")[: filters.limit + 1])
    more = len(found) > filters.limit
    found = found[: filters.limit]
    last = found[-1] if more else None
    return {
        "uploads": [summary_of(upload) for upload in found],
        "next_cursor": last and cursor_of(last.upload_timestamp.isoformat(), last.upload_id),
    }


def as_moment(text: str) -> datetime:
    """Raises Problem for a text that no cursor of ours has."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem("INVALID_CURSOR") from error
    if moment.tzinfo is None:
        raise Problem("INVALID_CURSOR")
    return moment


@operation(
    router,
    "GET",
    "/uploads/{upload_id}",
    name="get_upload",
    title="Follow an upload",
    scope=READ_UPLOADS,
    answers={200: UploadResult},
    problems=(404, 422),
)
def get_upload(request: ApiRequest, upload_id: Path[UploadId]) -> dict[str, Any]:
    """Its status and, once it has `ended`, its result. An answer has an `ETag`: asked with
    `If-None-Match`, an upload that has not changed is answered 304, without a body."""
    return detail_of(visible_upload(request, upload_id))
