"""Emails that are due: prepared ones, until SES has accepted them or all attempts have failed.

The pipeline hands an email over and ends its upload. Workers of the queue `mail` send it, so that
a mail service that hangs or throttles costs only their time. As with uploads, the row says what is
due, a hint only that something is, and a token fences out a worker that was believed dead.

SES has no idempotency key. An email of a worker that was killed may or may not have been sent; it
is sent again, because twice is better than never.
"""

import logging

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from config.logging import about
from imports.execution import deliveries
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_mail_hint
from imports.execution.lease import Fenced
from imports.execution.retry_policy import backoff
from imports.models import Alarm, Notification, Upload
from imports.notifications import alarms, sending

log = logging.getLogger(__name__)
MAX_LOST_ANSWERS = 2  # of SES, about one email
State = Notification.State


def hand_over(upload: Upload) -> None:
    """Make the upload's prepared emails due, in the transaction that ends the upload.

    One that is `sending` without a next attempt was left by a worker of an earlier version.
    """
    waiting = upload.notifications.filter(
        state__in=Notification.UNSENT, next_attempt_at__isnull=True
    )
    for mail in waiting:
        mail.queue()
        mail.save(update_fields=mail.PROGRESS)


def has_repeats() -> bool:
    """Whether a due email was tried before, so that SES may have it already."""
    return Notification.objects.filter(next_attempt_at__lte=Now(), attempts__gt=0).exists()


def send_due() -> None:
    """Send what is due, for the time of a slice. Raises database errors.

    A failure ends the slice: most of them concern the service and not the email.
    """
    deliveries.deliver_for_a_slice(send_next, send_mail_hint)


def send_next() -> bool:
    """Send the email that has been due the longest. Returns whether SES accepted one."""
    mail = claim()
    if mail is None:
        return False
    with about(upload_id=mail.upload_id, vendor_id=mail.upload.vendor_prefix):
        try:
            return attempt(mail)
        except Fenced:
            log.info("this email has been settled meanwhile; nothing was changed")
            return False


def claim() -> Notification | None:
    """Mark the next due email as `sending`, with a new token; None when nothing is due."""
    with transaction.atomic():
        mail = deliveries.next_due(Notification.objects.select_related("upload"))
        if mail is None:
            return None
        if mail.state == State.SENDING and deliveries.is_late(mail):
            give_up(mail, State.UNKNOWN, "Every worker that sent this email was lost.")
            return claim()
        # If this worker is killed, the next attempt follows after the usual pause.
        lease = settings.LEASE_SECONDS + sending.longest_seconds()
        mail.start(seconds=max(lease, pause_after(mail.attempts + 1)))
        mail.save(update_fields=mail.PROGRESS)
    failpoint("mail.after_claim")
    return mail


def attempt(mail: Notification) -> bool:
    """Send a claimed email and record the outcome. Returns whether SES accepted it.

    Raises Fenced if the outcome is known from elsewhere, such as an event of SES.
    """
    try:
        message_id = sending.send(mail)
        failpoint("mail.after_send")
    except sending.NotSent as error:
        record_rejection(mail, error)
    except sending.AnswerLost as error:
        record_lost_answer(mail, error)
    else:
        with transaction.atomic():
            deliveries.lock(mail)
            mail.accepted(message_id)
            mail.save(update_fields=mail.PROGRESS)
            if mail.kind == Notification.Kind.RUN_ENDED:
                Upload.objects.filter(pk=mail.upload_id, run=mail.run).update(notified_at=Now())
        log.info("emailed (run %s)", mail.run, extra={"event": "emailed"})
        return True
    return False


def record_rejection(mail: Notification, error: sending.NotSent) -> None:
    """SES did not accept the email: retry later, or give up."""
    with transaction.atomic():
        deliveries.lock(mail)
        if error.final or deliveries.is_late(mail):
            give_up(mail, State.FAILED, str(error))
        else:
            retry(mail, str(error))


def record_lost_answer(mail: Notification, error: sending.AnswerLost) -> None:
    """SES may have accepted the email: retry, because it may as well not have.

    After a lost answer, once. After a timeout, as long as after a rejection: a service that hangs
    hardly accepts what it does not answer, and if it does, its event ends the attempts.
    """
    with transaction.atomic():
        deliveries.lock(mail)
        mail.lost += not error.timed_out
        if mail.lost >= MAX_LOST_ANSWERS or deliveries.is_late(mail):
            give_up(mail, State.UNKNOWN, f"No answer of SES was received. The last: {error}")
        else:
            retry(mail, str(error))


def retry(mail: Notification, reason: str) -> None:
    delay = pause_after(mail.attempts)
    log.warning("attempt %s failed; next in %.0f s: %s", mail.attempts, delay, reason)
    mail.retry(reason, seconds=delay)
    mail.save(update_fields=mail.PROGRESS)
    transaction.on_commit(lambda: send_mail_hint(delay=delay), robust=True)


def give_up(mail: Notification, state: Notification.State, reason: str) -> None:
    log.error("the email could not be sent: %s", reason)
    mail.end(state, reason=reason)
    mail.save(update_fields=mail.PROGRESS)
    alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, mail.upload_id, reason)


def pause_after(attempts: int) -> float:
    return backoff(attempts, longest=settings.MAIL_RETRY_MAX_SECONDS)
