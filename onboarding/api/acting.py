"""What a program can do to an upload: the same as its person on the portal."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from ninja import Body, Path, Router, Schema
from pydantic import Field

from imports import actions
from imports.models import Upload
from imports.review import deciding
from onboarding.api.callers import ApiRequest
from onboarding.api.declared import JSON, UploadId, operation
from onboarding.api.problems import Problem
from onboarding.api.repeats import PARAMETER as KEY
from onboarding.api.repeats import Answer, once
from onboarding.api.uploads import UploadResult, detail_of, visible_upload
from vendors.access import SEND_UPLOADS

router = Router(tags=["uploads"])
PROBLEMS = (404, 409, 422)
OF_BODIES = (411, 413, 415)


def acted(
    request: ApiRequest,
    upload_id: str,
    action: Callable[..., Upload],
    *,
    status: int = 200,
    digest: str = "",
) -> HttpResponse:
    """The answer after an action to an upload; 201 if that is another upload. Raises Problem."""
    visible_upload(request, upload_id)

    def start() -> Upload:
        try:
            return action(upload_id, by=request.auth.person)
        except actions.NotPossible as error:
            raise Problem("NOT_POSSIBLE", str(error)) from error

    def finish(upload: Upload) -> Answer:
        upload.refresh_from_db()
        created = upload.upload_id if status == 201 else ""
        return Answer.of(status, UploadResult, detail_of(upload), created=created)

    return once(request, start=start, finish=finish, digest=digest)


def can(
    name: str, title: str, *, is_upload: bool = True, status: int = 200, takes: Sequence[str] = ()
) -> Callable[..., Any]:
    """Declare an action."""
    return operation(
        router,
        "POST",
        f"/uploads/{{upload_id}}/{name}",
        name=f"{name}_upload",
        title=title,
        scope=SEND_UPLOADS,
        is_upload=is_upload,
        takes=takes,
        answers={status: UploadResult},
        problems=(*PROBLEMS, *(OF_BODIES if takes else ())),
        parameters=[KEY],
    )


@can("cancel", "Cancel an upload", is_upload=False)
def cancel(request: ApiRequest, upload_id: Path[UploadId]) -> HttpResponse:
    """Stop the import. Imported rows stay, and the rest of the file is not read."""
    return acted(request, upload_id, actions.cancel)


@can("retry", "Retry an upload")
def retry(request: ApiRequest, upload_id: Path[UploadId]) -> HttpResponse:
    """Process the same file again from the beginning, for example after a category was approved.
    Imported rows stay as they are."""
    return acted(request, upload_id, actions.retry)


@can("import", "Import a checked file")
def import_checked(request: ApiRequest, upload_id: Path[UploadId]) -> HttpResponse:
    """Import the file of a check, without sending it again."""
    return acted(request, upload_id, actions.import_checked)


class Releasing(Schema):
    count: int = Field(
        ge=0,
        le=100_000_000,
        description="How many records the import changes, so that it is not by mistake: created, "
        "updated and deactivated ones, as the upload says.",
    )


@can("release", "Release an upload", takes=JSON)
def release(request: ApiRequest, upload_id: Path[UploadId], asked: Body[Releasing]) -> HttpResponse:
    """Import an upload that is `held` because it is not plausible, after a person has looked at it.
    One that waits for our staff is not possible."""
    run = visible_upload(request, upload_id).run

    def start(upload_id: str, *, by: User) -> Upload:
        access = request.auth.access
        return deciding.release(upload_id, run=run, access=access, by=by, count=asked.count)

    return acted(request, upload_id, start, digest=str(asked.count))


@can("undo", "Undo an upload", status=201)
def undo(request: ApiRequest, upload_id: Path[UploadId]) -> HttpResponse:
    """Take back what the upload has changed, as far as nothing else has changed it since. The
    answer is the upload that does this."""
    return acted(request, upload_id, actions.undo, status=201)
