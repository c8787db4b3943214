"""What SES reports about sent emails.

The emulator publishes bounces and complaints of Amazon's test addresses, in the format of an
identity's notifications. It publishes no events of a configuration set: those here are messages as
Amazon documents them, shortened.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User

from config import aws
from imports import actions
from imports.execution.lease import Fenced
from imports.models import Alarm, Notification, Upload
from imports.notifications import due_mail, mail_events
from imports.notifications.mail_events import event_of, read_mail_events
from tests.conftest import drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
State = Notification.State
Bounce = Notification.Bounce


@pytest.fixture(autouse=True)
def no_old_events() -> None:
    aws.client("sqs").purge_queue(QueueUrl=project.MAIL_EVENTS_QUEUE_URL)


@pytest.fixture
def mail(run_upload: Run) -> Notification:
    """An email that SES has accepted."""
    run_upload([good_row(1)])
    sent = Notification.objects.get()
    sent.message_id = "0102018f-accepted"
    sent.save()
    return sent


def event(
    kind: str,
    message_id: str = "0102018f-accepted",
    *,
    about: Notification | None = None,
    age: timedelta = timedelta(),
    **details: Any,
) -> str:
    """An event of the configuration set."""
    tags = {"ses:configuration-set": ["onboarding"], "ses:caller-identity": ["mail"]}
    if about is not None:
        tags |= {"notification": [str(about.pk)], "series": [str(about.series)]}
    sent_at = datetime.now(UTC) - age
    said = {
        "eventType": kind,
        "mail": {
            "timestamp": f"{sent_at:%Y-%m-%dT%H:%M:%S.000}Z",
            "source": "onboarding@techmart.example",
            "sourceArn": "arn:aws:ses:eu-central-1:111122223333:identity/techmart.example",
            "sendingAccountId": "111122223333",
            "messageId": message_id,
            "destination": ["imports@clicky.example"],
            "headersTruncated": False,
            "headers": [{"name": "X-Upload-ID", "value": "UPLOAD_…"}],
            "commonHeaders": {"to": ["imports@clicky.example"]},
            "tags": tags,
        },
        kind.lower(): details,
    }
    return json.dumps(said)


def bounce(of: str = "Permanent", sub: str = "General") -> dict[str, Any]:
    return {
        "feedbackId": "0102018f-feedback",
        "bounceType": of,
        "bounceSubType": sub,
        "bouncedRecipients": [
            {
                "emailAddress": "imports@clicky.example",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": "2026-11-21T16:00:00.000Z",
        "reportingMTA": "dsn; a7-31.smtp-out.eu-central-1.amazonses.com",
    }


def publish(*bodies: str) -> None:
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=project.MAIL_EVENTS_QUEUE_URL, MessageBody=body)


def left() -> int:
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=project.MAIL_EVENTS_QUEUE_URL, AttributeNames=["All"]
    )
    return sum(
        int(answer["Attributes"][f"ApproximateNumberOfMessages{state}"])
        for state in ("", "NotVisible")
    )


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("Permanent", Bounce.PERMANENT),
        ("Transient", Bounce.TRANSIENT),
        ("Undetermined", Bounce.TRANSIENT),
    ],
)
def test_a_bounce(mail: Notification, of: str, expected: Bounce) -> None:
    publish(event("Bounce", **bounce(of)))
    assert read_mail_events() == 1
    mail.refresh_from_db()
    assert (mail.state, mail.bounce) == (State.BOUNCED, expected)
    assert "550 5.1.1 user unknown" in mail.last_error
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject) == (Alarm.Kind.BOUNCED_MAIL, mail.upload_id)
    assert left() == 0


def test_a_complaint(mail: Notification) -> None:
    publish(event("Complaint", complaintFeedbackType="abuse"))
    read_mail_events()
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (State.COMPLAINED, "Marked as spam: abuse")
    assert Alarm.objects.get().kind == Alarm.Kind.BOUNCED_MAIL


def test_a_rejection_after_the_acceptance(mail: Notification) -> None:
    """SES found a virus."""
    publish(event("Reject", reason="Bad content"))
    read_mail_events()
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (State.FAILED, "SES rejected it: Bad content")
    assert Alarm.objects.get().kind == Alarm.Kind.UNSENT_MAIL


def test_the_same_event_again_changes_nothing(mail: Notification) -> None:
    said = event("Bounce", **bounce())
    publish(said)
    read_mail_events()
    Alarm.objects.all().delete()  # staff have seen it
    publish(said, event("Send"))
    assert read_mail_events() == 2
    mail.refresh_from_db()
    assert mail.state == State.BOUNCED
    assert not Alarm.objects.exists()


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING, State.UNKNOWN, State.FAILED])
def test_a_lost_answer_is_found_again(mail: Notification, state: State) -> None:
    """SES accepted the email, and its answer did not arrive: no second email is sent."""
    Notification.objects.update(
        state=state, message_id="", sent_at=None, next_attempt_at=datetime.now(UTC)
    )
    publish(event("Send", "0102018f-lost", about=mail))
    read_mail_events()
    mail.refresh_from_db()
    assert (mail.state, mail.message_id) == (State.SENT, "0102018f-lost")
    assert due_mail.claim() is None


def test_the_worker_that_is_still_waiting_is_fenced_out(mail: Notification) -> None:
    Notification.objects.update(
        state=State.PENDING, message_id="", next_attempt_at=datetime.now(UTC)
    )
    waiting = due_mail.claim()
    assert waiting is not None
    publish(event("Bounce", "0102018f-fast", about=mail, **bounce()))
    read_mail_events()
    with pytest.raises(Fenced):
        due_mail.attempt(waiting)
    mail.refresh_from_db()
    assert mail.state == State.BOUNCED


def test_a_late_bounce_of_an_earlier_series_is_ignored(mail: Notification, admin: User) -> None:
    late = event("Bounce", about=mail, age=timedelta(hours=1), **bounce())
    actions.send_mail_again(mail.pk, by=admin)
    publish(late)
    assert read_mail_events() == 1
    drive()
    mail.refresh_from_db()
    assert mail.state == State.SENT
    assert not Alarm.objects.exists()


def test_an_event_that_is_faster_than_the_worker_is_kept(mail: Notification) -> None:
    publish(event("Bounce", "0102018f-not-yet", **bounce()))
    assert read_mail_events() == 0
    assert left() == 1


def test_an_event_about_an_unknown_email_is_dropped(mail: Notification) -> None:
    publish(event("Bounce", "0102018f-other", age=timedelta(minutes=6), **bounce()))
    assert read_mail_events() == 1
    assert left() == 0


@pytest.mark.parametrize(
    "body",
    [
        *("", "x", "[]", "{}", '"text"', '{"mail": 1}'),
        '{"eventType": "Bounce", "mail": {"messageId": "m", "timestamp": "today"}}',
        '{"eventType": "Bounce", "mail": {"messageId": "m", "timestamp": "2026-11-21T16:00:00Z"}}',
    ],
)
def test_what_is_no_event_waits_for_the_dead_letter_queue(mail: Notification, body: str) -> None:
    publish(body or " ", event("Bounce", **bounce()))
    assert read_mail_events() == 1
    assert left() == 1
    mail.refresh_from_db()
    assert mail.state == State.BOUNCED


def test_an_event_that_cannot_be_applied_stops_no_other(
    mail: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mail_events.apply

    def apply(event: mail_events.MailEvent) -> None:
        if event.kind == "Send":
            raise ValueError("a bug")
        real(event)

    monkeypatch.setattr(mail_events, "apply", apply)
    publish(event("Send"), event("Bounce", **bounce()))
    assert read_mail_events() == 1
    mail.refresh_from_db()
    assert mail.state == State.BOUNCED


def test_no_byte_of_an_event_reaches_postgresql_as_nul() -> None:
    said = bounce()
    said["bouncedRecipients"][0]["diagnosticCode"] = "550\0no"
    assert "\0" not in event_of(event("Bounce", **said)).reason


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("bounce@simulator.amazonses.com", State.BOUNCED),
        ("suppressionlist@simulator.amazonses.com", State.BOUNCED),
        ("complaint@simulator.amazonses.com", State.COMPLAINED),
        ("success@simulator.amazonses.com", State.SENT),
    ],
)
def test_what_the_emulator_reports_comes_back(
    run_upload: Run, vendor_a: Vendor, settings: Any, address: str, state: State
) -> None:
    """From SES through topic and queue, as on AWS."""
    settings.EMAIL_BACKEND = "django_ses.SESBackend"
    vendor_a.contact_email = address
    vendor_a.save()
    upload = run_upload([good_row(1)])
    mail = Notification.objects.get(upload=upload)
    assert (mail.state, bool(mail.message_id)) == (State.SENT, True)
    read_mail_events()
    mail.refresh_from_db()
    assert mail.state == state
    assert upload.notified_at is not None
