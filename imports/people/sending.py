"""Sending the emails to people that are due: done by workers of the queue `mail`.

As with emails about uploads (notifications/due_mail.py), the row says what is due, and a token
fences out a worker that was believed dead. The text is made now, from what is true now.
"""

import logging
from functools import partial

from django.conf import settings
from django.db import transaction

from config.logging import about
from imports.execution import deliveries
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_mail_hint
from imports.execution.lease import Fenced
from imports.models import Alarm, Digest, Invitation, PersonMail, VendorNotice
from imports.notifications import alarms, due_mail, sending
from imports.people.texts import text_of

log = logging.getLogger(__name__)
Mail = Invitation | VendorNotice | Digest
KINDS: tuple[type[Mail], ...] = (Invitation, VendorNotice, Digest)
State = PersonMail.State


def send_due() -> None:
    """Send what is due, for the time of a slice of each kind. Raises database errors."""
    for kind in KINDS:
        deliveries.deliver_for_a_slice(partial(send_next, kind), send_mail_hint)


def send_next(kind: type[Mail]) -> bool:
    """Send the one that has been due the longest. Returns whether SES accepted one."""
    mail = claim(kind)
    if mail is None:
        return False
    with about(vendor_id=vendor_of(mail)):
        try:
            return attempt(mail)
        except Fenced:
            log.info("this email has been settled meanwhile; nothing was changed")
            return False


def claim(kind: type[Mail]) -> Mail | None:
    """Mark the next due email as `sending`, with a new token; None when nothing is due."""
    with transaction.atomic():
        mail = deliveries.next_due(kind.objects.select_related(*kind.RELATED))
        if mail is None:
            return None
        if reason := why_not_sent(mail):
            state = State.UNKNOWN if mail.state == State.SENDING else State.FAILED
            mail.end(state, reason=reason)
        else:
            lease = settings.LEASE_SECONDS + sending.longest_seconds()
            mail.start(seconds=max(lease, due_mail.pause_after(mail.attempts + 1)))
        mail.save(update_fields=mail.PROGRESS)
    failpoint("people.after_claim")
    return claim(kind) if reason else mail


def vendor_of(mail: Mail) -> str:
    """The ID of the vendor that it is about; a digest may be about several."""
    return "" if isinstance(mail, Digest) else mail.vendor_id


def why_not_sent(mail: PersonMail) -> str:
    """Why no attempt is made any more, "" if one is."""
    if not mail.is_wanted:
        return "What it says is no longer so."
    if mail.state == State.SENDING and deliveries.is_late(mail):
        return "Every worker that sent this email was lost."
    return ""


def attempt(mail: Mail) -> bool:
    """Send a claimed email and record the outcome. Returns whether SES accepted it. Raises Fenced
    if it was revoked meanwhile."""
    text = text_of(mail)
    try:
        message_id = sending.send_message(mail.to, text.subject, text.plain, text.html, {})
        failpoint("people.after_send")
    except sending.NotSent as error:
        record_failure(mail, str(error), final=error.final)
    except sending.AnswerLost as error:
        mail.lost += not error.timed_out
        record_failure(mail, str(error), final=mail.lost >= due_mail.MAX_LOST_ANSWERS)
    else:
        with transaction.atomic():
            deliveries.lock(mail)
            mail.accepted(message_id)
            mail.save(update_fields=mail.PROGRESS)
        log.info("emailed a person: %s", mail._meta.db_table, extra={"event": "emailed"})
        return True
    return False


def record_failure(mail: Mail, reason: str, *, final: bool) -> None:
    """Try again later, or give up."""
    with transaction.atomic():
        deliveries.lock(mail)
        if final or deliveries.is_late(mail):
            log.error("the email could not be sent: %s", reason)
            mail.end(State.UNKNOWN if mail.lost else State.FAILED, reason=reason)
            about_it = f"{mail._meta.verbose_name} {mail.pk} {vendor_of(mail)}".strip()
            alarms.raise_alarm(Alarm.Kind.UNSENT_MAIL, about_it, reason)
        else:
            delay = due_mail.pause_after(mail.attempts)
            log.warning("attempt %s failed; next in %.0f s: %s", mail.attempts, delay, reason)
            mail.retry(reason, seconds=delay)
            transaction.on_commit(lambda: send_mail_hint(delay=delay), robust=True)
        mail.save(update_fields=mail.PROGRESS)
