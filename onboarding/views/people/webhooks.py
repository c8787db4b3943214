"""The pages of webhooks: those of the vendor, a new one, one with its log and its buttons."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from imports.models import WebhookDelivery, WebhookEndpoint
from imports.webhooks import endpoints, signing
from imports.webhooks.connection import NotAllowed, check_url
from onboarding.people.webhook_log import Log
from onboarding.views.people.tokens import member_access
from vendors.access import Access
from vendors.models import Vendor

JUST_MADE = "new_webhook"  # in the session: the number of a webhook
ONE_CLICK = timedelta(seconds=10)  # what is added twice within it was clicked twice
USUAL = [WebhookEndpoint.Event.FINISHED, WebhookEndpoint.Event.REFUSED]


class WebhookForm(forms.Form):
    """Where what is sent."""

    url = forms.CharField(
        label=_("Address"),
        error_messages={"required": _("Enter the address of your program.")},
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=WebhookEndpoint.Event.choices,
        initial=USUAL,
        error_messages={"required": _("Choose at least one event.")},
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_url(url)
        except NotAllowed as error:
            raise forms.ValidationError(str(error)) from error
        return url


def visible(access: Access) -> "QuerySet[WebhookEndpoint]":
    found: QuerySet[WebhookEndpoint] = WebhookEndpoint.objects.visible_to(access)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    access = member_access(request, acts=request.method == "POST")
    form = WebhookForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                endpoint = add(access, form.cleaned_data, by=request.user)
            except endpoints.TooManyWebhooks:
                words = gettext("You have %(most)s webhooks, which is the limit. Delete one first.")
                form.add_error(None, words % {"most": endpoints.MOST_OF_VENDOR})
            else:
                messages.success(request, gettext("The webhook was added. We’re sending a ping."))
                return with_secret(request, endpoint)
    page = {
        "access": access,
        "form": form,
        "webhooks": list(visible(access).select_related("created_by")),
        "most": endpoints.MOST_OF_VENDOR,
    }
    return render(request, "onboarding/webhooks.html", page, status=status)


def add(access: Access, chosen: dict[str, Any], *, by: Any) -> WebhookEndpoint:
    """A new one; the first one after a double click. Raises TooManyWebhooks."""
    url, events = chosen["url"], endpoints.in_order(chosen["events"])
    with transaction.atomic():
        vendor = Vendor.objects.visible_to(access).select_for_update().get()
        same = visible(access).filter(url=url, events=events, created_by=by)
        just_added = same.filter(created_at__gt=now() - ONE_CLICK).first()
        return just_added or endpoints.create(vendor, url=url, chosen=events, by=by)


def with_secret(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    """To its page, which shows the secret the next time, and never again."""
    request.session[JUST_MADE] = endpoint.pk
    return redirect("webhook", endpoint.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def webhook(request: HttpRequest, number: int) -> HttpResponse:
    """The page; or, when the page itself polls, the part of it that changes."""
    access = member_access(request, acts=request.method == "POST")
    endpoint = get_object_or_404(visible(access).select_related("created_by"), pk=number)
    log = Log(endpoint, state=request.GET.get("state", ""), number=request.GET.get("page"))
    page: dict[str, Any] = {
        "access": access,
        "webhook": endpoint,
        "log": log,
        "now": now(),
        "kept": endpoints.KEPT_OF_ENDPOINT,
    }
    if request.headers.get("HX-Request") == "true":
        if request.GET.get("seen") == log.fingerprint:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        says_more = request.GET.get("said", "") != log.last_ping
        return render(request, "onboarding/webhook_log.html", page | {"says_more": says_more})
    form = WebhookForm({"url": endpoint.url, "events": endpoint.events})
    if request.method == "POST":
        form = WebhookForm(request.POST)
        if form.is_valid():
            change(access, number, form.cleaned_data)
            messages.success(request, gettext("The changes were saved."))
            return redirect("webhook", number)
    elif request.method == "GET" and request.session.get(JUST_MADE) == number:
        del request.session[JUST_MADE]
        page["secret"] = signing.secret_of(endpoint.seed)
    is_wrong = request.method == "POST"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    shown = page | {"form": form, "is_wrong": is_wrong}
    return render(request, "onboarding/webhook.html", shown, status=status)


def change(access: Access, number: int, chosen: dict[str, Any]) -> None:
    with transaction.atomic():
        endpoint = get_object_or_404(endpoints.locked().visible_to(access), pk=number)
        endpoints.change(endpoint, url=chosen["url"], chosen=chosen["events"])


@require_http_methods(["GET", "HEAD", "POST"])
def replace_webhook_secret(request: HttpRequest, number: int) -> HttpResponse:
    """Asks for confirmation: programs need the new one within a day."""
    access = member_access(request, acts=True)
    with transaction.atomic():
        endpoint = get_object_or_404(endpoints.locked().visible_to(access), pk=number)
        if request.method != "POST":
            page = {"webhook": endpoint, "present": mark_of(endpoint), "now": now()}
            return render(request, "onboarding/replace_webhook_secret.html", page)
        # Of a second click, or a second window, the first one has replaced it: replacing it again
        # would end the secret that programs have.
        if request.POST.get("present") == mark_of(endpoint):
            endpoints.replace_secret(endpoint)
    return with_secret(request, endpoint)


def mark_of(endpoint: WebhookEndpoint) -> str:
    """Tells whether the secret is still the same, and nothing about it."""
    return hashlib.sha256(endpoint.seed.encode()).hexdigest()[:16]


@require_http_methods(["GET", "HEAD", "POST"])
def delete_webhook(request: HttpRequest, number: int) -> HttpResponse:
    """Asks for confirmation: its log is deleted, too."""
    access = member_access(request, acts=True)
    endpoint = get_object_or_404(visible(access), pk=number)
    if request.method != "POST":
        return render(request, "onboarding/delete_webhook.html", {"webhook": endpoint})
    endpoints.delete(endpoint)
    messages.success(request, gettext("The webhook was deleted."))
    return redirect("webhooks")


def clicked(action: Callable[[WebhookEndpoint], str]) -> Callable[..., HttpResponse]:
    """The view of a button that does something with the webhook and says what."""

    @require_POST
    def view(request: HttpRequest, number: int) -> HttpResponse:
        endpoint = get_object_or_404(visible(member_access(request, acts=True)), pk=number)
        messages.success(request, action(endpoint))
        return redirect("webhook", number)

    return view


def off(endpoint: WebhookEndpoint) -> str:
    endpoints.switch_off(endpoint, WebhookEndpoint.Off.BY_PERSON)
    return gettext("The webhook is switched off. Nothing is sent to it.")


def on(endpoint: WebhookEndpoint) -> str:
    endpoints.switch_on(endpoint)
    return gettext("The webhook is switched on. It hears of what happens from now on.")


switch_webhook_off = clicked(off)
switch_webhook_on = clicked(on)


@require_POST
def ping_webhook(request: HttpRequest, number: int) -> HttpResponse:
    endpoint = get_object_or_404(visible(member_access(request, acts=True)), pk=number)
    try:
        endpoints.ping(endpoint)
    except endpoints.SwitchedOff:
        messages.error(request, gettext("The webhook is switched off. Switch it on first."))
    return redirect(reverse("webhook", args=[number]) + "#log")


@require_POST
def send_webhook_again(request: HttpRequest, number: int, delivery: int) -> HttpResponse:
    access = member_access(request, acts=True)
    of_webhook = WebhookDelivery.objects.visible_to(access).filter(endpoint=number)
    if not endpoints.send_again(get_object_or_404(of_webhook, pk=delivery)):
        messages.error(request, gettext("It is being sent already, or the webhook is off."))
    return redirect(reverse("webhook", args=[number]) + "#log")
