"""What asks staff for something: how many of each, and the list that shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from imports.models import HeldUpload, Notification, Upload, WebhookEndpoint
from imports.models.upload import FAILED_INTERNALLY, IS_HELD
from imports.monitoring.present import Present
from imports.wanted.asking import open_names
from vendors.access import VIEW_UPLOADS

DAYS = 7  # of what has ended
UNDELIVERED = {"state__exact": Notification.PROBLEMS}
TRIED_AGAIN = {"state__exact": Notification.UNSENT}
SWITCHED_OFF = {"off__exact": WebhookEndpoint.OFF_BY_US}
FAILING = {"failing_since_from": "2000-01-01"}


@dataclass(frozen=True)
class Line:
    """`address` is "" if the user may not view the list."""

    text: str | Promise
    count: int
    address: str


def listed(request: HttpRequest, model: str, **query: object) -> str:
    """The address of a list of the admin with these filters; "" if the user may not view it."""
    app, _dot, name = model.partition(".")
    if not request.user.has_perm(f"{app}.view_{name}"):
        return ""
    address = reverse(f"admin:{app}_{name}_changelist")
    return f"{address}?{urlencode(query, doseq=True)}" if query else address


def of_day(request: HttpRequest) -> list[Line]:
    """What waits for staff on the dashboard, of what they may view, most urgent first."""
    return list(_of_day(request))


def _of_day(request: HttpRequest) -> Iterator[Line]:
    since = now() - timedelta(days=DAYS)
    if request.user.has_perm(VIEW_UPLOADS):
        stopped = Upload.objects.filter(FAILED_INTERNALLY, upload_timestamp__gte=since)
        yield Line(
            _("Uploads that an internal error stopped in the last 7 days"),
            stopped.count(),
            listed(
                request,
                "imports.upload",
                progress="stopped",
                upload_timestamp_from=since.date(),
            ),
        )
    if address := listed(request, "imports.heldupload"):
        yield Line(_("Held uploads"), HeldUpload.objects.filter(IS_HELD).count(), address)
    if address := listed(request, "imports.categoryrequest", state__exact="open"):
        yield Line(_("Categories that vendors want"), open_names(), address)
    if request.user.has_perm("imports.view_notification"):
        mails = Notification.objects.order_by()
        undelivered = mails.filter(state__in=Notification.PROBLEMS, created_at__gte=since)
        yield Line(
            _("Emails of the last 7 days that did not arrive"),
            undelivered.count(),
            listed(request, "imports.notification", **UNDELIVERED, created_at_from=since.date()),
        )
        waiting = mails.filter(next_attempt_at__isnull=False)
        yield Line(
            _("Emails that are not sent yet"),
            waiting.count(),
            listed(request, "imports.notification", **TRIED_AGAIN),
        )
    if request.user.has_perm("imports.view_webhookendpoint"):
        endpoints = WebhookEndpoint.objects.order_by()
        yield Line(
            _("Webhooks that we switched off"),
            endpoints.filter(off__in=WebhookEndpoint.OFF_BY_US).count(),
            listed(request, "imports.webhookendpoint", **SWITCHED_OFF),
        )


def of_system(request: HttpRequest, now: Present, *, internal: int, undelivered: int) -> list[Line]:
    """What should be 0. `internal` uploads failed because of us, and `undelivered` emails did not
    arrive, in the time that the page looks back at."""
    return [
        Line(
            _("Open alarms"),
            sum(now.alarms.values()),
            listed(request, "imports.alarm", state="open"),
        ),
        Line(
            _("Stalled uploads"), now.stalled, listed(request, "imports.upload", progress="stalled")
        ),
        Line(
            _("Uploads that an internal error stopped"),
            internal,
            listed(request, "imports.upload", progress="stopped"),
        ),
        Line(
            _("Emails that did not arrive"),
            undelivered,
            listed(request, "imports.notification", **UNDELIVERED),
        ),
        Line(
            _("Emails that are tried again"),
            now.mails_retried,
            listed(request, "imports.notification", **TRIED_AGAIN),
        ),
        Line(_("Answers in outboxes that are tried again"), now.answers_retried, ""),
        Line(
            _("Webhooks that fail"),
            now.webhooks_failing,
            listed(request, "imports.webhookendpoint", **FAILING),
        ),
        Line(
            _("Webhooks that we switched off"),
            now.webhooks_off,
            listed(request, "imports.webhookendpoint", **SWITCHED_OFF),
        ),
    ]
