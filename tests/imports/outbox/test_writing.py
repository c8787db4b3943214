"""Writing answers: what happens when the bucket does not take one, or a worker is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from django.conf import settings as project
from django.utils.timezone import now

from imports import actions, tasks
from imports.execution.lease import Fenced
from imports.maintenance.deliveries import resume_mail
from imports.models import Alarm, Notification, OutboxFile, Upload
from imports.models.outbox_file import KEPT_FOR
from imports.outbox import writing
from imports.storage import s3
from tests.conftest import arrived, drive, import_due, send_due
from tests.product_files import good_row
from vendors.models import Vendor

State = OutboxFile.State
Answers = Callable[..., list[str]]
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "PutObject")
AWAY = EndpointConnectionError(endpoint_url="http://s3")


@pytest.fixture
def result(vendor_a: Vendor, categories: list[str]) -> OutboxFile:
    """The result of an upload that is done, not written yet."""
    upload = arrived([good_row(1), good_row(2, price="x")], vendor=vendor_a)
    send_due()
    import_due()
    return OutboxFile.objects.get(upload_id=upload.upload_id, kind="result")


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Answers:
    """Has requests that write to the outbox answered as the test says, first of all; returns their
    keys."""
    settings.RETRY_BASE_SECONDS = 0
    client: Any = BaseClient
    ask = client._make_api_call

    def answering(*answers: Exception | Callable[[], None]) -> list[str]:
        left, asked = list(answers), list[str]()

        def call(self: Any, operation: str, said: dict[str, Any]) -> Any:
            if str(said.get("Key", "")).startswith("outbox/"):
                asked.append(said["Key"])
                answer = left.pop(0) if left else lambda: None
                if isinstance(answer, Exception):
                    raise answer
                answer()
            return ask(self, operation, said)

        monkeypatch.setattr(client, "_make_api_call", call)
        return asked

    return answering


def versions(file: OutboxFile) -> list[bytes]:
    found = s3.list_versions(project.S3_BUCKET, file.key)
    return [
        s3.get_version(project.S3_BUCKET, file.key, each.version)["Body"].read() for each in found
    ]


def due_now() -> None:
    OutboxFile.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=now())


def test_an_upload_ends_before_its_answer_is_written(result: OutboxFile) -> None:
    upload = result.upload
    assert (upload.status, upload.step) == ("partial", "done")
    assert (result.state, result.attempts, result.lacks_files) == (State.PENDING, 0, True)
    assert not versions(result)


def test_the_hint_about_emails_has_answers_written_first(
    result: OutboxFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(
        "imports.notifications.due_mail.send_next",
        lambda: written.extend(OutboxFile.objects.values_list("state", flat=True)),
    )
    tasks.send_mail()
    assert written == [State.WRITTEN, State.WRITTEN]


@pytest.mark.parametrize("errors", [[AWAY], [DENIED], [AWAY, DENIED, AWAY, DENIED, AWAY]], ids=len)
def test_a_bucket_that_fails_gets_the_answer_later(
    result: OutboxFile, outbox: Answers, errors: list[Exception]
) -> None:
    asked = outbox(*errors)
    drive()
    result.refresh_from_db()
    assert (result.state, result.attempts) == (State.WRITTEN, 1 + len(errors))
    assert (result.last_error, result.next_attempt_at) == ("", None)
    assert asked[-1] == result.key
    assert versions(result) == [result.content.encode()]
    assert not Alarm.objects.exists()


def test_an_email_does_not_wait_for_the_bucket(result: OutboxFile, outbox: Answers) -> None:
    outbox(*[AWAY] * 3)
    tasks.send_mail()
    assert Notification.objects.get().state == "sent"
    result.refresh_from_db()
    assert result.state == State.PENDING


def test_staff_hear_of_a_bucket_that_takes_no_answers_and_they_are_written_once_it_does(
    result: OutboxFile, outbox: Answers, settings: Any
) -> None:
    outbox(*[DENIED] * settings.MAX_ATTEMPTS)
    drive()
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject) == (
        "unwritten_answer",
        f"s3://{settings.S3_BUCKET}/outbox/",
    )
    assert "AccessDenied" in alarm.detail
    result.refresh_from_db()
    assert (result.state, result.attempts) == (State.WRITTEN, settings.MAX_ATTEMPTS + 1)


def test_it_is_tried_for_as_long_as_it_would_be_kept(result: OutboxFile, outbox: Answers) -> None:
    assert result.tried_until is not None
    assert abs(result.tried_until - result.created_at - KEPT_FOR) < timedelta(seconds=1)
    asked = outbox(AWAY)
    writing.write_next()
    OutboxFile.objects.update(tried_until=now() - timedelta(seconds=1))
    drive()
    result.refresh_from_db()
    assert (result.state, result.next_attempt_at) == (State.FAILED, None)
    assert len(asked) == 1
    assert "EndpointConnectionError" in result.last_error


def test_an_answer_of_a_killed_worker_is_written(result: OutboxFile) -> None:
    assert writing.claim() is not None
    assert writing.claim() is None  # no other worker writes it at the same time
    due_now()
    drive()
    result.refresh_from_db()
    assert (result.state, result.attempts) == (State.WRITTEN, 2)


@pytest.mark.parametrize("was_put", [True, False])
def test_a_worker_believed_dead_changes_nothing(
    result: OutboxFile, outbox: Answers, was_put: bool
) -> None:
    """It wakes up before or after its PUT: there is one more version, of the same bytes."""
    late = writing.claim()
    assert late is not None

    def another_worker_takes_over() -> None:
        due_now()
        drive()

    outbox(*[lambda: None] * (2 if was_put else 0), another_worker_takes_over)
    with pytest.raises(Fenced):
        writing.write(late)
    result.refresh_from_db()
    assert (result.state, result.attempts) == (State.WRITTEN, 2)
    assert set(versions(result)) == {result.content.encode()}
    assert len(versions(result)) == (2 if was_put else 1)
    stored = s3.list_versions(project.S3_BUCKET, result.key)
    assert result.version in {each.version for each in stored}


def test_a_worker_believed_dead_names_no_rows_that_another_has_not(
    result: OutboxFile, outbox: Answers
) -> None:
    """It had stored the rows to fix; then the next run began, and another worker took over."""
    late = writing.claim()
    assert late is not None

    def next_run() -> None:
        actions.retry(result.upload_id, by=None)
        due_now()
        send_due()

    asked = outbox(lambda: None, next_run)
    with pytest.raises(Fenced):
        writing.write(late)
    result.refresh_from_db()
    assert '"rows_to_fix": null' in result.content
    assert versions(result) == [result.content.encode()]
    assert asked[-1] == result.key


def test_a_failure_of_a_worker_believed_dead_is_not_recorded(
    result: OutboxFile, outbox: Answers
) -> None:
    def another_worker_takes_over_and_then_it_fails() -> None:
        due_now()
        send_due()
        raise AWAY

    outbox(another_worker_takes_over_and_then_it_fails)
    assert not writing.write_next()
    result.refresh_from_db()
    assert (result.state, result.last_error) == (State.WRITTEN, "")


def test_a_report_that_was_deleted_is_not_named(result: OutboxFile) -> None:
    s3.delete_version(project.S3_BUCKET, result.report_key, result.report_version)
    drive()
    result.refresh_from_db()
    assert result.state == State.WRITTEN
    assert '"error_report": null' in result.content
    assert ".run1.rows_to_fix.csv" in result.content


def test_an_answer_goes_with_its_upload(result: OutboxFile) -> None:
    file = writing.claim()
    assert file is not None
    Upload.objects.all().delete()
    with pytest.raises((Fenced, Upload.DoesNotExist)):
        writing.write(file)
    assert not OutboxFile.objects.exists()


def test_the_sweep_hints_each_due_answer_once(
    result: OutboxFile, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.HINT_GRACE_SECONDS = 0
    sent: list[bool] = []
    ages: list[float] = []

    def hint() -> bool:
        sent.append(True)
        return True

    monkeypatch.setattr("imports.maintenance.deliveries.send_mail_hint", hint)
    monkeypatch.setattr("imports.maintenance.missing_hints.messages_in", lambda *_, **__: 0)
    monkeypatch.setattr(
        "imports.monitoring.metrics.queue_age", lambda **said: ages.append(said["oldest_seconds"])
    )
    Notification.objects.update(next_attempt_at=None)
    OutboxFile.objects.update(created_at=now() - timedelta(minutes=5))
    assert resume_mail() == len(sent) == 1
    assert ages[0] >= 300
    drive()
    assert resume_mail() == 0
    assert ages[1] == 0
