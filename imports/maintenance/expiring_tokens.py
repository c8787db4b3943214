"""Emails the people whose API tokens expire soon, once for each token."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.timezone import now
from django.utils.translation import gettext

from imports.monitoring.sweeping import for_each
from imports.notifications.addresses import tokens_url
from imports.notifications.sending import mailbox
from vendors.models import ApiToken

log = logging.getLogger(__name__)
BEFORE = timedelta(days=14)
MOST = 50  # of one sweep


def warn_of_expiring_tokens() -> None:
    """Notify the person of each token that expires within two weeks.

    It is recorded after the email was sent: if the process dies in between, it is sent once more.
    """
    moment = now()
    soon = (
        ApiToken.objects.working_at(moment)
        .filter(expires_at__lt=moment + BEFORE, warned_at=None, vendor__is_active=True)
        .filter(created_by__is_active=True)
        .exclude(created_by__email="")
    )
    for_each(
        list(soon.select_related("created_by", "vendor").order_by("expires_at")[:MOST]),
        warn,
        sweep="warn_of_expiring_tokens",
        name=lambda token: f"token {token.pk}",
    )


def warn(token: ApiToken) -> int:
    """Returns 1: one email was sent. Raises botocore's errors."""
    subject = gettext("API token “%(name)s” expires on %(day)s") % {
        "name": token.name,
        "day": f"{token.expires_at:%Y-%m-%d}",
    }
    about = {
        "token": token,
        "tokens_url": tokens_url(),
        "support_email": settings.SUPPORT_EMAIL,
        "support_url": settings.SUPPORT_URL,
    }
    EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string("imports/mail/token_expires.txt", about),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[token.created_by.email],
        headers={"X-SES-CONFIGURATION-SET": settings.MAIL_CONFIGURATION_SET},
        connection=mailbox(settings.EMAIL_BACKEND),
    ).send()
    ApiToken.objects.filter(pk=token.pk).update(warned_at=now())
    log.info("notified of the expiry of token %s", token.pk)
    return 1
