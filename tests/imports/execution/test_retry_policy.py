"""Which errors are transient, how many attempts they get, and how long we wait between them."""

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions as aws
import pytest
from botocore.parsers import ResponseParserError
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.utils.timezone import now
from urllib3.exceptions import ProtocolError

from imports import failures, pipeline
from imports.destinations.base import KeysTakenMeanwhile
from imports.execution import retry_policy
from imports.execution.lease import Work
from imports.models import Alarm, Upload
from imports.storage.dynamodb import Overloaded
from imports.storage.staging import StagingIncomplete
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor


def answer(status: int, code: str = "Some") -> aws.ClientError:
    said = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws.ClientError(said, "Operation")  # type: ignore[arg-type] # the part that is read


TRANSIENT = [
    OperationalError("server closed the connection unexpectedly"),
    InterfaceError("connection already closed"),
    answer(500),
    answer(503, "SlowDown"),
    answer(429),
    answer(408),
    answer(400, "ThrottlingException"),
    answer(400, "ProvisionedThroughputExceededException"),
    answer(400, "RequestTimeout"),
    answer(403, "ExpiredToken"),
    aws.EndpointConnectionError(endpoint_url="http://x"),
    aws.ConnectTimeoutError(endpoint_url="http://x"),
    aws.ReadTimeoutError(endpoint_url="http://x"),
    aws.ConnectionClosedError(endpoint_url="http://x"),
    aws.ResponseStreamingError(error="x"),
    aws.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    aws.NoCredentialsError(),
    aws.CredentialRetrievalError(provider="x", error_msg="x"),
    ResponseParserError("<html>"),
    ProtocolError("reset"),
    ConnectionResetError(),
    TimeoutError(),
    OSError(28, "No space left on device"),
    MemoryError(),
    StagingIncomplete("x"),
    Overloaded("x"),
    KeysTakenMeanwhile("x"),
]
PERMANENT = [
    TypeError("x"),
    KeyError("x"),
    ValueError("x"),
    AssertionError("x"),
    json.JSONDecodeError("x", "", 0),
    RecursionError("x"),
    IntegrityError("x"),
    DataError("x"),
    ProgrammingError("x"),
    answer(400, "ValidationException"),
    answer(403, "AccessDenied"),
    answer(404, "NoSuchVersion"),
    aws.ParamValidationError(report="x"),
    aws.NoRegionError(),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_a_transient_error_gets_many_attempts(error: Exception) -> None:
    assert retry_policy.is_transient(error)
    assert retry_policy.max_attempts(error) == 8


@pytest.mark.parametrize("error", PERMANENT, ids=repr)
def test_a_permanent_error_gets_a_few_attempts(error: Exception) -> None:
    assert not retry_policy.is_transient(error)
    assert retry_policy.max_attempts(error) == 3


def test_the_backoff_doubles_with_jitter_up_to_a_limit() -> None:
    for attempts in range(1, 60):
        longest = min(300.0, 2.0 * 2 ** (attempts - 1))
        waits = [retry_policy.backoff(attempts) for _ in range(20)]
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(set(waits)) > 1


@pytest.fixture
def failing(vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A stage step that raises whatever is in the list."""
    arrived([good_row(1)], vendor=vendor_a)
    errors: list[Exception] = []

    def stage(work: Work) -> None:
        raise errors[0]

    monkeypatch.setitem(pipeline.STEPS, Upload.Step.STAGE, stage)
    monkeypatch.setattr(failures, "close_old_connections", lambda: None)  # the test's own
    return errors


@pytest.mark.parametrize(
    ("error", "attempts"), [(answer(503), 8), (OperationalError("x"), 8), (TypeError("x"), 3)]
)
def test_every_kind_of_failure_has_an_end_and_an_alarm(
    failing: list[Exception], error: Exception, attempts: int
) -> None:
    failing.append(error)
    for attempt in range(1, attempts + 1):
        assert not Alarm.objects.exists()
        Upload.objects.update(next_attempt_at=now())
        pipeline.advance()
        upload = Upload.objects.get()
        assert upload.attempts == (attempt if attempt < attempts else 0)
    assert (upload.failure_code, upload.step) == ("INTERNAL", "report")
    assert type(error).__name__ in Alarm.objects.get(kind="failed_upload").detail


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("categories")
def test_a_full_disk_inside_copy_gets_many_attempts(vendor_a: Vendor) -> None:
    """psycopg2's own error came out of COPY, and a full disk ended uploads at the third attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER disk_full BEFORE INSERT ON validation_errors "
            "FOR EACH ROW EXECUTE FUNCTION disk_full()"
        )
    try:
        upload = arrived([good_row(1, price="free"), good_row(2)], vendor=vendor_a)
        for attempt in range(1, 8):
            Upload.objects.update(next_attempt_at=now())
            pipeline.advance()
            upload.refresh_from_db()
            assert (upload.attempts, upload.failure_code) == (attempt, "")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION disk_full CASCADE")
    Upload.objects.update(next_attempt_at=now())
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.attempts) == ("partial", 0)


@pytest.mark.django_db(transaction=True)
def test_a_batch_out_of_memory_fails_that_upload(
    run_upload: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.RETRY_BASE_SECONDS = 0

    def too_much(*_: Any, **__: Any) -> None:
        raise MemoryError("cannot allocate")

    monkeypatch.setattr("imports.steps.load.validate", too_much)
    upload = run_upload([good_row(1)])
    assert (upload.status, upload.failure_code) == ("failed", "INTERNAL")
    assert "MemoryError" in Alarm.objects.get(subject=upload.upload_id).detail
