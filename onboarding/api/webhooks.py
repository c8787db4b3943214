"""Webhooks: where a vendor's programs want to hear of events, and what was sent there."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Body, Path, Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from imports.models import WebhookDelivery, WebhookEndpoint
from imports.notifications import addresses
from imports.webhooks import endpoints, signing
from imports.webhooks.connection import MAX_URL, NotAllowed, check_url
from onboarding.api.callers import ApiRequest
from onboarding.api.cursors import cursor_of, values_of
from onboarding.api.declared import JSON, operation
from onboarding.api.problems import Problem
from onboarding.api.repeats import PARAMETER as KEY
from onboarding.api.repeats import Answer, digest_of, once
from onboarding.api.uploads import as_moment
from vendors.access import WEBHOOKS

router = Router(tags=["webhooks"])
WebhookId = Annotated[int, Field(ge=1, lt=2**63)]
MessageId = Annotated[str, Field(pattern="^msg_[A-Za-z0-9_-]{1,36}$")]
EventKey = Annotated[str, Field(json_schema_extra={"enum": WebhookEndpoint.Event.values})]
# What `check_url` allows, for programs; it is that function which decides.
ALLOWED = r'^https://([A-Za-z0-9_-]+\.)+[A-Za-z][A-Za-z0-9-]*(:443)?([/?][!"$-~]*)?$'
Url = Annotated[
    str,
    Field(
        max_length=MAX_URL,
        description="With HTTPS, port 443 and a public host.",
        json_schema_extra={"pattern": ALLOWED},
    ),
]
State = Literal["pending", "sending", "delivered", "failed"]
WRITES: Any = {"scope": WEBHOOKS, "takes": JSON, "problems": (404, 409, 411, 413, 415, 422)}
READS: Any = {"scope": WEBHOOKS, "problems": (404, 422)}
ACTS: Any = {"scope": WEBHOOKS, "problems": (404, 409, 422), "parameters": [KEY]}


class Webhook(Schema):
    id: int
    url: str
    events: list[str]
    on: bool = Field(description="Whether anything is sent to it.")
    off_reason: Literal["by_person", "gone", "dead"] | None = Field(
        description="gone: it answered 410; dead: nothing has arrived for five days."
    )
    failing_since: datetime | None = Field(description="Nothing has arrived since then.")
    created_at: datetime
    page: str = Field(description="Address of the webhook's page, for people.")


class WithSecret(Webhook):
    """A webhook with what its messages are signed with, which is not said again."""

    secret: str
    earlier_signs_until: datetime | None = Field(
        description="Until then, messages are signed with the earlier secret, too."
    )


class Webhooks(Schema):
    webhooks: list[Webhook]


class NewWebhook(Schema):
    model_config = ConfigDict(extra="forbid")

    url: Url
    events: Annotated[list[EventKey], Field(min_length=1, max_length=20)]


class ChangedWebhook(Schema):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    events: Annotated[list[EventKey], Field(min_length=1, max_length=20)] | None = None
    on: bool | None = Field(None, strict=True)


class DeliverySummary(Schema):
    """A message, as a list has it."""

    message_id: str
    type: str
    upload_id: str | None
    state: State
    status: int | None = Field(description="Of the last answer, by HTTP.")
    last_error: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None


class Delivery(DeliverySummary):
    body: dict[str, Any] = Field(description="What is sent.")


class Deliveries(Schema):
    deliveries: list[DeliverySummary]
    next_cursor: str | None = Field(description="For the next part; null on the last one.")


class Filters(Schema):
    state: State | None = None
    limit: int = Field(25, ge=1, le=100)
    cursor: str | None = Field(None, max_length=300)


def webhook_out(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        **{name: getattr(endpoint, name) for name in ("url", "events", "failing_since")},
        "id": endpoint.pk,
        "on": endpoint.is_on,
        "off_reason": endpoint.off or None,
        "created_at": endpoint.created_at,
        "page": addresses.webhook_url(endpoint.pk),
    }


def with_secret(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        **webhook_out(endpoint),
        "secret": signing.secret_of(endpoint.seed),
        "earlier_signs_until": endpoint.earlier_until,
    }


def summary_of(delivery: WebhookDelivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in DeliverySummary.model_fields}


def detail_of(delivery: WebhookDelivery) -> dict[str, Any]:
    return {**summary_of(delivery), "body": json.loads(delivery.body)}


def visible_webhook(request: ApiRequest, number: int) -> WebhookEndpoint:
    """Raises Http404."""
    found: WebhookEndpoint = get_object_or_404(
        WebhookEndpoint.objects.visible_to(request.auth.access), pk=number
    )
    return found


def visible_delivery(request: ApiRequest, number: int, message_id: str) -> WebhookDelivery:
    """Raises Http404."""
    deliveries = WebhookDelivery.objects.visible_to(request.auth.access)
    return get_object_or_404(deliveries, endpoint=number, message_id=message_id)


def locked_webhook(request: ApiRequest, number: int) -> WebhookEndpoint:
    """Locked until the end of the transaction. Raises Http404."""
    found: WebhookEndpoint = get_object_or_404(
        endpoints.locked().visible_to(request.auth.access), pk=number
    )
    return found


def refuse_wrong(url: str | None, events: list[str] | None) -> None:
    """Raises Problem for an address that nothing is sent to, and for unknown events."""
    errors = []
    if url is not None:
        try:
            check_url(url)
        except NotAllowed as error:
            errors.append({"pointer": "body/url", "detail": str(error)})
    known = WebhookEndpoint.Event.values
    errors += [
        {"pointer": f"body/events/{i}", "detail": _("must be one of: %s") % ", ".join(known)}
        for i, event in enumerate(events or [])
        if event not in known
    ]
    if errors:
        raise Problem("INVALID_REQUEST", errors=errors)


@operation(
    router,
    "GET",
    "/webhooks",
    name="list_webhooks",
    title="List webhooks",
    scope=WEBHOOKS,
    answers={200: Webhooks},
    problems=(422,),
)
def list_webhooks(request: ApiRequest) -> dict[str, Any]:
    """All of them, in the order in which they were added. There are at most ten."""
    found = WebhookEndpoint.objects.visible_to(request.auth.access)
    return {"webhooks": [webhook_out(each) for each in found]}


@operation(
    router,
    "POST",
    "/webhooks",
    name="create_webhook",
    title="Add a webhook",
    scope=WEBHOOKS,
    takes=JSON,
    answers={201: WithSecret},
    problems=(409, 411, 413, 415, 422),
    parameters=[KEY],
)
def create_webhook(request: ApiRequest, asked: Body[NewWebhook]) -> HttpResponse:
    """A ping is sent to it at once. The answer has its `secret`, which is not said again."""
    refuse_wrong(asked.url, asked.events)

    def start() -> WebhookEndpoint:
        token = request.auth.token
        try:
            return endpoints.create(
                token.vendor, url=asked.url, chosen=asked.events, by=request.auth.person
            )
        except endpoints.TooManyWebhooks as error:
            raise Problem("TOO_MANY_WEBHOOKS") from error

    def finish(endpoint: WebhookEndpoint) -> Answer:
        endpoint.refresh_from_db()
        values = with_secret(endpoint)
        return Answer.of(201, WithSecret, values, created=endpoint.pk, page="get_webhook")

    return once(
        request,
        start=start,
        finish=finish,
        digest=digest_of(asked),
        find=lambda number: visible_webhook(request, int(number)),
        is_secret=True,
    )


@operation(
    router,
    "GET",
    "/webhooks/{webhook_id}",
    name="get_webhook",
    title="Read a webhook",
    answers={200: Webhook},
    **READS,
)
def get_webhook(request: ApiRequest, webhook_id: Path[WebhookId]) -> dict[str, Any]:
    """Where it sends what, and whether that arrives."""
    return webhook_out(visible_webhook(request, webhook_id))


@operation(
    router,
    "PATCH",
    "/webhooks/{webhook_id}",
    name="change_webhook",
    title="Change a webhook",
    answers={200: Webhook},
    **WRITES,
)
def change_webhook(
    request: ApiRequest, webhook_id: Path[WebhookId], asked: Body[ChangedWebhook]
) -> dict[str, Any]:
    """Its address, its events, and whether it is on. Switched off, it gives up what is waiting;
    switched on, it hears of what happens from then on."""
    with transaction.atomic():
        endpoint = locked_webhook(request, webhook_id)
        refuse_wrong(asked.url, asked.events)
        endpoints.change(
            endpoint, url=asked.url or endpoint.url, chosen=asked.events or endpoint.events
        )
        if asked.on is True and not endpoint.is_on:
            endpoints.switch_on(endpoint)
        elif asked.on is False:
            endpoints.switch_off(endpoint, WebhookEndpoint.Off.BY_PERSON)
        endpoint.refresh_from_db()
    return webhook_out(endpoint)


@operation(
    router,
    "DELETE",
    "/webhooks/{webhook_id}",
    name="delete_webhook",
    title="Delete a webhook",
    answers={204: None},
    **READS,
)
def delete_webhook(request: ApiRequest, webhook_id: Path[WebhookId]) -> Status[None]:
    """Nothing more is sent there. Its log is deleted, too."""
    endpoints.delete(visible_webhook(request, webhook_id))
    return Status(204, None)


@operation(
    router,
    "POST",
    "/webhooks/{webhook_id}/secret",
    name="replace_webhook_secret",
    title="Replace the secret of a webhook",
    answers={200: WithSecret},
    **ACTS,
)
def replace_secret(request: ApiRequest, webhook_id: Path[WebhookId]) -> HttpResponse:
    """For 24 hours, messages are signed with both. Replaced again within that time, the first one
    ends. Use an `Idempotency-Key`, because that may happen if the answer gets lost."""
    visible_webhook(request, webhook_id)

    def start() -> WebhookEndpoint:
        endpoint = locked_webhook(request, webhook_id)
        endpoints.replace_secret(endpoint)
        return endpoint

    return once(
        request,
        start=start,
        finish=lambda endpoint: Answer.of(200, WithSecret, with_secret(endpoint)),
        find=lambda number: visible_webhook(request, int(number)),
        is_secret=True,
    )


@operation(
    router,
    "POST",
    "/webhooks/{webhook_id}/ping",
    name="ping_webhook",
    title="Send a ping",
    answers={201: Delivery},
    **ACTS,
)
def ping(request: ApiRequest, webhook_id: Path[WebhookId]) -> HttpResponse:
    """To try the address. If a ping is being sent, that is the answer."""
    endpoint = visible_webhook(request, webhook_id)
    return sent(request, webhook_id, lambda: endpoints.ping(endpoint), status=201)


def sent(
    request: ApiRequest, number: int, send: Callable[[], WebhookDelivery], *, status: int
) -> HttpResponse:
    """The answer when a message is being sent. Raises Problem, and Http404."""

    def start() -> WebhookDelivery:
        try:
            return send()
        except endpoints.SwitchedOff as error:
            raise Problem("NOT_POSSIBLE", _("The webhook is switched off.")) from error

    def finish(delivery: WebhookDelivery) -> Answer:
        delivery.refresh_from_db()
        return Answer.of(status, Delivery, detail_of(delivery))

    return once(
        request,
        start=start,
        finish=finish,
        find=lambda pk: get_object_or_404(
            WebhookDelivery.objects.visible_to(request.auth.access), endpoint=number, pk=pk
        ),
    )


@operation(
    router,
    "GET",
    "/webhooks/{webhook_id}/deliveries",
    name="list_deliveries",
    title="List the messages of a webhook",
    answers={200: Deliveries},
    **READS,
)
def list_deliveries(
    request: ApiRequest, webhook_id: Path[WebhookId], filters: Query[Filters]
) -> dict[str, Any]:
    """The newest first. The newest 200 are kept."""
    found = visible_webhook(request, webhook_id).deliveries.defer("body")
    if filters.state is not None:
        found = found.filter(state=filters.state)
    if filters.cursor is not None:
        text, number = values_of(filters.cursor, str, int)
        at = as_moment(text)
        found = found.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=number))
    rows = list(found.order_by("-created_at", "-pk")[: filters.limit + 1])
    shown = rows[: filters.limit]
    last = shown[-1] if len(rows) > filters.limit else None
    return {
        "deliveries": [summary_of(each) for each in shown],
        "next_cursor": last and cursor_of(last.created_at.isoformat(), last.pk),
    }


@operation(
    router,
    "GET",
    "/webhooks/{webhook_id}/deliveries/{message_id}",
    name="get_delivery",
    title="Read a message",
    answers={200: Delivery},
    **READS,
)
def get_delivery(
    request: ApiRequest, webhook_id: Path[WebhookId], message_id: Path[MessageId]
) -> dict[str, Any]:
    """What is sent, and how it was answered."""
    return detail_of(visible_delivery(request, webhook_id, message_id))


@operation(
    router,
    "POST",
    "/webhooks/{webhook_id}/deliveries/{message_id}/send-again",
    name="send_delivery_again",
    title="Send a message again",
    answers={200: Delivery},
    **ACTS,
)
def send_again(
    request: ApiRequest, webhook_id: Path[WebhookId], message_id: Path[MessageId]
) -> HttpResponse:
    """With the same ID and the same body, in a new series of attempts."""
    delivery = visible_delivery(request, webhook_id, message_id)

    def send() -> WebhookDelivery:
        if not endpoints.send_again(delivery):
            words = _("It is being sent already, or the webhook is switched off.")
            raise Problem("NOT_POSSIBLE", words)
        return delivery

    return sent(request, webhook_id, send, status=200)
