"""Who hears about a run, and how: by an email at once, in the daily digest, or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User

from imports.models import Notification, Upload
from imports.models.upload import INTERNAL
from vendors.models import Member, Person, Vendor
from vendors.team import is_of

Reason = Notification.Reason
# Ends that no page has announced and that no one expects: after a failure on our side, when the
# file did not arrive, and when it was not released in time. Everyone gets an email about them,
# whatever they have chosen.
SAID_BY_EMAIL_ONLY = (INTERNAL, "NEVER_ARRIVED", "NOT_RELEASED")


@dataclass(frozen=True)
class Recipient:
    """`choice`: which emails they want; whose address is not a person's gets all."""

    to: str
    reason: Notification.Reason
    person: User | None = None
    choice: str = Person.Emails.ALL.value

    def is_emailed(self, upload: Upload) -> bool:
        """Whether they get an email about this run, which has ended."""
        has_failed = upload.status == Upload.Status.FAILED
        if has_failed and upload.failure_code in SAID_BY_EMAIL_ONLY:
            return True
        if self.choice == Person.Emails.PROBLEMS:
            return upload.status in Upload.PROBLEMS
        return self.choice == Person.Emails.ALL

    def reads_digest(self, upload: Upload) -> bool:
        """Whether the run is listed in their next digest."""
        return self.choice == Person.Emails.DIGEST and not self.is_emailed(upload)


def recipients(upload: Upload) -> list[Recipient]:
    """All of them, whatever they have chosen, and each address once. The uploader comes first, then
    the vendor, then its extra recipients: who is both gets what they have chosen as a person."""
    found: dict[str, Recipient] = {}
    for each in own_recipients(upload):
        found.setdefault(each.to.lower(), each)
    return list(found.values()) or [Recipient(settings.NOTIFICATION_EMAIL, Reason.STAFF)]


def own_recipients(upload: Upload) -> Iterator[Recipient]:
    """Those who are meant for this upload; without any, staff get the email."""
    uploader = uploader_of(upload)
    vendor = upload.vendor
    if uploader is not None:
        yield as_person(uploader, Reason.UPLOADER)
    if vendor is not None:
        if uploader is None or is_for_vendor(uploader, vendor):
            yield from of_vendor(vendor, with_owners=uploader is not None)
        yield from (Recipient(each, Reason.EXTRA) for each in vendor.extra_recipients)
    mailbox = settings.NOTIFICATION_EMAILS.get(upload.dataset, "")
    if uploader is None and mailbox and not (vendor and vendor.contact_email):
        yield Recipient(mailbox, Reason.MAILBOX)


def uploader_of(upload: Upload) -> User | None:
    """Who has sent the file, if we may and can write to them. For rows that no person has sent, who
    sent the file that they are from."""
    sender = upload.uploaded_by
    if upload.is_automatic and upload.corrects:
        sender = upload.corrects.uploaded_by
    if sender is None or not sender.email or not is_of(sender, upload.vendor_id):
        return None  # has left the vendor, and reads nothing more about it
    return sender


def is_for_vendor(uploader: User, vendor: Vendor) -> bool:
    """Whether staff have sent the file for the vendor, which may not expect it."""
    return uploader.is_staff and not uploader.memberships.filter(vendor=vendor).exists()


def of_vendor(vendor: Vendor, *, with_owners: bool) -> Iterator[Recipient]:
    """Its contact, or else its owners."""
    if vendor.contact_email:
        yield Recipient(vendor.contact_email, Reason.CONTACT)
    elif with_owners:
        owners = Member.objects.filter(vendor=vendor, role=Member.Role.OWNER, user__is_active=True)
        for owner in owners.exclude(user__email="").select_related("user__person").order_by("pk"):
            yield as_person(owner.user, Reason.OWNER)


def as_person(user: User, reason: Notification.Reason) -> Recipient:
    person: Person | None = getattr(user, "person", None)
    return Recipient(user.email, reason, user, person.emails if person else Person.Emails.ALL)


def recipient(upload: Upload) -> str:
    """The first one's address: for emails that answer one person."""
    return recipients(upload)[0].to


def recipient_again(mail: Notification) -> str:
    """Where the email goes when it is sent again: to the address that the person, vendor or data
    set has today. Not to staff's mailbox instead of a deleted user: it may contain that user's
    link. The answer to a request goes to who asked."""
    if mail.kind != Notification.Kind.RUN_ENDED:
        return mail.to
    upload = mail.upload
    match mail.reason:
        case Reason.UPLOADER | Reason.OWNER if mail.person and is_of(mail.person, upload.vendor_id):
            return mail.person.email or mail.to
        case Reason.CONTACT if upload.vendor:
            return upload.vendor.contact_email or mail.to
        case Reason.MAILBOX:
            return settings.NOTIFICATION_EMAILS.get(upload.dataset) or mail.to
        case Reason.EXTRA | Reason.OWNER:
            return mail.to
    found = next(own_recipients(upload), None)
    return found.to if found else mail.to
