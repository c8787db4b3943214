"""Short emails to one person, sent at once: they concern no upload and are not listed."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from imports.notifications.sending import mailbox


def send(to: str, subject: str, template: str, about: Mapping[str, Any]) -> None:
    """Raises botocore's errors."""
    support = {"support_email": settings.SUPPORT_EMAIL, "support_url": settings.SUPPORT_URL}
    EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string(template, {**about, **support}),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={"X-SES-CONFIGURATION-SET": settings.MAIL_CONFIGURATION_SET},
        connection=mailbox(settings.EMAIL_BACKEND),
    ).send()
