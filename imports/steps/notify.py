"""Notify: one email per run, delivered at least once.

An email is marked `sending` before SES is called. One that is found in this state was left by a
worker that was killed, before or after the call; it is sent again, because twice is better than
never. If an answer of SES is lost, SES is called once more; after that the outcome stays unknown.
"""

import logging

from django.db import transaction
from django.db.models.functions import Now

from imports.execution import retry_policy
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_hint
from imports.execution.lease import Work, locked
from imports.models import Alarm, Notification
from imports.notifications import alarms, email
from imports.storage import staging

log = logging.getLogger(__name__)
MAX_SENDS = 12  # of one email that SES rejects temporarily; about an hour with backoff
MAX_LOST_ANSWERS = 2  # of SES, about one email
UNSENT = (Notification.State.PENDING, Notification.State.SENDING)


def notify(work: Work) -> None:
    """Send the upload's oldest unsent email; finish the upload if there is none.

    Raises Fenced, database and botocore errors. An error from SES is recorded, not raised.
    """
    notification = mark_next_as_sending(work)
    if notification is None:
        staging.put_upload(work.upload)
        with work.batch() as upload:
            upload.finish()
        return
    try:
        email.send(notification)
        failpoint("notify.after_send")
    except email.NotSent as error:
        record_rejection(work, notification, error)
    except email.OutcomeUnknown as error:
        log.warning("the answer of SES was lost: %s", error)
        record_lost_answer(work, notification)
    else:
        with work.batch() as upload:
            notification.state = Notification.State.SENT
            notification.sent_at = Now()
            notification.save()
            upload.notified_at = Now()
        log.info("emailed (run %s)", notification.run, extra={"event": "emailed"})


def mark_next_as_sending(work: Work) -> Notification | None:
    """The oldest unsent email, now marked `sending`; None if all have a final state."""
    # The lease is held: otherwise, at the end of a slice, another worker would find the email
    # `sending` and send it again.
    with work.batch(hold=True) as upload:
        unsent = upload.notifications.filter(state__in=UNSENT)
        notification = unsent.order_by("run").first()
        if notification is not None:
            notification.state = Notification.State.SENDING
            notification.attempts += 1
            notification.save()
        return notification


def record_lost_answer(work: Work, notification: Notification) -> None:
    """Record that the answer of SES was lost: send again, or raise an alarm."""
    with work.batch() as upload:
        notification.lost += 1
        is_over = notification.lost >= MAX_LOST_ANSWERS
        notification.state = Notification.State.UNKNOWN if is_over else Notification.State.PENDING
        notification.save()
        if is_over:
            alarms.raise_alarm(
                Alarm.Kind.UNSENT_MAIL,
                upload.upload_id,
                "It is not known whether the email was sent: every answer of SES was lost.",
            )


def record_rejection(work: Work, notification: Notification, error: email.NotSent) -> None:
    """Record that SES did not accept the email: retry later, or give up and raise an alarm."""
    notification.last_error = str(error)
    is_over = error.final or notification.attempts >= MAX_SENDS
    notification.state = Notification.State.FAILED if is_over else Notification.State.PENDING
    if is_over:
        with work.batch() as upload:
            notification.save()
            alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, upload.upload_id, str(error))
        return
    delay = retry_policy.backoff(notification.attempts)
    log.warning("SES did not accept the email; next attempt in %.0f s: %s", delay, error)
    with transaction.atomic():
        upload = locked(work.upload_id, work.token)
        notification.save()
        upload.reschedule(seconds=delay)
        upload.save()
        transaction.on_commit(lambda: send_hint(delay=delay), robust=True)
    work.over = True
