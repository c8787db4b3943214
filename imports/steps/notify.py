"""Notify: one e-mail per run, at least once.

A message is marked `sending` before SES is asked. Whoever finds it so marked cannot know whether
it went out, and sends it once more: a second e-mail only when the outcome of a send was lost.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from imports import alarms, failures, mail
from imports.hints import send_hint
from imports.lease import Work, locked
from imports.models import Alarm, Notification, Upload

log = logging.getLogger(__name__)
MOST_SENDS = 12  # of one message that SES does not take for now; about an hour with back-off
UNSENT = (Notification.State.PENDING, Notification.State.SENDING)


def notify(work: Work) -> None:
    """Send the oldest unsent e-mail of the upload; done when there is none left.

    Raises Fenced and database errors; what SES says is recorded, not raised.
    """
    with work.batch() as upload:
        notification = upload.notifications.filter(state__in=UNSENT).order_by("run").first()
        if notification is None:
            upload.step = Upload.Step.DONE
            return
        was_sending = notification.state == Notification.State.SENDING
        notification.state = Notification.State.SENDING
        notification.attempts += 1
        notification.save()
    try:
        mail.send(notification)
    except mail.NotSent as error:
        put_off(work, notification, error)
        return
    except mail.OutcomeUnknown as error:
        log.warning("the answer of SES was lost: %s", error)
        # Once more, so that nobody is left without; after that it stays unknown.
        state = Notification.State.UNKNOWN if was_sending else Notification.State.SENDING
    else:
        state = Notification.State.SENT
    with work.batch() as upload:
        notification.state = state
        notification.sent_at = now()
        notification.save()
        upload.notified_at = now()


def put_off(work: Work, notification: Notification, error: mail.NotSent) -> None:
    """Record that SES did not take the message: try later, or give up and tell staff."""
    notification.last_error = str(error)
    is_over = error.final or notification.attempts >= MOST_SENDS
    notification.state = Notification.State.FAILED if is_over else Notification.State.PENDING
    if is_over:
        with work.batch() as upload:
            notification.save()
            alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, upload.upload_id, str(error))
        return
    delay = failures.backoff(notification.attempts)
    log.warning("e-mail not taken, again in %.0f s: %s", delay, error)
    with transaction.atomic():
        upload = locked(work.upload_id, work.token)
        notification.save()
        upload.lease_until = None
        upload.next_attempt_at = Now() + timedelta(seconds=delay)
        upload.save()
        transaction.on_commit(lambda: send_hint(delay=delay), robust=True)
    work.over = True
