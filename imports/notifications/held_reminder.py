"""The reminder of an upload that has been held for a day. due_mail.py sends it."""

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext

from imports import datasets
from imports.execution.hints import send_mail_hint
from imports.holds.reasons import findings_of
from imports.models import Notification, Upload
from imports.notifications import addresses
from imports.notifications.recipients import recipient
from imports.reports.outcome import outcome


def prepare(upload: Upload, *, waits_for_staff: bool) -> Notification:
    """Store the reminder to those who can release the upload, and make it due, in the caller's
    transaction."""
    address = addresses.upload_url(upload.upload_id)
    context = {
        "upload": upload,
        "vendor": upload.vendor,
        "outcome": outcome(upload, datasets.get(upload.dataset)),
        "findings": findings_of(upload),
        "url": addresses.review_url(upload.upload_id) if waits_for_staff else address,
        "support_email": settings.SUPPORT_EMAIL,
        "support_url": settings.SUPPORT_URL,
    }
    subject = gettext("Reminder: %(name)s is held") % {"name": upload.file_name}
    mail = Notification(
        upload=upload,
        run=upload.run,
        kind=Notification.Kind.HELD_REMINDER,
        to=settings.NOTIFICATION_EMAIL if waits_for_staff else recipient(upload),
        subject=subject,
        text_body=render_to_string("imports/mail/held_reminder.txt", context),
        html_body=render_to_string("imports/mail/held_reminder.html", context),
    )
    mail.queue()
    mail.save()
    transaction.on_commit(send_mail_hint, robust=True)
    return mail
