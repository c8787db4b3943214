"""Files that a program stores by itself: it asks for a link first."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Body, Router, Schema
from pydantic import ConfigDict, Field

from imports.intake import receive
from imports.models import Upload
from onboarding.api.bodies import refuse_by_size
from onboarding.api.callers import ApiRequest
from onboarding.api.declared import JSON, operation
from onboarding.api.repeats import PARAMETER as KEY
from onboarding.api.repeats import Answer, digest_of, once
from onboarding.api.uploads import (
    OF_SENDING,
    BaseMode,
    DatasetKey,
    UploadResult,
    dataset_for,
    detail_of,
)
from vendors.access import SEND_UPLOADS

router = Router(tags=["uploads"])


class Announced(Schema):
    model_config = ConfigDict(extra="forbid")

    file_name: str = Field(min_length=1, max_length=150)
    size: int = Field(ge=0, strict=True, description="Bytes.")
    dataset: DatasetKey = "products"
    mode: BaseMode = "create"
    only_check: bool = Field(False, strict=True)


class Put(Schema):
    """Send the file there: these headers, the announced number of bytes, no token."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Prepared(Schema):
    upload: UploadResult
    put: Put


@operation(
    router,
    "POST",
    "/uploads:prepare",
    name="prepare_upload",
    title="Send a large file",
    scope=SEND_UPLOADS,
    is_upload=True,
    takes=JSON,
    answers={201: Prepared},
    problems=OF_SENDING,
    parameters=[KEY],
)
def prepare_upload(request: ApiRequest, asked: Body[Announced]) -> HttpResponse:
    """The answer has a link to our storage. Store the file there with a PUT request; the import
    begins when it has arrived. For files that are too large for a request, and for programs that
    do not want to wait."""
    dataset = dataset_for(request, asked.dataset)
    refuse_by_size(dataset, asked.size)

    def start() -> Upload:
        return receive.open_upload(
            vendor=request.auth.token.vendor if dataset.by_vendor else None,
            dataset=dataset.key,
            mode=asked.mode,
            only_check=asked.only_check,
            file_name=asked.file_name,
            size=asked.size,
            by=request.auth.person,
        )

    return once(request, start=start, finish=prepared, digest=digest_of(asked))


def prepared(upload: Upload) -> Answer:
    life = timedelta(minutes=settings.NEVER_ARRIVED_MINUTES)
    link = receive.link_to_store(upload, seconds=int(life.total_seconds()))
    value: dict[str, Any] = {
        "upload": detail_of(upload),
        "put": {
            "method": "PUT",
            "url": link.url,
            "headers": link.headers,
            "expires_at": now() + life,
        },
    }
    return Answer.of(201, Prepared, value, created=upload.upload_id)
