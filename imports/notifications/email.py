"""The one email about a run: its text, its recipient, and its sending."""

import logging
from functools import cache
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext

from config.rounding import percent
from imports import datasets
from imports.models import Notification, Upload
from imports.notifications import addresses, report_links
from imports.reports.outcome import already_imported, left_out, outcome
from imports.reports.summary import error_groups
from imports.rules.quantities import days
from imports.rules.refusals import REFUSALS

log = logging.getLogger(__name__)
# Answers that a retry cannot change.
FINAL_ANSWERS = {"MessageRejected", "MailFromDomainNotVerifiedException", "InvalidParameterValue"}


class NotSent(Exception):
    """SES did not accept the message; `final` when a retry cannot help."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class OutcomeUnknown(Exception):
    """The answer of SES was lost: the message may have been sent."""


def prepare(upload: Upload) -> Notification:
    """Store the email about the upload's run, to be sent by the next step."""
    dataset = datasets.get(upload.dataset)
    context = {
        "upload": upload,
        "dataset": dataset,
        "outcome": outcome(upload, dataset),
        "left_out": left_out(upload),
        "groups": [] if already_imported(upload) else error_groups(upload),
        "refusal": REFUSALS.get(upload.failure_code),
        "report_url": report_links.report_url(upload) if upload.error_file_version else "",
        "report_title": report_title(upload),
        "link_life": days(settings.REPORT_LINK_DAYS),
        "upload_url": addresses.upload_url(upload.upload_id),
        "is_check": upload.mode == Upload.Mode.CHECK,
        "valid_rate": percent(upload.valid_records, upload.total_records),
        "error_rate": error_rate(upload),
        "support_email": settings.SUPPORT_EMAIL,
        "support_url": settings.SUPPORT_URL,
    }
    notification, _ = Notification.objects.get_or_create(
        upload=upload,
        run=upload.run,
        kind=Notification.Kind.RUN_ENDED,
        defaults={
            "to": recipient(upload),
            "subject": subject(upload),
            "text_body": render_to_string("imports/mail/run_ended.txt", context),
            "html_body": render_to_string("imports/mail/run_ended.html", context),
        },
    )
    return notification


def subject(upload: Upload) -> str:
    title = datasets.get(upload.dataset).noun.capitalize()
    if upload.is_refused:
        return f"{title} Upload Refused - {upload.file_name}"
    return f"{title} Upload Complete - {upload.file_name} ({upload.success_rate}% Success)"


def report_title(upload: Upload) -> str:
    """What the link does."""
    if datasets.get(upload.dataset).rejected_prefix:
        return gettext("Download rejected rows")
    return gettext("Download error report")


def recipient(upload: Upload) -> str:
    """The uploader, or else the vendor's contact, the data set's address, or the staff address."""
    return (
        (upload.uploaded_by and upload.uploaded_by.email)
        or (upload.vendor and upload.vendor.contact_email)
        or settings.NOTIFICATION_EMAILS.get(upload.dataset, settings.NOTIFICATION_EMAIL)
    )


@cache
def mailbox(backend: str) -> Any:
    """Django's mail connection, opened once in this process.

    Opening one per message would create a new SES client each time, which costs half of the CPU
    time that a file of 1,000 rows needs.
    """
    connection = get_connection(backend)
    connection.open()
    return connection


def error_rate(upload: Upload) -> int:
    """Rejected rows in whole percent. If all rows are valid or rejected, both add up to 100."""
    if upload.valid_records + upload.error_records == upload.total_records:
        return 100 - upload.success_rate if upload.total_records else 0
    return percent(upload.error_records, upload.total_records)


def send(notification: Notification) -> None:
    """Hand one message to SES, in one attempt. Raises NotSent or OutcomeUnknown."""
    message = EmailMultiAlternatives(
        subject=notification.subject,
        body=notification.text_body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notification.to],
        headers={"X-Upload-ID": notification.upload_id},
        connection=mailbox(settings.EMAIL_BACKEND),
    )
    message.attach_alternative(notification.html_body, "text/html")
    try:
        message.send()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise NotSent(str(error), final=code in FINAL_ANSWERS) from error
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise NotSent(str(error), final=False) from error
    except BotoCoreError as error:
        raise OutcomeUnknown(str(error)) from error
