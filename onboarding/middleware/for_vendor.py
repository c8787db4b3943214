"""Forms of people who work for several vendors say which one they are for.

Someone may open a form, switch to another vendor in a second window, and send the form then. It is
refused, whatever it would do.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from catalog.models import Product
from imports.models import Upload
from onboarding.middleware.sign_in import is_private
from vendors.access import access_of, current_membership, memberships_of
from vendors.models import Vendor

FIELD = "for_vendor"
# Forms about the person, whatever vendor they work for.
OF_PERSON = {
    *("logout", "switch_vendor", "account", "account_email", "confirm_email", "account_password"),
    *("account_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn"),
    *("mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_generate_recovery_codes"),
}


def vendor_to_say(user: Any) -> Vendor | None:
    """The vendor that a person works for at present, if they could work for others, too."""
    if not user.is_authenticated or access_of(user).vendor_id is None:
        return None
    current = current_membership(user)
    return current.vendor if current and len(memberships_of(user)) > 1 else None


class ForVendorMiddleware:
    """Refuses forms for another vendor than the one that the person works for at present, and asks
    before it shows a page of another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        name = request.resolver_match and request.resolver_match.url_name
        if request.method != "POST" or not is_private(request) or name in OF_PERSON:
            return None
        vendor, said = vendor_to_say(request.user), request.POST.get(FIELD)
        if vendor is None or said == vendor.pk:
            return None
        return ask(request, vendor, said, was_sent=True)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """For a page that is not found, because it is one of another vendor of the person."""
        is_missing = isinstance(error, Http404) and request.method in ("GET", "HEAD")
        if not is_missing or not is_private(request):
            return None
        vendor = vendor_to_say(request.user)
        owner = owner_of(request) if vendor else None
        is_of_theirs = owner in {one.vendor_id for one in memberships_of(request.user)}
        return ask(request, vendor, owner, was_sent=False) if vendor and is_of_theirs else None


def owner_of(request: HttpRequest) -> str | None:
    """The vendor of the upload or product that the address names."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    if upload_id := named.get("upload_id"):
        return Upload.objects.filter(pk=upload_id).values_list("vendor", flat=True).first()
    if product_id := named.get("product_id"):
        return Product.objects.filter(pk=product_id).values_list("vendor", flat=True).first()
    return None


def ask(
    request: HttpRequest, current: Vendor, other: str | None, *, was_sent: bool
) -> HttpResponse:
    """The page that says for which vendor the form or page is, and offers to switch to it."""
    found = {one.vendor_id: one.vendor for one in memberships_of(request.user)}
    page = {
        "other": found.get(other or ""),
        "current": current,
        "was_sent": was_sent,
        "path": page_of_form(request) if was_sent else request.get_full_path(),
    }
    return render(request, "onboarding/other_vendor.html", page, status=HTTPStatus.CONFLICT)


def page_of_form(request: HttpRequest) -> str:
    """The page that the form is on, as far as the browser says so."""
    page = urlsplit(request.headers.get("Referer", ""))
    return f"{page.path}?{page.query}" if page.query else page.path
