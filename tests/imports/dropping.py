"""Files that other programs drop into the bucket."""

import json
from typing import Any

from django.conf import settings

from imports.intake.receive import Arrival, object_arrived
from imports.models import Upload
from imports.storage import s3
from tests.conftest import drive


def dropped(key: str, body: bytes | str, *, mode: str = "") -> Upload:
    """The upload of a new object with this key; its event has arrived, and nothing else is done.
    The object states the mode, if there is one."""
    data = body.encode() if isinstance(body, str) else body
    stated = {s3.MODE: mode} if mode else {}
    stored = s3.client().put_object(Bucket=settings.S3_BUCKET, Key=key, Body=data, Metadata=stated)
    arrival = Arrival(settings.S3_BUCKET, key, stored["VersionId"], len(data))
    upload = object_arrived(arrival)
    assert upload is not None
    return upload


def imported(key: str, body: bytes | str) -> Upload:
    """The same, after all steps."""
    upload = dropped(key, body)
    drive()
    upload.refresh_from_db()
    return upload


def as_json(items: Any) -> str:
    return json.dumps(items, ensure_ascii=False)
