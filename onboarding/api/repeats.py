"""`Idempotency-Key`: a request that is repeated with its key changes something once.

(1) A session's advisory lock keeps a second request with the key out while the first one is in
progress; it ends with the process. (2) The key is recorded in the transaction of the change, so
either both exist or neither. (3) What follows the commit, such as storing the file, can be done
again: a repeated request goes on there if the first one died. (4) The answer is recorded, and
repeated from then on. What was not done is not recorded: it may be possible later.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.urls import reverse
from ninja import Schema
from ninja.responses import NinjaJSONEncoder

from imports.models import Upload
from onboarding.api.callers import ApiRequest
from onboarding.api.problems import Problem
from vendors.models import ApiToken, IdempotencyKey
from vendors.tokens import KEYS_KEPT

T = TypeVar("T", bound=Model)
WELL_FORMED = "[!-~]{1,200}"
KEPT_DAYS = KEYS_KEPT.days
PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": (
        "Any text of your own, different for each request. If the answer was lost, repeat the "
        "request with the same key: it is done once, and the answer says `Idempotency-Replayed`. "
        f"A key is remembered for {KEPT_DAYS} days."
    ),
    "schema": {"type": "string", "pattern": f"^{WELL_FORMED}$"},
}


@dataclass(frozen=True)
class Answer:
    """What a request is answered that has created or changed something."""

    status: int
    body: Mapping[str, Any]
    location: str = ""

    @classmethod
    def of(
        cls,
        status: int,
        schema: type[Schema],
        value: object,
        *,
        created: object = "",
        page: str = "get_upload",
    ) -> "Answer":
        """`value` in the form of `schema`; `created` is the ID of what is new, and `page` the
        operation that reads it."""
        body = schema.model_validate(value).model_dump()
        location = reverse(f"ninja:api_{page}", args=[created]) if created else ""
        return cls(status, json.loads(json.dumps(body, cls=NinjaJSONEncoder)), location)

    def response(self) -> HttpResponse:
        text = json.dumps(self.body, ensure_ascii=False)
        response = HttpResponse(text, status=self.status, content_type="application/json")
        if self.location:
            response["Location"] = self.location
        return response


def find_upload(upload_id: str) -> Any:
    return Upload.objects.get(pk=upload_id)


def once(
    request: ApiRequest,
    *,
    start: Callable[[], T],
    finish: Callable[[T], Answer],
    digest: str = "",
    is_lost: Callable[[T], bool] = lambda _: False,
    find: Callable[[str], T] = find_upload,
    is_secret: bool = False,
) -> HttpResponse:
    """Do `start` in a transaction, and then `finish`, which may be done again, with what `start`
    has made: an upload, if there is no `find`, which finds it by its ID.

    `digest` is that of the body. If `is_lost`, what an earlier request has made cannot be finished,
    and another one takes its place. If `is_secret`, the answer is not stored, but made again.
    Raises Problem, and what `find` raises.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            made = start()
        return finish(made).response()
    if not re.fullmatch(WELL_FORMED, key):
        detail = "must be 1 to 200 ASCII characters, without spaces"
        error = {"pointer": "header/Idempotency-Key", "detail": detail}
        raise Problem("INVALID_REQUEST", errors=[error])
    token = request.auth.token
    asked = fingerprint(request, digest)
    is_repeated = False
    with held(token, key):
        known = IdempotencyKey.objects.filter(token=token, key=key).first()
        if known is None:
            with transaction.atomic():
                made = start()
                known = IdempotencyKey.objects.create(
                    token=token, key=key, fingerprint=asked, upload_id=made.pk
                )
        elif known.fingerprint != asked:
            raise Problem("KEY_REUSED")
        elif known.answer is not None:
            response = Answer(**known.answer).response()
            response["Idempotency-Replayed"] = "true"
            return response
        else:
            made = find(known.upload_id)
            is_repeated = is_secret
            if is_lost(made):
                with transaction.atomic():
                    made = start()
                    known.upload_id = made.pk
                    known.save(update_fields=["upload_id"])
        answer = finish(made)
        if not is_secret:
            stored = {"status": answer.status, "body": answer.body, "location": answer.location}
            known.answer = stored
            known.save(update_fields=["answer"])
    response = answer.response()
    if is_repeated:
        response["Idempotency-Replayed"] = "true"
    return response


def fingerprint(request: ApiRequest, digest: str) -> str:
    """What was asked, so that another request with the key is recognized."""
    asked = [request.method, request.path, sorted(request.GET.lists()), digest]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@contextmanager
def held(token: ApiToken, key: str) -> Iterator[None]:
    """Keep out other requests with the key. Raises Problem if there is one."""
    digest = hashlib.sha256(f"api key {token.pk} {key}".encode()).digest()
    lock = int.from_bytes(digest[:8], "big", signed=True)
    if not asked_of_database("SELECT pg_try_advisory_lock(%s)", lock):
        raise Problem("IN_PROGRESS", headers={"Retry-After": "1"})
    try:
        yield
    finally:
        asked_of_database("SELECT pg_advisory_unlock(%s)", lock)


def asked_of_database(statement: str, lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [lock])
        (is_so,) = cursor.fetchone()
    return bool(is_so)


def digest_of(body: Schema) -> str:
    """Of a body that was read as JSON."""
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()
