"""The addresses of vendors: added, changed, switched off, given a new secret."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from imports.execution.hints import send_webhook_hint
from imports.models import WebhookDelivery, WebhookEndpoint
from imports.models.mapping import VendorsQuerySet
from imports.webhooks import events, signing
from imports.webhooks.connection import check_url
from vendors.models import Vendor

MOST_OF_VENDOR = 10
KEPT_OF_ENDPOINT = 200  # deliveries, the newest: its log


class TooManyWebhooks(Exception):
    """The vendor has as many as it may have."""


class SwitchedOff(Exception):
    """Nothing is sent to this address, or it was deleted."""


def locked() -> VendorsQuerySet:
    """Addresses, each locked when it is read, until the end of the transaction.

    All that changes an address and its deliveries locks the address first, so that no two wait for
    each other. Imports, which make deliveries for it, do not wait.
    """
    found: VendorsQuerySet = WebhookEndpoint.objects.select_for_update(no_key=True)
    return found


def create(
    vendor: Vendor, *, url: str, chosen: Collection[str], by: User | None
) -> WebhookEndpoint:
    """Add an address for the events `chosen`, and send it a ping.

    Raises NotAllowed if nothing may be sent there, and TooManyWebhooks.
    """
    check_url(url)
    with transaction.atomic():
        Vendor.objects.select_for_update().get(pk=vendor.pk)  # two at once are counted one by one
        if WebhookEndpoint.objects.filter(vendor=vendor).count() >= MOST_OF_VENDOR:
            raise TooManyWebhooks(vendor.pk)
        endpoint = WebhookEndpoint.objects.create(
            vendor=vendor,
            url=url,
            events=in_order(chosen),
            seed=signing.new_seed(),
            created_by=by,
        )
        events.ping(endpoint)
    return endpoint


def change(endpoint: WebhookEndpoint, *, url: str, chosen: Collection[str]) -> None:
    """What waits goes to the new address, too. Raises NotAllowed."""
    if url != endpoint.url:
        check_url(url)
        endpoint.failing_since = None
    endpoint.url, endpoint.events = url, in_order(chosen)
    endpoint.save(update_fields=["url", "events", "failing_since"])


def delete(endpoint: WebhookEndpoint) -> None:
    """Delete the address and its log. One that is in progress may still arrive."""
    with transaction.atomic():
        # Waits for transactions that are making deliveries for it (events.say).
        for each in WebhookEndpoint.objects.select_for_update().filter(pk=endpoint.pk):
            each.delete()


def ping(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send it a ping, unless one is being sent, which is returned then.

    Raises SwitchedOff.
    """
    with transaction.atomic():
        current: WebhookEndpoint | None = locked().filter(pk=endpoint.pk).first()
        if current is None or current.off:
            raise SwitchedOff(endpoint.pk)
        pings = current.deliveries.filter(type=WebhookDelivery.PING)
        return pings.exclude(next_attempt_at=None).first() or events.ping(current)


def in_order(chosen: Collection[str]) -> list[str]:
    return [event for event in WebhookEndpoint.Event.values if event in chosen]


def replace_secret(endpoint: WebhookEndpoint) -> None:
    """From now on, a new secret signs, and the present one beside it for a day.

    A second call within the day ends the first secret.
    """
    endpoint.earlier_seed, endpoint.seed = endpoint.seed, signing.new_seed()
    endpoint.earlier_until = Now() + signing.BOTH_SIGN_FOR
    endpoint.save(update_fields=["seed", "earlier_seed", "earlier_until"])
    endpoint.refresh_from_db(fields=["earlier_until"])


def switch_off(endpoint: WebhookEndpoint, reason: WebhookEndpoint.Off) -> None:
    """Send nothing more. What is due is given up; nothing happens to one that is off."""
    with transaction.atomic():
        is_on = WebhookEndpoint.objects.filter(pk=endpoint.pk, off="")
        if is_on.update(off=reason, off_at=Now()):
            due = endpoint.deliveries.select_for_update().filter(next_attempt_at__isnull=False)
            for delivery in due:
                why = delivery.last_error or gettext("The webhook was switched off.")
                delivery.end(WebhookDelivery.State.FAILED, reason=why)
                delivery.save(update_fields=delivery.PROGRESS)


def switch_on(endpoint: WebhookEndpoint) -> None:
    """Send what happens from now on."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        off="", off_at=None, failing_since=None, warned_at=None
    )


def send_again(delivery: WebhookDelivery) -> bool:
    """Send it once more, with the same id. Returns whether that is possible: it is not
    pending, and its address is on."""
    with transaction.atomic():
        rows = WebhookDelivery.objects.select_for_update(of=("self",))
        current = rows.select_related("endpoint").filter(pk=delivery.pk).first()
        if current is None or current.is_unsent or current.endpoint.off:
            return False
        current.send_again()
        current.save(update_fields=current.PROGRESS)
        transaction.on_commit(send_webhook_hint, robust=True)
    return True


def delete_old_deliveries() -> int:
    """Delete what is no longer in the log of an address. Returns how many. Part of `clean_up`."""
    deleted = 0
    for number in WebhookEndpoint.objects.values_list("pk", flat=True):
        log = WebhookDelivery.objects.filter(endpoint_id=number)
        last = log.order_by("-created_at", "-pk").values_list("created_at", flat=True)
        for kept in last[KEPT_OF_ENDPOINT - 1 : KEPT_OF_ENDPOINT]:
            old = log.filter(created_at__lt=kept, next_attempt_at=None)
            deleted += old.delete()[0]
    return deleted
