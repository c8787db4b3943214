"""Tags and filters that every page uses."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.models import Product
from imports.datasets import all_datasets
from imports.models import Upload
from imports.models.rates import rates_of
from imports.reports.corrections import Corrected
from imports.reports.outcome import deactivated, effects_of
from imports.rules import quantities
from onboarding.help.help import error_title
from onboarding.middleware.for_vendor import FIELD, vendor_to_say
from vendors.access import access_of, current_membership, memberships_of
from vendors.models import Vendor

register = template.Library()

STATUS_ICONS = {
    Upload.Status.RECEIVED: "clock",
    Upload.Status.PROCESSING: "turning",
    Upload.Status.COMPLETED: "check",
    Upload.Status.PARTIAL: "half",
    Upload.Status.FAILED: "cross",
    Upload.Status.CANCELLED: "slash",
    Upload.Status.HELD: "pause",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sprite. The text beside it says the same."""
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        name,
        static("onboarding/icons.svg"),
        name,
    )


@register.filter
def backticks(text: str) -> SafeString:
    """What stands between backticks, as in the OpenAPI document, as code."""
    parts = enumerate(str(text).split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if i % 2 else part,) for i, part in parts)
    )


@register.simple_tag
def status(upload: Upload) -> SafeString:
    """The upload's status as text with an icon; color only adds to it."""
    return format_html(
        '<span class="status status-{}">{}{}</span>',
        upload.status,
        icon(STATUS_ICONS[Upload.Status(upload.status)]),
        upload.status_title,
    )


@register.simple_tag
def product_status(product: Product) -> SafeString:
    """The product's status, likewise."""
    is_active = product.status == Product.Status.ACTIVE
    return format_html(
        '<span class="status{}">{}{}</span>',
        " status-completed" if is_active else "",
        icon("check" if is_active else "slash"),
        product.status_title,
    )


@register.simple_tag
def effects(upload: Upload) -> str:
    """What its valid rows did, if they did different things: "12 created, 300 updated"."""
    return ", ".join([*effects_of(upload), *deactivated(upload)])


@register.simple_tag
def owner(upload: Upload) -> SafeString:
    """The vendor; the prefix of the key, where that names none we know; or the data set's title,
    where no vendor uploads it."""
    dataset = all_datasets().get(upload.dataset)
    if upload.vendor is not None:
        name, detail = upload.vendor.name, upload.vendor.vendor_id
    elif dataset is not None and not dataset.by_vendor:
        name, detail = "—", dataset.title
    else:
        name, detail = gettext("Unknown"), upload.vendor_prefix
    return format_html('{} <span class="id wrap">{}</span>', name, detail)


@register.inclusion_tag("onboarding/support.html")
def support(upload_id: str = "") -> dict[str, Any]:
    """How to reach support, with the upload's ID filled in where there is one."""
    return {
        "upload_id": upload_id,
        "email": settings.SUPPORT_EMAIL,
        "url": settings.SUPPORT_URL,
    }


@register.inclusion_tag("onboarding/who.html", takes_context=True)
def who(context: Context) -> dict[str, Any]:
    """Who is logged in, for which vendor, and for which others they could work."""
    user = context["user"]
    is_staff = access_of(user).sees_all
    current = None if is_staff else current_membership(user)
    others = [] if is_staff else [one.vendor for one in memberships_of(user) if one != current]
    return {
        "user": user,
        "vendor": current and current.vendor,
        "others": others,
    }


@register.simple_tag(takes_context=True)
def only_views(context: Context) -> bool:
    """Whether the person is a viewer of a vendor, who changes nothing."""
    access = access_of(context["user"])
    return access.vendor_id is not None and not access.acts


@register.simple_tag(takes_context=True)
def is_member(context: Context) -> bool:
    """Whether the person works for a vendor."""
    return access_of(context["user"]).vendor_id is not None


@register.simple_tag(takes_context=True)
def inactive_vendor(context: Context) -> Vendor | None:
    """The vendor that the person works for, if it is not active."""
    user = context["user"]
    if access_of(user).vendor_id is None:
        return None
    current = current_membership(user)
    return current.vendor if current and not current.vendor.is_active else None


@register.simple_tag(takes_context=True)
def for_vendor(context: Context) -> SafeString:
    """In each form that acts for a vendor: which one that is, if the person has several."""
    vendor = vendor_to_say(context["user"])
    if vendor is None:
        return SafeString("")
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, vendor.pk)


@register.simple_tag
def history_kept() -> str:
    """How long uploads and their reports are kept: "90 days"."""
    return quantities.days(settings.AUDIT_KEPT_DAYS)


@register.simple_tag
def reset_link_life() -> str:
    """How long a link to choose a new password is valid: "3 days"."""
    return quantities.days(settings.PASSWORD_RESET_TIMEOUT // (24 * 3600))


@register.filter
def lookup(values: dict[str, Any], key: str) -> Any:
    return values[key]


register.filter(error_title)
register.filter(quantities.rows)
register.filter(quantities.errors)
register.filter(quantities.minutes)
register.filter(quantities.file_size)


@register.filter
def of(by_key: Mapping[str, Any], key: str) -> Any:
    """What a mapping holds under a key; None if nothing."""
    return by_key.get(key)


@register.simple_tag
def success(upload: Upload, found: Corrected | None) -> int:
    """The percentage of the upload's rows without errors, once some were corrected."""
    fixed = found.fixed if found else 0
    return rates_of(
        total=upload.total_records,
        valid=upload.valid_records + fixed,
        skipped=upload.skipped_records,
        errors=upload.error_records - fixed,
    ).success
