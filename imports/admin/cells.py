"""How a value is shown in a cell. Vendors' text goes through `format_html`, which escapes it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.timezone import now
from django.utils.translation import gettext

from imports.datasets import all_datasets
from imports.models import Alarm, Notification, Upload

# Symbol and tone beside the text, so that color alone never says it.
STATUS = {
    Upload.Status.RECEIVED: ("schedule", "calm"),
    Upload.Status.PROCESSING: ("sync", "busy"),
    Upload.Status.COMPLETED: ("check_circle", "good"),
    Upload.Status.PARTIAL: ("rule", "mixed"),
    Upload.Status.FAILED: ("cancel", "bad"),
    Upload.Status.CANCELLED: ("block", "calm"),
    Upload.Status.HELD: ("pan_tool", "mixed"),
}
MAIL = {
    Notification.State.PENDING: ("schedule", "calm"),
    Notification.State.SENDING: ("outgoing_mail", "busy"),
    Notification.State.SENT: ("mark_email_read", "good"),
    Notification.State.BOUNCED: ("undo", "bad"),
    Notification.State.COMPLAINED: ("report", "bad"),
    Notification.State.UNKNOWN: ("help", "mixed"),
    Notification.State.FAILED: ("error", "bad"),
}


def badge(symbol: str, tone: str, text: str) -> str:
    return format_html(
        '<span class="ob-badge ob-{}"><span class="material-symbols-outlined" aria-hidden="true">'
        "{}</span>{}</span>",
        tone,
        symbol,
        text,
    )


def status_badge(upload: Upload) -> str:
    symbol, tone = STATUS[Upload.Status(upload.status)]
    return badge(symbol, tone, upload.status_title)


def mail_badge(mail: Notification) -> str:
    symbol, tone = MAIL[Notification.State(mail.state)]
    return badge(symbol, tone, mail.get_state_display())


def alarm_badge(alarm: Alarm) -> str:
    if alarm.closed_at:
        return badge("task_alt", "good", gettext("Closed"))
    return badge("error", "bad", gettext("Open"))


def by(user: User | None) -> str:
    """Who did it; users who have been deleted leave no name."""
    return gettext("by %(name)s") % {
        "name": user.get_username() if user else gettext("deleted user")
    }


def two_lines(first: Any, second: Any) -> str:
    if not second:
        return format_html('<span class="ob-two">{}</span>', first)
    return format_html('<span class="ob-two">{}<small>{}</small></span>', first, second)


def link(address: str, text: Any) -> str:
    return format_html('<a class="ob-link" href="{}">{}</a>', address, text)


def name_value_list(values: Mapping[str, Any]) -> str:
    items = format_html_join("", "<dt>{}</dt><dd>{}</dd>", values.items())
    return format_html('<dl class="ob-values">{}</dl>', items)


def upload_address(upload_id: str) -> str:
    return reverse("admin:imports_upload_change", args=[quote(upload_id)])


def number(value: int) -> str:
    return str(intcomma(value))


def moment(when: datetime) -> str:
    """A time in UTC, to the minute; the year only where it is another one."""
    year = "" if when.year == now().year else f" {when.year}"
    return f"{when:%-d %b}{year}, {when:%H:%M}"


def vendor_name(upload: Upload) -> str:
    """The vendor; the prefix of the S3 key if it names no known vendor; the data set's title if it
    has no vendors."""
    dataset = all_datasets().get(upload.dataset)
    if dataset is not None and not dataset.by_vendor:
        return two_lines("—", dataset.title)
    if upload.vendor is None:
        return two_lines(upload.vendor_prefix or "–", gettext("unknown vendor"))
    return two_lines(upload.vendor.name, upload.vendor_id)


def duration(upload: Upload) -> str:
    """How long the run took, or has taken so far."""
    if upload.started_at is None:
        return "–"
    return format_duration((upload.completed_at or now()) - upload.started_at)


def format_duration(time: timedelta) -> str:
    """ "0.8 s", "12 s", "3 min 5 s", "2 h 10 min" """
    seconds = max(time.total_seconds(), 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"
