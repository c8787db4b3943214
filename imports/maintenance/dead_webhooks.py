"""Emails the people whose webhooks we have switched off, once for each."""

import logging

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import now
from django.utils.translation import gettext

from imports.models import WebhookEndpoint
from imports.monitoring.sweeping import for_each
from imports.notifications import plain_email
from imports.notifications.addresses import webhooks_url
from vendors.models import Member

log = logging.getLogger(__name__)
MOST = 50  # of one sweep


def warn_of_dead_webhooks() -> None:
    """It is recorded after the email was sent: if the process dies in between, it is sent once
    more."""
    ours = (WebhookEndpoint.Off.GONE, WebhookEndpoint.Off.DEAD)
    found = WebhookEndpoint.objects.filter(off__in=ours, warned_at=None, vendor__is_active=True)
    # Who has added it, if they are still a member; or else the vendor's contact.
    members = Member.objects.filter(user=OuterRef("created_by"), vendor=OuterRef("vendor"))
    reachable = members.filter(user__is_active=True).exclude(user__email="").order_by()
    to = Coalesce(Subquery(reachable.values("user__email")), "vendor__contact_email")
    named = found.annotate(to=to).exclude(to="").select_related("vendor")
    for_each(
        list(named.order_by("off_at")[:MOST]),
        lambda endpoint: warn(endpoint, to=endpoint.to),
        sweep="warn_of_dead_webhooks",
        name=lambda endpoint: f"webhook {endpoint.pk}",
    )


def warn(endpoint: WebhookEndpoint, *, to: str) -> int:
    """Returns 1: one email was sent. Raises botocore's errors."""
    last = endpoint.deliveries.filter(attempts__gt=0).exclude(last_error="").first()
    plain_email.send(
        to,
        gettext("We switched off your webhook %(url)s") % {"url": endpoint.url},
        "imports/mail/webhook_switched_off.txt",
        {"endpoint": endpoint, "last": last, "webhooks_url": webhooks_url()},
    )
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(warned_at=now())
    log.info("notified of webhook %s, which is switched off", endpoint.pk)
    return 1
