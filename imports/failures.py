"""What happens when a slice fails: the failure is recorded, and the last one raises an alarm."""

import logging

from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from imports.execution import retry_policy
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_hint
from imports.execution.lease import Fenced, Work, locked
from imports.execution.retry_policy import backoff
from imports.models import Alarm, Upload
from imports.models.upload import INTERNAL
from imports.notifications import alarms
from imports.rules.refusals import REFUSALS
from imports.steps import ending

log = logging.getLogger(__name__)


def record(work: Work, error: Exception) -> None:
    """Schedule the next attempt of `work`, or end the upload after the last one.

    Permanent errors get fewer attempts (retry_policy.py).

    Raises database errors: if the failure cannot be recorded, the message is redelivered and the
    lease expires.
    """
    close_old_connections()  # a connection from before a server restart keeps failing
    try:
        with transaction.atomic():
            upload = locked(work.upload_id, work.token)
            if upload.step == Upload.Step.DONE:
                return  # its last commit was executed, and only the answer to it was lost
            upload.attempts += 1
            limit = retry_policy.max_attempts(error)
            if upload.attempts < limit:
                delay = backoff(upload.attempts)
                upload.reschedule(seconds=delay)
                log.warning(
                    "attempt %s of %s in step %s failed; next attempt in %.1f s: %s",
                    upload.attempts,
                    limit,
                    upload.step,
                    delay,
                    error,
                    exc_info=upload.attempts == 1,
                    extra={
                        "event": "attempt_failed",
                        "step": upload.step,
                        "attempt": upload.attempts,
                    },
                )
            else:
                delay = 0
                give_up(upload, error)
            upload.save()
            transaction.on_commit(lambda: send_hint(delay=delay), robust=True)
            failpoint("failure.before_commit")
        failpoint("failure.after_commit")
    except Fenced:
        log.info("another worker holds this upload now; this failure is not recorded")


def give_up(upload: Upload, error: Exception) -> None:
    """End the upload's current step after its last attempt, so that every upload ends."""
    gave_up = {"event": "gave_up", "step": upload.step}
    log.error("gave up in step %s: %s", upload.step, error, exc_info=error, extra=gave_up)
    reason = f"step {upload.step}: {type(error).__name__}: {error}"
    upload.attempts = 0
    upload.reschedule()
    if upload.step == Upload.Step.NOTIFY:
        alarms.raise_alarm(Alarm.Kind.FAILED_UPLOAD, upload.upload_id, reason)
        ending.finish(upload)
        return
    alarms.raise_alarm(Alarm.Kind.FAILED_UPLOAD, upload.upload_id, reason)
    was_reporting = upload.step == Upload.Step.REPORT
    upload.break_off(REFUSALS[INTERNAL].filled_in())
    if was_reporting:
        end_without_report(upload)


def end_without_report(upload: Upload) -> None:
    """End the run; imported rows stay. If even that fails, the upload ends without its email.

    Raises database errors that mean that the database does not answer.
    """
    try:
        with transaction.atomic():
            ending.end_run(upload)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("the run could not be ended properly; ending it without an email")
        ending.end_without_email(upload)
