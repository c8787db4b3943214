"""Inviting people to work for a vendor: inviting, accepting, revoking.

All of it locks the vendor first, as all changes of its members do. So two invitations of one
address at the same time are one, and of two clicks on "accept" the second finds it accepted.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.timezone import now
from django.utils.translation import gettext as _

from imports.execution.hints import send_mail_hint
from imports.models import Invitation
from imports.models.invitation import VALID_FOR
from imports.models.mapping import VendorsQuerySet
from vendors import people, team
from vendors.models import Member, Vendor
from vendors.names import MAX_USERNAME, is_taken
from vendors.throttle import Limit

LIMIT = Limit("invitations", 20, timedelta(hours=1))  # of a vendor
KEPT = timedelta(days=settings.AUDIT_KEPT_DAYS)


class CannotInvite(Exception):
    """Why, in a sentence."""


class NotOpen(Exception):
    """The link does not work any more. `invitation` is as it is now."""

    def __init__(self, invitation: Invitation) -> None:
        super().__init__(str(invitation))
        self.invitation = invitation


class CannotAccept(Exception):
    """Why this person cannot, in a sentence."""


class AccountExists(Exception):
    """There is an account with this address: its owner logs in instead."""


def invite(*, vendor_id: str, to: str, role: str, by: User) -> Invitation:
    """Invite the address; an earlier invitation of it ends. One that was not sent yet and says the
    same is returned instead.

    Raises CannotInvite.
    """
    to = to.strip().lower()
    if len(to) > MAX_USERNAME:
        raise CannotInvite(_("Enter an address of %s characters or fewer.") % MAX_USERNAME)
    with transaction.atomic():
        vendor = team.lock(vendor_id)
        if not vendor.is_active:
            raise CannotInvite(_("%s is not active. Activate it first.") % vendor.name)
        members = Member.objects.filter(vendor=vendor, user__email__iexact=to)
        if (member := members.first()) is not None:
            text = _("%(address)s is already a member, as %(role)s.")
            raise CannotInvite(text % {"address": to, "role": member.role_title.lower()})
        earlier: Invitation | None = open_ones(vendor).filter(to=to).first()
        if earlier and earlier.is_unsent and earlier.role == role and earlier.is_wanted:
            return earlier
        if not LIMIT.allows(vendor.pk):
            raise CannotInvite(
                _("You have sent %s invitations within an hour. Try again later.") % LIMIT.most
            )
        if earlier:
            end(earlier)
        invitation = Invitation(
            vendor=vendor, to=to, role=role, invited_by=by, expires_at=now() + VALID_FOR
        )
        invitation.queue()
        invitation.save()
        transaction.on_commit(send_mail_hint, robust=True)
    return invitation


def invite_again(invitation: Invitation, *, by: User) -> Invitation:
    """Send another email with a new link; the link before ends. Raises CannotInvite."""
    to, role = invitation.to, invitation.role
    return invite(vendor_id=invitation.vendor_id, to=to, role=role, by=by)


def open_ones(vendor: Vendor) -> VendorsQuerySet:
    """Those of the vendor that were neither accepted nor revoked; some may have expired."""
    found: VendorsQuerySet = Invitation.objects.filter(vendor=vendor)
    return found.filter(accepted_at=None, revoked_at=None)


def end(invitation: Invitation) -> None:
    """Its link does not work any more, and its email is not sent if it was not yet. The caller
    holds the vendor's lock."""
    rows = Invitation.objects.select_for_update().filter(pk=invitation.pk)
    for each in rows:
        if each.is_unsent:
            each.end(each.State.FAILED, reason=_("It ended before it was sent."))
        each.revoked_at = Now()
        each.save(update_fields=[*each.PROGRESS, "revoked_at"])


def revoke(invitation: Invitation) -> bool:
    """Returns False if it was accepted or revoked before."""
    with transaction.atomic():
        vendor = team.lock(invitation.vendor_id)
        found = open_ones(vendor).filter(pk=invitation.pk).first()
        if found:
            end(found)
    return found is not None


def find(number: int) -> Invitation | None:
    related = ("vendor", "invited_by")
    found: Invitation | None = Invitation.objects.select_related(*related).filter(pk=number).first()
    return found


def works(invitation: Invitation) -> bool:
    """Whether it can be accepted now."""
    return invitation.outcome == Invitation.Outcome.OPEN and invitation.vendor.is_active


def accept(invitation: Invitation, *, by: User) -> Member:
    """Make the user a member, who works for this vendor from now on. A second click of the same
    user finds the membership.

    Raises NotOpen, CannotAccept.
    """
    with transaction.atomic():
        present = locked(invitation)
        member = Member.objects.filter(user=by, vendor=present.vendor).first()
        if member is not None and present.accepted_by_id == by.pk:
            return member
        if not works(present):
            raise NotOpen(present)
        refuse(present, by, member)
        member = Member.objects.create(user=by, vendor=present.vendor, role=present.role)
        settle(present, by)
    return member


def accept_as_new(invitation: Invitation, *, name: str, password: str) -> User:
    """Make an account for the address, and its owner a member. Reading the email has shown whose
    the address is.

    Raises NotOpen, AccountExists.
    """
    try:
        with transaction.atomic():
            present = locked(invitation)
            if not works(present):
                raise NotOpen(present)
            if is_taken(present.to):
                raise AccountExists(present.to)
            user = User.objects.create_user(present.to, present.to, password, first_name=name)
            Member.objects.create(user=user, vendor=present.vendor, role=present.role)
            settle(present, user)
    except IntegrityError as error:  # the invitation of another vendor was accepted just now
        raise AccountExists(invitation.to) from error
    return user


def refuse(invitation: Invitation, user: User, member: Member | None) -> None:
    """Raises CannotAccept."""
    name = invitation.vendor.name
    if user.is_staff:
        raise CannotAccept(_("Your account is one of our staff’s, which belong to no vendor."))
    if member is not None:
        text = _("You’re already a member of %(vendor)s, as %(role)s. Its owners can change that.")
        raise CannotAccept(text % {"vendor": name, "role": member.role_title.lower()})


def locked(invitation: Invitation) -> Invitation:
    """As it is now, with the vendor and it locked."""
    team.lock(invitation.vendor_id)
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("vendor")
    found: Invitation = rows.get(pk=invitation.pk)
    return found


def settle(invitation: Invitation, user: User) -> None:
    """It is accepted; its email needs no further attempt."""
    if invitation.is_unsent:
        invitation.end(invitation.State.SENT)
    invitation.accepted_at, invitation.accepted_by = now(), user
    invitation.save(update_fields=[*invitation.PROGRESS, "accepted_at", "accepted_by"])
    people.choose(user, vendor=invitation.vendor)


def delete_old() -> int:
    """Delete those that ended long ago. Returns how many. Part of `clean_up`."""
    old: int = Invitation.objects.filter(
        expires_at__lt=now() - KEPT, next_attempt_at=None
    ).delete()[0]
    return old
