"""The emails about a run: their text. due_mail.py sends them."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext

from imports import datasets
from imports.dataset import Dataset
from imports.holds.reasons import findings_of, waits_for_staff
from imports.models import Notification, Upload
from imports.models.mapping import sample_of
from imports.notifications import addresses, digests, report_links
from imports.notifications.reasons import why
from imports.notifications.recipients import Recipient, recipients
from imports.reports.counters import counters_of
from imports.reports.error_counts import counts_of, unlisted
from imports.reports.outcome import already_imported, left_out, outcome
from imports.reports.summary import error_groups, groups_of
from imports.rules.base import NOTICE, WARNING
from imports.rules.quantities import days
from imports.rules.refusals import REFUSALS


def prepare(upload: Upload) -> list[Notification]:
    """Store the emails about the upload's run, which the next step makes due, and what digests say
    about it. Returns the emails."""
    dataset = datasets.of_upload(upload)
    found = recipients(upload)
    emailed = [each for each in found if each.is_emailed(upload)]
    digests.add(upload, dataset, [each for each in found if each.reads_digest(upload)])
    if not emailed:
        return []
    context, title = context_of(upload, dataset), subject(upload)
    mails = [mail_to(each, upload, title, context) for each in emailed]
    Notification.objects.bulk_create(mails, ignore_conflicts=True)
    return mails


def mail_to(
    recipient: Recipient, upload: Upload, title: str, context: dict[str, Any]
) -> Notification:
    # A link is open to all readers of a mailbox, and none erases personal data after
    # PERSONAL_KEPT_DAYS. So of such data, only those that it is meant for get the link.
    is_meant = context["quotes"] or recipient.reason != Notification.Reason.STAFF
    links = upload.error_file_version and is_meant
    its_own = {
        **context,
        "report_url": report_links.report_url(upload) if links else "",
        "why": why(recipient, upload),
    }
    return Notification(
        upload=upload,
        run=upload.run,
        to=recipient.to,
        reason=recipient.reason,
        person=recipient.person,
        subject=title,
        text_body=render_to_string("imports/mail/run_ended.txt", its_own),
        html_body=render_to_string("imports/mail/run_ended.html", its_own),
    )


def context_of(upload: Upload, dataset: Dataset) -> dict[str, Any]:
    """What the email says to all of its recipients. About personal data it quotes none."""
    counts = counts_of(upload)
    quotes = not dataset.personal
    return {
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
        "report_title": report_title(upload),
        "link_life": days(settings.REPORT_LINK_DAYS),
        "upload_url": addresses.upload_url(upload.upload_id),
        "is_check": upload.is_check,
        "can_import": upload.has_passed and upload.imported_records,
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
        kept = upload.unchanged_records
        end, rate = "Complete", f" ({kept:,} Kept)" if kept else ""
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
