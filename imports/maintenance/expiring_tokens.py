"""Warns of API tokens that expire soon, once of each: the person by email, programs by webhook."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext

from imports.monitoring.sweeping import for_each
from imports.notifications import plain_email
from imports.notifications.addresses import tokens_url
from imports.webhooks import events
from vendors.models import ApiToken

log = logging.getLogger(__name__)
BEFORE = timedelta(days=14)
MOST = 50  # of one sweep


def warn_of_expiring_tokens() -> None:
    """Warn of each token that expires within two weeks.

    It is recorded after the email was sent: if the process dies in between, it is sent once more.
    """
    moment = now()
    soon = (
        ApiToken.objects.working_at(moment)
        .filter(expires_at__lt=moment + BEFORE, warned_at=None, vendor__is_active=True)
        .filter(created_by__is_active=True, created_by__memberships__vendor=F("vendor"))
    )
    for_each(
        list(soon.select_related("created_by", "vendor").order_by("expires_at")[:MOST]),
        warn,
        sweep="warn_of_expiring_tokens",
        name=lambda token: f"token {token.pk}",
    )


def warn(token: ApiToken) -> int:
    """Returns 1: one token was warned of. Raises botocore's errors."""
    if token.created_by.email:
        subject = gettext("API token “%(name)s” expires on %(day)s") % {
            "name": token.name,
            "day": f"{token.expires_at:%Y-%m-%d}",
        }
        about = {"token": token, "tokens_url": tokens_url()}
        plain_email.send(token.created_by.email, subject, "imports/mail/token_expires.txt", about)
    with transaction.atomic():
        events.token_expires(token)
        ApiToken.objects.filter(pk=token.pk).update(warned_at=now())
    log.info("warned of the expiry of token %s", token.pk)
    return 1
