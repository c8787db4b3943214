"""The pages of API tokens: those of the vendor, a new one, which is shown once, revoking one."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from imports.rules.quantities import days
from vendors import tokens
from vendors.access import READ_PRODUCTS, READ_UPLOADS, SEND_UPLOADS, WEBHOOKS, Access, access_of
from vendors.models import ApiToken, Vendor

SHOWN = 50  # of the vendor's tokens, the newest
LIVES = (30, 90, 180, 365, tokens.LONGEST_LIFE.days)
USUAL_LIFE = 90
# With what each is for.
SCOPES = (
    (
        READ_UPLOADS,
        _("Read uploads"),
        _("Follow uploads and read their results, errors and changes."),
    ),
    (
        SEND_UPLOADS,
        _("Send and change uploads"),
        _("Send files and rows; correct, retry, cancel, release and undo uploads."),
    ),
    (READ_PRODUCTS, _("Read products"), _("List your products with their prices and stock.")),
    (
        WEBHOOKS,
        _("Manage webhooks"),
        _("Add, change and delete webhooks, and see what was sent to them."),
    ),
)
USUAL = (READ_UPLOADS, SEND_UPLOADS, READ_PRODUCTS)  # what the guide of the API needs


class TokenForm(forms.Form):
    """What a new token is called, what it may do, and for how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        error_messages={"required": _("Enter a name by which you will know the program.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(key, title) for key, title, _about in SCOPES],
        initial=USUAL,
        error_messages={"required": _("Choose what the program may do.")},
    )
    life = forms.TypedChoiceField(
        label=_("It works for"), coerce=int, choices=[(n, n) for n in LIVES], initial=USUAL_LIFE
    )

    def __init__(self, access: Access, *args: Any) -> None:
        super().__init__(*args)
        scopes: Any = self.fields["scopes"]
        allowed = access.grantable([key for key, _title, _about in SCOPES])
        self.explained = [scope for scope in SCOPES if scope[0] in allowed]
        scopes.choices = [(key, title) for key, title, _about in self.explained]
        scopes.initial = [key for key in USUAL if key in allowed]

    @property
    def lives(self) -> list[tuple[str, str, bool]]:
        """(value, words, whether it is chosen)."""
        return [(str(n), days(n), str(n) == str(self["life"].value())) for n in LIVES]


@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    access = member_access(request)
    form = TokenForm(access, request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    created: tuple[ApiToken, str] | None = None
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                created = new_token(access, form.cleaned_data, by=request.user)
                status = HTTPStatus.CREATED
                form = TokenForm(access)
            except tokens.TooManyTokens:
                words = gettext("You have %(most)s tokens, which is the limit. Revoke one first.")
                form.add_error(None, words % {"most": tokens.MOST_OF_VENDOR})
    page = {
        "access": access,
        "form": form,
        "created": created,
        "tokens": list(
            ApiToken.objects.visible_to(access).select_related("created_by", "revoked_by")[:SHOWN]
        ),
        "now": now(),
        "most": tokens.MOST_OF_VENDOR,
    }
    return render(request, "onboarding/tokens.html", page, status=status)


def member_access(request: HttpRequest, *, acts: bool = False) -> Access:
    """What a member may see; with `acts`, of one who may also change it.

    Raises PermissionDenied for others, and for staff: tokens are the vendors' own.
    """
    access = access_of(request.user)
    if access.vendor_id is None or (acts and not access.acts):
        raise PermissionDenied("only members have tokens, and viewers change nothing")
    return access


def new_token(access: Access, chosen: dict[str, Any], *, by: Any) -> tuple[ApiToken, str]:
    """Raises TooManyTokens."""
    return tokens.create(
        vendor=Vendor.objects.visible_to(access).get(),
        name=chosen["name"],
        scopes=chosen["scopes"],
        life=timedelta(days=chosen["life"]),
        by=by,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """Asks for confirmation: the program that has the token stops working. Viewers can revoke only
    what they have created."""
    access = member_access(request)
    token = get_object_or_404(ApiToken.objects.visible_to(access), pk=number)
    if not access.acts and token.created_by_id != request.user.pk:
        raise PermissionDenied("viewers revoke only what they have created")
    if request.method != "POST":
        return render(request, "onboarding/revoke_token.html", {"token": token, "now": now()})
    tokens.revoke(token, by=request.user)  # type: ignore[arg-type]
    messages.success(request, gettext("The token was revoked. It no longer works."))
    return redirect("api_tokens")
