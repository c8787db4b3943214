"""Why a recipient gets an email about a run, and where that can be changed: at its foot."""

from dataclasses import dataclass

from django.utils.translation import gettext

from imports import datasets
from imports.models import Notification, Upload
from imports.notifications import addresses
from imports.notifications.recipients import Recipient

Reason = Notification.Reason


@dataclass(frozen=True)
class Why:
    """A sentence, and a link with its title; "" where only we can change it."""

    text: str
    url: str = ""
    title: str = ""


def why(recipient: Recipient, upload: Upload) -> Why:
    match recipient.reason:
        case Reason.UPLOADER:
            return of_person(because_sent(upload))
        case Reason.OWNER:
            text = gettext("You get this email because you’re an owner of %s.")
            return of_person(text % vendor_of(upload))
        case Reason.EXTRA:
            text = gettext("This address gets this email as an extra recipient of %s.")
            title = gettext("Owners can change that")
            return Why(text % vendor_of(upload), addresses.team_url(), title)
        case Reason.CONTACT:
            text = gettext("This address gets this email as the contact of %s. We can change that.")
            return Why(text % vendor_of(upload))
        case Reason.MAILBOX:
            text = gettext("This address gets this email as the mailbox for %s.")
            return Why(text % datasets.title_of(upload.dataset))
    return Why(gettext("This address gets this email because it has no other recipient."))


def because_sent(upload: Upload) -> str:
    if upload.is_undo:
        return gettext("You get this email because you undid an upload.")
    if upload.is_automatic:
        return gettext("You get this email because you sent the file that these rows are from.")
    return gettext("You get this email because you sent this file.")


def of_person(text: str) -> Why:
    """Persons choose their emails themselves."""
    return Why(text, addresses.account_url(), gettext("Choose which emails you get"))


def vendor_of(upload: Upload) -> str:
    return upload.vendor.name if upload.vendor else ""
