"""What happens when a slice breaks: the row remembers it, and staff hear of the last time."""

import logging

from django.db import close_old_connections, transaction

from imports.execution import retry_policy
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_hint
from imports.execution.lease import Fenced, Work, locked
from imports.execution.retry_policy import backoff
from imports.models import Alarm, Notification, Upload
from imports.models.upload import INTERNAL
from imports.notifications import alarms
from imports.rules.refusals import REFUSALS
from imports.steps.report import end_run

log = logging.getLogger(__name__)


def record(work: Work, error: Exception) -> None:
    """Write down that `work` failed: attempt again later, or end the upload after the last try.

    What cannot pass by itself has fewer tries (transient.py).

    Raises database errors: when even this cannot be written, the message comes back and the
    lease runs out.
    """
    close_old_connections()  # after a server restart the old connection fails again and again
    try:
        with transaction.atomic():
            upload = locked(work.upload_id, work.token)
            upload.attempts += 1
            most = retry_policy.most_attempts(error)
            if upload.attempts < most:
                delay = backoff(upload.attempts)
                upload.reschedule(seconds=delay)
                log.warning(
                    "attempt %s of %s in step %s failed, next in %.1f s: %s",
                    upload.attempts,
                    most,
                    upload.step,
                    delay,
                    error,
                    exc_info=upload.attempts == 1,
                )
            else:
                delay = 0
                give_up(upload, error)
            upload.save()
            transaction.on_commit(lambda: send_hint(delay=delay), robust=True)
            failpoint("failure.before_commit")
        failpoint("failure.after_commit")
    except Fenced:
        log.info("somebody else holds this upload now; the failure is not ours to record")


def give_up(upload: Upload, error: Exception) -> None:
    """End the upload's step for good, so that every state has an end."""
    log.error("gave up in step %s: %s", upload.step, error, exc_info=error)
    reason = f"step {upload.step}: {type(error).__name__}: {error}"
    upload.attempts = 0
    upload.reschedule()
    if upload.step == Upload.Step.NOTIFY:
        alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, upload.upload_id, reason)
        unsent = upload.notifications.exclude(state=Notification.State.SENT)
        unsent.update(state=Notification.State.FAILED, last_error=reason)
        upload.finish()
        return
    alarms.raise_alarm(Alarm.Kind.FAILED_UPLOAD, upload.upload_id, reason)
    was_reporting = upload.step == Upload.Step.REPORT
    upload.break_off(REFUSALS[INTERNAL].filled_in())
    if was_reporting:
        # The rows that are in stay in; the end must not wait for the report.
        end_run(upload)
