"""The one email about a run: its recipient and its text. sending.py sends it."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext

from imports import datasets
from imports.dataset import Dataset
from imports.holds.reasons import findings_of, waits_for_staff
from imports.models import Notification, Upload
from imports.models.mapping import sample_of
from imports.notifications import addresses, report_links
from imports.reports.counters import counters_of
from imports.reports.error_counts import counts_of, unlisted
from imports.reports.outcome import already_imported, left_out, outcome
from imports.reports.summary import error_groups, groups_of
from imports.rules.base import NOTICE, WARNING
from imports.rules.quantities import days
from imports.rules.refusals import REFUSALS
from vendors.team import is_of


def prepare(upload: Upload) -> Notification:
    """Store the email about the upload's run, which the next step makes due."""
    dataset = datasets.of_upload(upload)
    counts = counts_of(upload)
    # No mailbox erases personal data after PERSONAL_KEPT_DAYS, and a link in one is open to all of
    # its readers. So an email about such data quotes none, and only an own recipient gets the link.
    quotes = not dataset.personal
    links = bool(upload.error_file_version and (quotes or own_recipient(upload)))
    context = {
        "upload": upload,
        "dataset": dataset,
        "outcome": outcome(upload, dataset),
        "left_out": left_out(upload) if quotes else "",
        "quotes": quotes,
        "groups": [] if already_imported(upload) else groups_of(counts, dataset),
        "unlisted": unlisted(counts),
        "warnings": error_groups(upload, severity=WARNING),
        "notices": error_groups(upload, severity=NOTICE) if quotes else [],
        "refusal": REFUSALS.get(upload.failure_code),
        "columns_url": columns_url(upload),
        "fix_url": fix_url(upload, dataset),
        "report_url": report_links.report_url(upload) if links else "",
        "report_title": report_title(upload),
        "link_life": days(settings.REPORT_LINK_DAYS),
        "upload_url": addresses.upload_url(upload.upload_id),
        "is_check": upload.is_check,
        "is_held": upload.is_held,
        "findings": findings_of(upload) if upload.is_held else [],
        "days_left": days(settings.REVIEW_DAYS),
        "waits_for_staff": waits_for_staff(upload),
        "mode_title": dataset.title_of_mode(upload),
        "rates": upload.rates,
        "counters": counters_of(upload),
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


def columns_url(upload: Upload) -> str:
    """Where a person can say what the columns of the refused file are; "" if none can."""
    return addresses.columns_url(upload.upload_id) if sample_of(upload).exists() else ""


def fix_url(upload: Upload, dataset: Dataset) -> str:
    """Where a person can correct the rejected rows; "" if none can."""
    has_rows = upload.error_records and not upload.failure_code and not already_imported(upload)
    can_correct = dataset.can_correct and not upload.is_held
    return addresses.fix_url(upload.upload_id) if can_correct and has_rows else ""


def subject(upload: Upload) -> str:
    """What happened to the file. A rate is stated only of rows that were imported or checked."""
    is_check = upload.is_check
    if upload.status == Upload.Status.CANCELLED:
        end, rate = "Canceled", ""
    elif upload.is_held:
        end, rate = "Held", ""
    elif upload.is_refused:
        end, rate = "Refused", ""
    elif upload.is_undo and not upload.failed_internally:
        end, rate = "Complete", ""
    elif upload.failed_internally or (upload.status == Upload.Status.FAILED and not is_check):
        end, rate = "Failed", ""
    else:
        end, rate = "Complete", f" ({upload.success_rate}% {'Ready' if is_check else 'Success'})"
    noun = datasets.get(upload.dataset).noun.capitalize()
    return f"{noun} {kind_of(upload)} {end} - {upload.file_name}{rate}"


def kind_of(upload: Upload) -> str:
    if upload.is_undo:
        return "Undo"
    if not upload.is_only_check:
        return "Upload"
    kinds = {Upload.Mode.UPDATE.value: "Update Check", Upload.Mode.REPLACE.value: "Replace Check"}
    return kinds.get(upload.base_mode, "Check")


def report_title(upload: Upload) -> str:
    """What the link does."""
    if datasets.get(upload.dataset).rejected_prefix:
        return gettext("Download rejected rows")
    return gettext("Download error report")


def recipient(upload: Upload) -> str:
    """The uploader, or else the vendor's contact, the data set's mailbox, or staff's mailbox."""
    return own_recipient(upload) or settings.NOTIFICATION_EMAIL


def recipient_again(mail: Notification) -> str:
    """Where the email goes when it is sent again: to the address that the person, vendor or data
    set has today. Not to staff's mailbox instead of a deleted user: it may contain that user's
    link. The answer to a request goes to who asked."""
    if mail.kind != Notification.Kind.RUN_ENDED:
        return mail.to
    return own_recipient(mail.upload) or mail.to


def own_recipient(upload: Upload) -> str:
    """The address that is meant for this upload; "" if there is none, and staff get the email. For
    rows that no person has sent, it is that of the person who sent the file that they are from."""
    uploader = upload.uploaded_by
    if upload.is_automatic and upload.corrects:
        uploader = upload.corrects.uploaded_by
    if not is_of(uploader, upload.vendor_id):
        uploader = None  # has left the vendor, and reads nothing more about it
    return (
        (uploader and uploader.email)
        or (upload.vendor and upload.vendor.contact_email)
        or settings.NOTIFICATION_EMAILS.get(upload.dataset, "")
    )
