"""Emails that are due: what happens to one when SES does not accept it, or does not answer."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from django.contrib.auth.models import User
from django.utils.timezone import now

from imports import actions, pipeline
from imports.execution.lease import Fenced
from imports.maintenance.deliveries import resume_mail
from imports.models import Action, Alarm, Notification, Upload
from imports.notifications import due_mail
from tests.conftest import answer_due, arrived, drive, import_due
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
State = Notification.State


class Ses:
    """Replaces the call to SES and answers as the test says; `asked` counts the calls, and `sent`
    is the last message."""

    sent = b""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, arguments: Any) -> dict[str, Any]:
        self.asked += 1
        self.sent = arguments["RawMessage"]["Data"]
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return {"MessageId": f"message-{self.asked}", "ResponseMetadata": {"RequestId": "r"}}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "SendRawEmail")


TIMED_OUT = ReadTimeoutError(endpoint_url="http://ses")
LOST = ConnectionClosedError(endpoint_url="http://ses")
NOT_THERE = EndpointConnectionError(endpoint_url="http://ses")


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., Ses]:
    settings.EMAIL_BACKEND = "django_ses.SESBackend"
    settings.RETRY_BASE_SECONDS = 0

    def answering(*answers: Exception | None) -> Ses:
        fake = Ses(*answers)
        monkeypatch.setattr("botocore.client.BaseClient._make_api_call", only_ses(fake))
        return fake

    return answering


def only_ses(fake: Ses) -> Callable[..., Any]:
    real = boto3.client("ses", region_name="eu-central-1").__class__._make_api_call

    def call(self: Any, operation: str, arguments: Any) -> Any:
        return fake(arguments) if operation == "SendRawEmail" else real(self, operation, arguments)

    return call


@pytest.fixture
def queued(vendor_a: Vendor, categories: list[str]) -> Notification:
    """The email of an upload that is done."""
    arrived([good_row(1)], vendor=vendor_a)
    import_due()
    answer_due()
    return Notification.objects.get()


def test_an_upload_ends_before_its_email_is_sent(queued: Notification) -> None:
    upload = queued.upload
    assert (upload.status, upload.step, upload.notified_at) == ("completed", "done", None)
    assert (queued.state, queued.attempts) == (State.PENDING, 0)
    drive()
    queued.refresh_from_db()
    upload.refresh_from_db()
    assert queued.state == State.SENT
    assert queued.next_attempt_at is None
    assert upload.notified_at is not None


def test_ses_is_asked_to_report_what_becomes_of_an_email(
    run_upload: Run, ses: Callable[..., Ses], settings: Any
) -> None:
    asked = ses()
    run_upload([good_row(1)])
    message = message_from_bytes(asked.sent)
    assert message["X-SES-CONFIGURATION-SET"] == settings.MAIL_CONFIGURATION_SET != ""
    mail = Notification.objects.get()
    assert message["X-SES-MESSAGE-TAGS"] == f"notification={mail.pk}, series={mail.series}"


def test_the_id_that_ses_gives_is_kept(run_upload: Run, ses: Callable[..., Ses]) -> None:
    ses()
    run_upload([good_row(1)])
    assert Notification.objects.get().message_id == "message-1"


@pytest.mark.parametrize(
    "error",
    [
        *(refused("Throttling"), refused("LimitExceededException"), refused("InternalFailure")),
        *(TIMED_OUT, NOT_THERE, NoCredentialsError(), OSError("no route to host")),
    ],
    ids=str,
)
def test_a_day_of_attempts_and_one_alarm(
    run_upload: Run, ses: Callable[..., Ses], settings: Any, error: Exception
) -> None:
    """Formerly an email was given up after two timeouts, and after 18 minutes of throttling."""
    fake = ses(*[error] * 60)
    settings.RETRY_BASE_SECONDS = 2
    began = now()
    run_upload([good_row(1)])
    mail = Notification.objects.get()
    pauses: list[timedelta] = []
    while mail.is_unsent:
        assert mail.next_attempt_at is not None
        pauses.append(mail.next_attempt_at - now())
        # Time passes: the attempt is due, and the end of all attempts is as much nearer.
        assert mail.tried_until is not None
        mail.tried_until -= mail.next_attempt_at - now()
        mail.next_attempt_at = now()
        mail.save()
        drive()
        mail.refresh_from_db()
    waited = sum(pauses, timedelta())
    took = now() - began  # what the attempts themselves take is part of the day
    assert timedelta(days=1) - took <= waited <= timedelta(days=1, hours=3)
    assert max(pauses) <= timedelta(seconds=settings.MAIL_RETRY_MAX_SECONDS)
    assert fake.asked == len(pauses) + 1 == mail.attempts < 60
    assert mail.state == (State.UNKNOWN if error is TIMED_OUT else State.FAILED)
    assert mail.next_attempt_at is None
    assert Alarm.objects.get().kind == Alarm.Kind.UNSENT_MAIL


def test_a_throttled_email_is_sent_later(run_upload: Run, ses: Callable[..., Ses]) -> None:
    fake = ses(refused("Throttling"), refused("Throttling"))
    run_upload([good_row(1)])
    assert (fake.asked, Notification.objects.get().state) == (3, State.SENT)
    assert Notification.objects.get().last_error == ""


def test_a_rejected_email_is_given_up_at_once(run_upload: Run, ses: Callable[..., Ses]) -> None:
    fake = ses(refused("MessageRejected"))
    upload = run_upload([good_row(1)])
    assert (fake.asked, upload.status, upload.step) == (1, "completed", "done")
    assert Notification.objects.get().state == State.FAILED
    assert Alarm.objects.get().kind == Alarm.Kind.UNSENT_MAIL


def test_a_lost_answer_leads_to_one_more_email_and_no_third(
    run_upload: Run, ses: Callable[..., Ses]
) -> None:
    fake = ses(LOST, LOST, LOST)
    run_upload([good_row(1)])
    assert (fake.asked, Notification.objects.get().state) == (2, State.UNKNOWN)
    assert Alarm.objects.get().kind == Alarm.Kind.UNSENT_MAIL


def test_an_email_that_cannot_even_be_made_ends_too(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("no such address")

    monkeypatch.setattr("imports.notifications.sending.EmailMultiAlternatives.send", broken)
    run_upload([good_row(1)])
    assert Notification.objects.get().state == State.FAILED
    assert Alarm.objects.get().kind == Alarm.Kind.UNSENT_MAIL


def test_an_email_of_a_killed_worker_is_sent_again(queued: Notification) -> None:
    assert due_mail.claim() is not None
    assert due_mail.claim() is None  # no other worker sends it at the same time
    Notification.objects.update(next_attempt_at=now())
    drive()
    queued.refresh_from_db()
    assert (queued.state, queued.attempts) == (State.SENT, 2)


def test_an_email_that_kills_every_worker_has_an_end(queued: Notification) -> None:
    assert due_mail.claim() is not None
    Notification.objects.update(next_attempt_at=now(), tried_until=now() - timedelta(seconds=1))
    assert due_mail.claim() is None
    queued.refresh_from_db()
    assert (queued.state, queued.attempts) == (State.UNKNOWN, 1)
    assert Alarm.objects.get().kind == Alarm.Kind.UNSENT_MAIL


@pytest.mark.parametrize(
    "answer", [None, LOST, refused("Throttling"), refused("MessageRejected")], ids=str
)
def test_a_worker_believed_dead_changes_nothing(
    queued: Notification, ses: Callable[..., Ses], answer: Exception | None
) -> None:
    ses(answer)
    late = due_mail.claim()
    assert late is not None
    Notification.objects.update(next_attempt_at=now())
    newer = due_mail.claim()
    assert newer is not None
    with pytest.raises(Fenced):
        due_mail.attempt(late)
    queued.refresh_from_db()
    assert (queued.state, queued.token) == (State.SENDING, newer.token)
    assert not Alarm.objects.exists()


def test_emails_left_by_an_earlier_version_are_taken_over(
    vendor_a: Vendor, categories: list[str], settings: Any
) -> None:
    """Its worker marked an email as `sending` and was killed."""
    settings.SLICE_SECONDS = 0  # each step is a slice of its own
    upload = arrived([good_row(1)], vendor=vendor_a)
    while upload.step != Upload.Step.NOTIFY:
        pipeline.advance()
        upload.refresh_from_db()
    assert not Notification.objects.filter(next_attempt_at__isnull=False).exists()
    Notification.objects.update(state=State.SENDING, attempts=1)
    drive()
    assert Notification.objects.get().state == State.SENT


def test_the_sweep_hints_each_due_email_once(
    queued: Notification, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    sent: list[None] = []
    settings.HINT_GRACE_SECONDS = 0

    def hint() -> bool:
        sent.append(None)
        return True

    monkeypatch.setattr("imports.maintenance.deliveries.send_mail_hint", hint)
    monkeypatch.setattr("imports.maintenance.missing_hints.messages_in", lambda *_, **__: 0)
    assert resume_mail() == len(sent) == 1
    monkeypatch.setattr("imports.maintenance.missing_hints.messages_in", lambda *_, **__: 1)
    assert resume_mail() == 0
    drive()
    monkeypatch.setattr("imports.maintenance.missing_hints.messages_in", lambda *_, **__: 0)
    assert resume_mail() == 0


class TestSendAgain:
    def test_a_new_series_to_the_address_of_today(
        self, run_upload: Run, ses: Callable[..., Ses], vendor_a: Vendor, admin: User
    ) -> None:
        ses(refused("MessageRejected"))
        upload = run_upload([good_row(1)])
        mail = Notification.objects.get()
        assert (mail.state, mail.to) == (State.FAILED, "imports@clicky.example")
        vendor_a.contact_email = "new@clicky.example"
        vendor_a.save()

        actions.send_mail_again(mail.pk, by=admin)

        drive()
        mail.refresh_from_db()
        assert (mail.state, mail.to) == (State.SENT, "new@clicky.example")
        assert (mail.series, mail.attempts, mail.last_error) == (2, 1, "")
        done = Action.objects.get(upload=upload, kind=Action.Kind.RESEND)
        assert (done.by, done.run) == (admin, 1)

    def test_not_while_it_is_being_sent(self, queued: Notification, admin: User) -> None:
        with pytest.raises(actions.NotPossible, match="still being sent"):
            actions.send_mail_again(queued.pk, by=admin)

    def test_not_to_a_person_who_marked_it_as_spam(self, run_upload: Run, admin: User) -> None:
        run_upload([good_row(1)])
        Notification.objects.update(state=State.COMPLAINED)
        with pytest.raises(actions.NotPossible, match="spam"):
            actions.send_mail_again(Notification.objects.get().pk, by=admin)

    def test_not_after_its_text_was_erased(self, run_upload: Run, admin: User) -> None:
        run_upload([good_row(1)])
        Upload.objects.update(erased_at=now())
        with pytest.raises(actions.NotPossible, match="deleted"):
            actions.send_mail_again(Notification.objects.get().pk, by=admin)
