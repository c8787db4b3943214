"""Notify: one e-mail per run, at least once.

A message is marked `sending` before SES is asked. Whoever finds it so marked has followed somebody
who died, before the send or after it, and sends it: better twice than never. When SES itself does
not answer it is asked once more, and then left as unknown: a third e-mail helps nobody.
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
MAX_SENDS = 12  # of one message that SES does not take for now; about an hour with back-off
MAX_LOST = 2  # sends of one message whose outcome is unknown
UNSENT = (Notification.State.PENDING, Notification.State.SENDING)


def notify(work: Work) -> None:
    """Send the oldest unsent e-mail of the upload; done when there is none left.

    Raises Fenced, database and botocore errors; what SES says is recorded, not raised.
    """
    notification = next_one(work)
    if notification is None:
        staging.put_upload(work.upload)
        with work.batch() as upload:
            upload.finish()
        return
    try:
        email.send(notification)
        failpoint("notify.after_send")
    except email.NotSent as error:
        reschedule(work, notification, error)
    except email.OutcomeUnknown as error:
        log.warning("the answer of SES was lost: %s", error)
        count_lost(work, notification)
    else:
        with work.batch() as upload:
            notification.state = Notification.State.SENT
            notification.sent_at = Now()
            notification.save()
            upload.notified_at = Now()


def next_one(work: Work) -> Notification | None:
    """The oldest unsent e-mail, marked `sending`; None when all have a final state."""
    # Held, or at the end of a slice somebody else would find it `sending` and send it once more.
    with work.batch(hold=True) as upload:
        unsent = upload.notifications.filter(state__in=UNSENT)
        notification = unsent.order_by("run").first()
        if notification is not None:
            notification.state = Notification.State.SENDING
            notification.attempts += 1
            notification.save()
        return notification


def count_lost(work: Work, notification: Notification) -> None:
    """Record that SES was asked and did not answer: ask once more, or tell staff."""
    with work.batch() as upload:
        notification.lost += 1
        is_over = notification.lost >= MAX_LOST
        notification.state = Notification.State.UNKNOWN if is_over else Notification.State.PENDING
        notification.save()
        if is_over:
            alarms.raise_alarm(
                Alarm.Kind.UNSENT_MAIL,
                upload.upload_id,
                "Nobody knows whether the e-mail went out: every answer of SES was lost.",
            )


def reschedule(work: Work, notification: Notification, error: email.NotSent) -> None:
    """Record that SES did not take the message: try later, or give up and tell staff."""
    notification.last_error = str(error)
    is_over = error.final or notification.attempts >= MAX_SENDS
    notification.state = Notification.State.FAILED if is_over else Notification.State.PENDING
    if is_over:
        with work.batch() as upload:
            notification.save()
            alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, upload.upload_id, str(error))
        return
    delay = retry_policy.backoff(notification.attempts)
    log.warning("e-mail not taken, again in %.0f s: %s", delay, error)
    with transaction.atomic():
        upload = locked(work.upload_id, work.token)
        notification.save()
        upload.reschedule(seconds=delay)
        upload.save()
        transaction.on_commit(lambda: send_hint(delay=delay), robust=True)
    work.over = True
