"""What the emails to people say."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.timezone import override
from django.utils.translation import gettext as _

from imports.models import Digest, Invitation, PersonMail, VendorNotice
from imports.notifications import addresses
from imports.people import links, summary


@dataclass(frozen=True)
class Text:
    subject: str
    plain: str
    html: str


def text_of(mail: PersonMail) -> Text:
    """Subject and bodies, of what is true now."""
    match mail:
        case Invitation():
            return invitation_text(mail)
        case VendorNotice():
            return notice_text(mail)
        case Digest():
            return digest_text(mail)
    raise TypeError(type(mail))


def invitation_text(invitation: Invitation) -> Text:
    by = invitation.invited_by
    context = {
        "invitation": invitation,
        "vendor": invitation.vendor.name,
        # Staff are not named: for the vendor, all of them are TechMart.
        "by": (by.get_full_name() or by.get_username()) if by and not by.is_staff else "",
        "url": links.invitation_url(invitation),
    }
    subject = _("Join %(vendor)s on TechMart vendor onboarding") % {"vendor": context["vendor"]}
    return rendered("invitation", subject, context)


def notice_text(notice: VendorNotice) -> Text:
    context = {"notice": notice, "vendor": notice.vendor.name, "url": addresses.home_url()}
    if notice.kind == VendorNotice.Kind.DEACTIVATED:
        subject = _("Your vendor account %(vendor)s was deactivated")
    else:
        subject = _("Your vendor account %(vendor)s is active again")
    return rendered("vendor_notice", subject % {"vendor": context["vendor"]}, context)


def digest_text(digest: Digest) -> Text:
    """With times of the person's time zone, as on the pages."""
    zone = digest.user.person.zone
    said = summary.of(digest)
    context = {
        "summary": said,
        "zone": zone.key,
        "uploads_url": addresses.uploads_url(),
        "account_url": addresses.account_url(),
    }
    return rendered("digest", said.headline, context, zone)


def rendered(name: str, subject: str, context: dict[str, Any], zone: tzinfo = UTC) -> Text:
    support = {"support_email": settings.SUPPORT_EMAIL, "support_url": settings.SUPPORT_URL}
    with override(zone):
        plain, html = (
            render_to_string(f"imports/mail/{name}.{kind}", {**context, **support})
            for kind in ("txt", "html")
        )
    return Text(" ".join(subject.split()), plain, html)
