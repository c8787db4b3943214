"""The one email about a run: its recipient and its text. sending.py sends it."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext

from imports import datasets
from imports.models import Notification, Upload
from imports.notifications import addresses, report_links
from imports.reports.outcome import outcome
from imports.reports.summary import error_groups
from imports.rules.quantities import days
from imports.rules.refusals import REFUSALS


def prepare(upload: Upload) -> Notification:
    """Store the email about the upload's run, which the next step hands to the outbox."""
    dataset = datasets.get(upload.dataset)
    context = {
        "upload": upload,
        "dataset": dataset,
        "outcome": outcome(upload, dataset),
        "groups": error_groups(upload),
        "refusal": REFUSALS.get(upload.failure_code),
        "report_url": report_links.report_url(upload) if upload.error_file_version else "",
        "report_title": report_title(upload),
        "link_life": days(settings.REPORT_LINK_DAYS),
        "upload_url": addresses.upload_url(upload.upload_id),
        "is_check": upload.mode == Upload.Mode.CHECK,
        "rates": upload.rates,
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
