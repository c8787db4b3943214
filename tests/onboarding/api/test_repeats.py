"""A request that is repeated with its `Idempotency-Key` changes something once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from botocore.exceptions import EndpointConnectionError
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now

from imports.intake import receive
from imports.models import Upload
from imports.storage import s3
from onboarding.api import repeats
from tests.conftest import drive, event_arrives
from tests.onboarding.api.conftest import MakeToken, Program
from tests.onboarding.conftest import make_upload
from tests.product_files import good_row
from vendors.models import ApiToken, IdempotencyKey, Vendor
from vendors.old_logins import forget_old_logins

KEY = {"Idempotency-Key": "nightly-1"}


@contextmanager
def storage_is_away(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The connection to S3 is refused, as the SDK reports it."""

    def refused(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    with patch.context() as patched:
        patched.setattr(s3, "put_new", refused)
        yield


def test_the_answer_is_repeated_and_there_is_one_upload(program: Program) -> None:
    first, again = program.send(key="a"), program.send(key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Upload.objects.count() == 1
    other = program.send(key="b")
    assert other.json()["upload_id"] != first.json()["upload_id"]


def test_a_key_belongs_to_one_request_of_one_token(
    program: Program, program_of: MakeToken, bob: User
) -> None:
    program.send(key="a")
    for answer in (
        program.send(rows=3, key="a"),
        program.send(query="?mode=update", key="a"),
        program.post(
            "/uploads:prepare", {"file_name": "a.csv", "size": 1}, headers={"Idempotency-Key": "a"}
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "KEY_REUSED")
    assert program_of(bob).send(key="a").status_code == 201
    assert Upload.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "käse", "a\tb", "a b"])
def test_an_odd_key_is_refused(program: Program, key: str) -> None:
    answer = program.post("/uploads", b"sku\nA\n", headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    assert answer.json()["errors"][0]["pointer"] == "header/Idempotency-Key"


def test_while_the_first_request_is_in_progress_the_second_waits(
    program: Program, alice: User
) -> None:
    token = ApiToken.objects.get()
    with repeats.held(token, "a"):
        pass  # given back
    other = psycopg2.connect(connection_address())
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock_of(token, "a")])
        answer = program.send(key="a")
        assert (answer.status_code, answer.json()["code"]) == (409, "IN_PROGRESS")
        assert answer["Retry-After"] == "1"
        assert not Upload.objects.exists()
    finally:
        other.close()  # as when its process dies
    assert program.send(key="a").status_code == 201


def connection_address() -> str:
    known = connection.get_connection_params()
    return " ".join(f"{name}={known[name]}" for name in ("dbname", "user", "host", "port"))


def lock_of(token: ApiToken, key: str) -> int:
    found: list[Any] = []
    ask = repeats.asked_of_database

    def noted(statement: str, lock: int) -> bool:
        found.append(lock)
        return ask(statement, lock)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "asked_of_database", noted)
        with repeats.held(token, key):
            pass
    return int(found[0])


def test_a_file_that_could_not_be_stored_is_stored_by_the_next_request(
    program: Program, categories: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage_is_away(monkeypatch):
        first = program.send(key="a")
    assert (first.status_code, first.json()["code"]) == (503, "STORAGE_UNAVAILABLE")
    assert first["Retry-After"] == "15"
    upload_id = first.json()["upload_id"]
    again = program.send(key="a")
    assert (again.status_code, again.json()["upload_id"]) == (201, upload_id)
    event_arrives(Upload.objects.get())
    drive()
    assert Upload.objects.get().status == "completed"


def test_what_was_not_possible_may_be_possible_later(
    program: Program, vendor_a: Vendor, alice: User
) -> None:
    upload = make_upload(1, vendor_a, status="processing", step="load", completed_at=None)
    path = f"/uploads/{upload.upload_id}/retry"
    answer = program.post(path, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_POSSIBLE")
    Upload.objects.update(status="partial", step="done", completed_at=now())
    answers = [program.post(path, headers=KEY) for _ in range(2)]
    assert [each.json()["run"] for each in answers] == [2, 2]
    upload.refresh_from_db()
    assert upload.run == 2


def test_a_correction_whose_file_was_lost_is_made_again(
    program: Program, run_upload: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [good_row(1), good_row(2, category="Audiox"), good_row(3, category="Audiox")]
    upload = run_upload(rows, by=alice)
    fixes = {"values": [{"column": "category", "value": "Audiox", "to": "Audio"}]}
    path = f"/uploads/{upload.upload_id}/corrections"
    with storage_is_away(monkeypatch):
        assert program.post(path, fixes, headers=KEY).status_code == 503
    lost = upload.corrections.get()
    again = program.post(path, fixes, headers=KEY)
    assert again.status_code == 201, again.content
    assert (again.json()["sent_rows"], again.json()["left_rows"]) == (2, 0)
    lost.refresh_from_db()
    assert (lost.failure_code, lost.status) == ("NEVER_ARRIVED", "failed")
    event_arrives(Upload.objects.get(pk=again.json()["upload"]["upload_id"]))
    drive()
    assert program.get(f"/uploads/{upload.upload_id}").json()["open_records"] == 0
    assert program.post(path, fixes, headers=KEY)["Idempotency-Replayed"] == "true"


def test_a_key_is_remembered_for_seven_days(program: Program) -> None:
    program.send(key="old")
    program.send(key="new")
    old = now() - timedelta(days=repeats.KEPT_DAYS, minutes=1)
    IdempotencyKey.objects.filter(key="old").update(created_at=old)
    forget_old_logins()
    assert IdempotencyKey.objects.get().key == "new"


def test_what_was_killed_before_the_commit_did_not_happen(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(point: str) -> None:
        if point == "send.before_commit":
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(receive, "failpoint", killed)
        with pytest.raises(Killed):
            program.send(key="a")
    assert not Upload.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert program.send(key="a").status_code == 201
