"""What the page of a webhook shows of its log: the newest deliveries, by state, in pages."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from imports.models import WebhookDelivery, WebhookEndpoint
from imports.rules.wording import Words
from imports.webhooks.endpoints import KEPT_OF_ENDPOINT

State = WebhookDelivery.State
ON_PAGE = 25
SOON = timedelta(minutes=1)  # the page asks again for what is tried within this time
# By what the address says: the words, and which states it finds.
FILTERS: Mapping[str, tuple[Words, tuple[str, ...]]] = {
    "pending": (_("Pending"), (State.PENDING, State.SENDING)),
    "delivered": (_("Delivered"), (State.DELIVERED,)),
    "failed": (_("Not delivered"), (State.FAILED,)),
}
EVENT_TITLES: Mapping[str, Words] = {
    **dict(WebhookEndpoint.Event.choices),
    WebhookDelivery.PING: _("Ping"),
}
ICONS = {State.PENDING: "clock", State.SENDING: "turning", State.DELIVERED: "check"}
CLASSES = {State.SENDING: "processing", State.DELIVERED: "completed", State.FAILED: "failed"}


class Line:
    """A delivery in words. Everything else is read from `delivery`."""

    def __init__(self, delivery: WebhookDelivery, *, is_on: bool) -> None:
        self.delivery = delivery
        self.title = EVENT_TITLES.get(delivery.type, delivery.type)
        self.icon = ICONS.get(State(delivery.state), "cross")
        self.css = CLASSES.get(State(delivery.state), "")
        self.can_be_sent_again = is_on and not delivery.is_unsent

    @property
    def body(self) -> str:
        """As a person reads it."""
        return json.dumps(json.loads(self.delivery.body), ensure_ascii=False, indent=2)


class Log:
    """The deliveries of an address that `state` finds, on the page of this number."""

    def __init__(self, endpoint: WebhookEndpoint, *, state: str, number: str | None) -> None:
        self.endpoint = endpoint
        self.state = state if state in FILTERS else ""
        newest = endpoint.deliveries.order_by("-created_at", "-pk")
        fields = ("pk", "state", "attempts", "next_attempt_at", "type")
        self._newest = list(newest.values_list(*fields)[:KEPT_OF_ENDPOINT])
        found = [row[0] for row in self._newest]
        if self.state:  # also one that waits behind newer ones
            of_state = newest.filter(state__in=FILTERS[self.state][1])
            found = list(of_state.values_list("pk", flat=True)[:KEPT_OF_ENDPOINT])
        self.page: Page[Any] = Paginator(found, ON_PAGE).get_page(number)

    @cached_property
    def lines(self) -> list[Line]:
        rows = WebhookDelivery.objects.select_related("upload").filter(pk__in=self.page.object_list)
        newest_first = rows.order_by("-created_at", "-pk")
        return [Line(row, is_on=self.endpoint.is_on) for row in newest_first]

    @property
    def is_empty(self) -> bool:
        """Nothing was sent yet, whatever its state."""
        return not self._newest

    @property
    def filters(self) -> list[tuple[str, Words]]:
        return [(value, words) for value, (words, _states) in FILTERS.items()]

    @property
    def is_waiting(self) -> bool:
        """Something is being sent, or will be soon."""
        soon = now() + SOON
        return any(
            due and (state == State.SENDING or due < soon)
            for _pk, state, _n, due, _type in self._newest
        )

    @property
    def last_ping(self) -> Words:
        """The state of the newest ping in words, "" without one."""
        pings = (state for _pk, state, _n, _due, kind in self._newest if kind == "ping")
        state = next(pings, None)
        return State(state).label if state else ""

    @property
    def fingerprint(self) -> str:
        """Of all that the page shows and that may change by itself."""
        endpoint = self.endpoint
        said = f"{self._newest} {endpoint.off} {endpoint.failing_since}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]
