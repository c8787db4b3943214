"""The page that an invitation leads to. Opening it changes nothing: programs that look at the links
of emails open it, too."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from imports.models import Invitation
from imports.people import invitations, links
from onboarding.people.passwords import NewPassword
from vendors.login_limits import remember_device
from vendors.models import Member
from vendors.names import is_taken

BACKEND = "django.contrib.auth.backends.ModelBackend"  # as after a login with the password


class NewAccount(NewPassword):
    """What a new person chooses. The username is the address."""

    name = forms.CharField(
        label=_("Your name"), max_length=150, error_messages={"required": _("Enter your name.")}
    )
    field_order = ("name", "new_password1", "new_password2")

    def clean_name(self) -> str:
        """Also for the rule that a password is not like it."""
        name: str = self.cleaned_data["name"]
        self.user.first_name = name
        return name


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        found = invitations.find(links.read(token))
    except links.LinkInvalid as error:
        raise Http404("not a link of ours") from error
    if found is None:
        raise Http404("deleted")
    try:
        if request.user.is_authenticated:
            return as_person(request, found)
        return as_stranger(request, found)
    except invitations.NotOpen as error:
        return over(request, error.invitation)


def as_person(request: HttpRequest, found: Invitation) -> HttpResponse:
    """For someone who is logged in, maybe with another address than the one invited."""
    user: Any = request.user
    if request.method == "POST":
        try:
            member = invitations.accept(found, by=user)
        except invitations.CannotAccept as error:
            return page_of(request, found, HTTPStatus.CONFLICT, reason=str(error))
        return welcome(request, member)
    is_mine = found.accepted_by_id == user.pk
    if is_mine and Member.objects.filter(user=user, vendor=found.vendor_id).exists():
        return redirect("home")
    if not invitations.works(found):
        return over(request, found)
    return page_of(request, found, is_other=user.email.lower() != found.to)


def as_stranger(request: HttpRequest, found: Invitation) -> HttpResponse:
    """For someone who is not logged in: who has an account logs in, others make one."""
    if not invitations.works(found):
        return over(request, found)
    if is_taken(found.to):
        return page_of(request, found, has_account=True)
    person = User(username=found.to, email=found.to)
    form = NewAccount(person, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return page_of(request, found, form=form)
    if not form.is_valid():
        return page_of(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    chosen = form.cleaned_data
    try:
        user = invitations.accept_as_new(
            found, name=chosen["name"], password=chosen["new_password1"]
        )
    except invitations.AccountExists:
        return page_of(request, found, HTTPStatus.CONFLICT, has_account=True)
    login(request, user, backend=BACKEND)
    response = welcome(request, user.memberships.get())
    remember_device(response, user)
    return response


def welcome(request: HttpRequest, member: Member) -> HttpResponse:
    text = gettext("Welcome to %(vendor)s. You’re a member, as %(role)s.")
    about = {"vendor": member.vendor.name, "role": member.role_title.lower()}
    messages.success(request, text % about)
    return redirect("home")


def page_of(
    request: HttpRequest, found: Invitation, status: HTTPStatus = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    page = {"invitation": found, "path": request.path, **more}
    return render(request, "onboarding/invitation.html", page, status=status)


def over(request: HttpRequest, found: Invitation) -> HttpResponse:
    """Says why the link does not work any more."""
    page = {"invitation": found}
    return render(request, "onboarding/invitation_over.html", page, status=HTTPStatus.GONE)
