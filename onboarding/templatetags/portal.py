"""Small pieces that every page uses."""

from datetime import timedelta

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from imports.datasets import all_datasets
from imports.models import Upload

register = template.Library()

STATUS_ICONS = {
    Upload.Status.RECEIVED: "clock",
    Upload.Status.PROCESSING: "turning",
    Upload.Status.COMPLETED: "check",
    Upload.Status.PARTIAL: "half",
    Upload.Status.FAILED: "cross",
    Upload.Status.CANCELLED: "slash",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sprite. It says nothing that the text beside it does not say."""
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        name,
        static("onboarding/icons.svg"),
        name,
    )


@register.simple_tag
def status(upload: Upload) -> SafeString:
    """The upload's status as words with an icon; colour only adds to them."""
    return format_html(
        '<span class="status status-{}">{}{}</span>',
        upload.status,
        icon(STATUS_ICONS[Upload.Status(upload.status)]),
        upload.get_status_display(),
    )


@register.simple_tag
def owner(upload: Upload) -> SafeString:
    """The vendor; what stands in the key where that names none we know; or the data set's title,
    where no vendor uploads it."""
    dataset = all_datasets().get(upload.dataset)
    if upload.vendor is not None:
        whose, which = upload.vendor.name, upload.vendor.vendor_id
    elif dataset is not None and not dataset.by_vendor:
        whose, which = "—", dataset.title
    else:
        whose, which = "Unknown", upload.vendor_prefix
    return format_html('{} <span class="id wrap">{}</span>', whose, which)


@register.filter
def minutes(duration: timedelta) -> int:
    """A duration in whole minutes, rounded up."""
    return -(-int(duration.total_seconds()) // 60)


@register.filter
def megabytes(size: int | None) -> str:
    """A number of bytes as people say it."""
    if size is None:
        return "unknown"
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:,.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MB"
