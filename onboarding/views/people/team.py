"""The pages about who works for the vendor: members, roles, invitations, extra recipients.

Everyone of the vendor sees them; owners change them.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports.models import Invitation
from imports.people import invitations
from onboarding.people.team import InviteForm, RecipientsForm, RoleForm
from vendors import team as members_of_vendor
from vendors.access import Access, access_of
from vendors.models import Member, Vendor


def owner_access(request: HttpRequest) -> Access:
    """Raises PermissionDenied for those who do not manage a vendor."""
    access = access_of(request.user)
    if not access.manages:
        raise PermissionDenied("only owners say who is a member")
    return access


def member_access(request: HttpRequest) -> Access:
    """Raises PermissionDenied for those who are no members."""
    access = access_of(request.user)
    if access.vendor_id is None:
        raise PermissionDenied("only members have a team")
    return access


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    return team_page(request, member_access(request))


def team_page(
    request: HttpRequest,
    access: Access,
    *,
    invite_form: InviteForm | None = None,
    recipients_form: RecipientsForm | None = None,
) -> HttpResponse:
    vendor = Vendor.objects.visible_to(access).get()
    members = Member.objects.filter(vendor=vendor).select_related("user")
    open_ones = invitations.open_ones(vendor).select_related("invited_by")
    filled = recipients_form if recipients_form and recipients_form.errors else invite_form
    page = {
        "access": access,
        "vendor": vendor,
        "members": sorted(members, key=by_role),
        "invitations": list(open_ones) if access.manages else [],
        "now": now(),
        "form": filled,
        "invite": invite_form or InviteForm(),
        "recipients": recipients_form or RecipientsForm.of(vendor),
        "tab": "team",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if filled else HTTPStatus.OK
    return render(request, "onboarding/account/team.html", page, status=status)


def by_role(member: Member) -> tuple[int, str]:
    """Owners first, and then by name."""
    name = member.user.get_full_name() or member.user.get_username()
    return Member.Role.values.index(member.role), name.lower()


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    access = owner_access(request)
    form = InviteForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            invited = invitations.invite(
                vendor_id=str(access.vendor_id),
                to=chosen["to"],
                role=chosen["role"],
                by=by(request),
            )
        except invitations.CannotInvite as error:
            form.add_error("to", str(error))
        else:
            messages.success(request, said_invited(invited))
            return redirect("team")
    return team_page(request, access, invite_form=form)


def said_invited(invitation: Invitation) -> str:
    return gettext("We’re sending an invitation to %(to)s.") % {"to": invitation.to}


def of_invitation(action: Callable[[HttpRequest, Invitation], None]) -> Callable[..., HttpResponse]:
    """The view of a button beside an open invitation."""

    @require_POST
    def view(request: HttpRequest, number: int) -> HttpResponse:
        access = owner_access(request)
        action(request, get_object_or_404(Invitation.objects.visible_to(access), pk=number))
        return redirect("team")

    return view


def send_again(request: HttpRequest, invitation: Invitation) -> None:
    if invitation.accepted_at or invitation.revoked_at:
        messages.info(request, gettext("This invitation was accepted or revoked meanwhile."))
        return
    try:
        messages.success(
            request, said_invited(invitations.invite_again(invitation, by=by(request)))
        )
    except invitations.CannotInvite as error:
        messages.error(request, str(error))


def revoke(request: HttpRequest, invitation: Invitation) -> None:
    if invitations.revoke(invitation):
        messages.success(request, gettext("The invitation was revoked. Its link does not work."))
    else:
        messages.info(request, gettext("This invitation was accepted or revoked meanwhile."))


resend_invitation = of_invitation(send_again)
revoke_invitation = of_invitation(revoke)


@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, number: int) -> HttpResponse:
    """The role of one member."""
    found = one_of(owner_access(request), number)
    form = RoleForm(request.POST if request.method == "POST" else {"role": found.role})
    if request.method != "POST" or not form.is_valid():
        page = {"member": found, "form": form, "tab": "team"}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render(request, "onboarding/account/member.html", page, status=status)
    try:
        members_of_vendor.change_role(found, form.cleaned_data["role"])
    except members_of_vendor.LastOwner:
        messages.error(request, last_owner())
        return redirect("team_member", number)
    messages.success(request, gettext("The role was changed."))
    return redirect("team")


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Asks for confirmation. Everyone can remove themselves, owners can remove everyone."""
    access = member_access(request)
    found = one_of(access, number)
    is_own = found.user_id == request.user.pk
    if not (is_own or access.manages):
        raise PermissionDenied("only owners remove others")
    if request.method != "POST":
        page = {"member": found, "is_own": is_own, "tab": "team"}
        return render(request, "onboarding/account/remove_member.html", page)
    try:
        members_of_vendor.remove(found, by=by(request))
    except members_of_vendor.LastOwner:
        messages.error(request, last_owner())
        return redirect("team")
    if is_own:
        text = gettext("You’re no longer a member of %(vendor)s.")
        messages.success(request, text % {"vendor": found.vendor.name})
        return redirect("home")
    messages.success(request, gettext("The member was removed, with their API tokens."))
    return redirect("team")


def last_owner() -> str:
    return gettext("A company needs an owner. Make another member an owner first.")


def one_of(access: Access, number: int) -> Member:
    """A member of the person's vendor. Raises Http404."""
    members = Member.objects.filter(vendor=access.vendor_id).select_related("user", "vendor")
    return get_object_or_404(members, pk=number)


@require_POST
def recipients(request: HttpRequest) -> HttpResponse:
    access = owner_access(request)
    form = RecipientsForm(request.POST)
    if not form.is_valid():
        return team_page(request, access, recipients_form=form)
    chosen = form.cleaned_data["addresses"]
    Vendor.objects.filter(pk=access.vendor_id).update(extra_recipients=chosen)
    messages.success(request, gettext("Changes saved."))
    return redirect("team")


def by(request: HttpRequest) -> Any:
    return request.user
