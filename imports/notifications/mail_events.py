"""What SES reports about emails it has accepted: bounces, complaints, and that it accepted them.

SES publishes events to a topic, which delivers them to a queue. They arrive late, out of order and
more than once, so each says only what may be applied to the email's state.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from config import aws
from config.logging import about
from imports.models import Alarm, Digest, Notification, PersonMail, Upload
from imports.notifications import alarms

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)
MAX_RECEIVES = 100  # per call, of up to ten messages
KEPT_FOR = timedelta(minutes=5)  # an event may be faster than the worker that records the sending
State = Notification.State
RETURNED = {"Bounce": "Bounced", "Complaint": "Marked as spam", "Reject": "SES rejected it"}


class UnreadableEvent(Exception):
    """Not an event of SES. The message stays in the queue and moves to the dead-letter queue."""


class NotYetKnown(Exception):
    """The event is about no email that we know, and so young that its email may be being sent."""


@dataclass(frozen=True)
class MailEvent:
    """`notification` and `series` are our tags: 0 in events of a version without them."""

    kind: str  # Send, Bounce, Complaint, Reject
    message_id: str
    sent_at: datetime
    notification: int
    series: int
    bounce: Notification.Bounce | None = None
    reason: str = ""


def read_mail_events() -> int:
    """Apply all waiting events. Returns their number. Raises database and botocore errors."""
    sqs: SQSClient = aws.client("sqs")
    applied = 0
    for _ in range(MAX_RECEIVES):
        answer = sqs.receive_message(
            QueueUrl=settings.MAIL_EVENTS_QUEUE_URL, MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        messages = answer.get("Messages", [])
        if not messages:
            break
        for message in messages:
            try:
                apply(event_of(message["Body"]))
            except UnreadableEvent as error:
                log.error("unreadable mail event; leaving it for the dead-letter queue: %s", error)
                continue
            except NotYetKnown:
                continue
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                # Others must not wait for it, and neither must emails.
                log.exception(
                    "a mail event cannot be applied; leaving it for the dead-letter queue"
                )
                continue
            sqs.delete_message(
                QueueUrl=settings.MAIL_EVENTS_QUEUE_URL, ReceiptHandle=message["ReceiptHandle"]
            )
            applied += 1
    return applied


def event_of(body: str) -> MailEvent:
    """The event in a message: of a configuration set, or a notification of an identity, which has
    the same parts under another name. Raises UnreadableEvent."""
    try:
        said = json.loads(body)
        mail = said["mail"]
        kind = str(said.get("eventType") or said["notificationType"])
        tags = mail.get("tags") or {}
        bounce, reason = _details(kind, said)
        return MailEvent(
            kind=kind,
            message_id=str(mail["messageId"]),
            sent_at=datetime.fromisoformat(mail["timestamp"]).astimezone(UTC),
            notification=int(tags.get("notification", [0])[0]),
            series=int(tags.get("series", [0])[0]),
            bounce=bounce,
            reason=reason.replace("\0", "")[:2_000],
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableEvent(f"{type(error).__name__}: {error}") from error


def _details(kind: str, said: dict[str, Any]) -> tuple[Notification.Bounce | None, str]:
    """Whether the bounce is permanent, and the reason."""
    if kind == "Bounce":
        bounce = said["bounce"]
        is_permanent = bounce["bounceType"] == "Permanent"
        codes = [str(each.get("diagnosticCode", "")) for each in bounce["bouncedRecipients"]]
        parts = (bounce["bounceType"], bounce.get("bounceSubType", ""), *codes)
        return (
            Notification.Bounce.PERMANENT if is_permanent else Notification.Bounce.TRANSIENT,
            ", ".join(filter(None, parts)),
        )
    if kind == "Complaint":
        return None, str(said["complaint"].get("complaintFeedbackType") or "abuse")
    if kind == "Reject":
        return None, str(said["reject"].get("reason", ""))
    return None, ""


def apply(event: MailEvent) -> None:
    """Record what the event says about its email. Raises NotYetKnown."""
    with transaction.atomic():
        mail = email_of(event)
        if mail is None and apply_to_person(event):
            return
        if mail is None:
            if datetime.now(UTC) - event.sent_at < KEPT_FOR:
                raise NotYetKnown(event.message_id)
            log.info("dropped a %s event about an email that is not known", event.kind)
            return
        with about(upload_id=mail.upload_id, vendor_id=mail.upload.vendor_prefix):
            _apply(event, mail)


def email_of(event: MailEvent) -> Notification | None:
    """The email, locked: that of this message ID; or, if the answer with the ID was lost or has not
    been recorded yet, that of our tag in the same series of attempts."""
    locked = Notification.objects.select_for_update(of=("self",)).select_related("upload")
    return (
        locked.filter(message_id=event.message_id).first()
        or locked.filter(pk=event.notification, series=event.series, message_id="").first()
    )


def apply_to_person(event: MailEvent) -> bool:
    """Record it for an email that concerns no upload; whether there is one. Its sender sees it."""
    for kind in PersonMail.__subclasses__():
        rows = kind._default_manager.select_for_update().filter(message_id=event.message_id)
        if (mail := rows.first()) is not None:
            if event.kind in RETURNED:
                mail.end(mail.State.BOUNCED, reason=f"{RETURNED[event.kind]}: {event.reason}")
                mail.save(update_fields=mail.PROGRESS)
                alarm_of_digest(mail)
            return True
    return False


def alarm_of_digest(mail: PersonMail) -> None:
    """No one who could notice is waiting for a digest, and there is one every day."""
    if isinstance(mail, Digest):
        subject = f"{mail._meta.verbose_name} {mail.to}"
        alarms.raise_alarm(Alarm.Kind.BOUNCED_MAIL, subject, mail.last_error)


def _apply(event: MailEvent, mail: Notification) -> None:
    if event.kind == "Bounce" and mail.state not in (State.BOUNCED, State.COMPLAINED):
        _returned(event, mail, State.BOUNCED, f"Bounced: {event.reason}")
        mail.bounce = event.bounce or ""
    elif event.kind == "Complaint" and mail.state != State.COMPLAINED:
        _returned(event, mail, State.COMPLAINED, f"Marked as spam: {event.reason}")
    elif event.kind == "Reject" and mail.state != State.FAILED:
        mail.end(State.FAILED, reason=f"SES rejected it: {event.reason}")
        alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, mail.upload_id, mail.last_error)
    elif event.kind == "Send" and not mail.message_id:
        log.info("SES has accepted the email; its answer was lost")
        mail.accepted(event.message_id)
        Upload.objects.filter(pk=mail.upload_id, run=mail.run).update(notified_at=event.sent_at)
    mail.message_id = event.message_id
    mail.save()


def _returned(event: MailEvent, mail: Notification, state: Notification.State, reason: str) -> None:
    log.warning("the email was returned: %s", reason)
    mail.sent_at = mail.sent_at or event.sent_at
    mail.end(state, reason=reason)
    alarms.raise_alarm(Alarm.Kind.BOUNCED_MAIL, mail.upload_id, f"To {mail.to}. {reason}")
