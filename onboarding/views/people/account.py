"""The person's own pages: name, time zone and emails; the address; the password; the vendor that
they work for."""

from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from imports.notifications import plain_email
from imports.notifications.addresses import home_url
from onboarding.middleware.after_response import after_response
from onboarding.people.account import (
    AddressForm,
    AddressTaken,
    AddressTokenInvalid,
    ChoicesForm,
    address_token,
    change_address,
    read_address,
)
from onboarding.people.passwords import ChangedPassword
from vendors import people
from vendors.login_limits import remember_device


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ChoicesForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, gettext("Changes saved."))
        return redirect("account")
    return account_page(request, form, AddressForm(user))


@sensitive_post_parameters()
@require_POST
def account_email(request: HttpRequest) -> HttpResponse:
    """Mails a link to the new address. Until it is opened, the present address stays."""
    user: Any = request.user
    form = AddressForm(user, request.POST)
    if not form.is_valid():
        return account_page(request, ChoicesForm(user), form)
    to = form.cleaned_data["email"]
    link = f"{settings.PORTAL_URL}/account/email/{address_token(user, to)}/"
    subject = gettext("Confirm your new email address")
    template = "onboarding/mail/confirm_email.txt"
    after_response(partial(plain_email.send, to, subject, template, {"link": link, "to": to}))
    text = gettext("We sent a link to %(to)s. Open it to use that address from then on.")
    messages.success(request, text % {"to": to})
    return redirect("account")


def account_page(request: HttpRequest, choices: ChoicesForm, address: AddressForm) -> HttpResponse:
    is_wrong = bool(choices.errors or address.errors)
    page = {
        "form": choices if choices.errors else address,
        "choices": choices,
        "address": address,
        "tab": "account",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "onboarding/account/account.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for a click: programs that look at links open this page, too."""
    user: Any = request.user
    try:
        to = read_address(user, token)
    except AddressTokenInvalid:
        return render(request, "onboarding/account/email_over.html", status=HTTPStatus.GONE)
    if request.method != "POST":
        return render(request, "onboarding/account/confirm_email.html", {"to": to})
    before = user.email
    try:
        changed = change_address(user, to)
    except AddressTaken:
        messages.error(request, gettext("Another account has this address now."))
        return redirect("account")
    if before:
        subject = gettext("Your email address was changed")
        template = "onboarding/mail/email_changed.txt"
        about = {"to": to, "home_url": home_url()}
        after_response(partial(plain_email.send, before, subject, template, about))
    messages.success(request, gettext("Your email address is now %(to)s.") % {"to": to})
    response = redirect("account")
    remember_device(response, changed)
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account_password(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ChangedPassword(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        text = gettext("Your password was changed. Other devices were logged out.")
        messages.success(request, text)
        return redirect("account")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = {"form": form, "tab": "account"}
    return render(request, "onboarding/account/password.html", page, status=status)


@require_POST
def switch_vendor(request: HttpRequest) -> HttpResponse:
    """Work for another of one's vendors from now on."""
    vendor_id = request.POST.get("vendor", "")
    member = people.work_for(request.user, vendor_id)
    if member is None:
        raise PermissionDenied("not a member of that vendor")
    text = gettext("You’re working for %(vendor)s now.") % {"vendor": member.vendor.name}
    messages.success(request, text)
    goal = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(goal, {request.get_host()}, request.is_secure())
    return redirect(goal if is_ours else "home")
