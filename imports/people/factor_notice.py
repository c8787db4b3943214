"""Emails to a person whose second factors were changed: who did not do it must hear of it."""

from enum import StrEnum

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from imports.notifications import addresses, plain_email


class Change(StrEnum):
    APP_ADDED = "app added"
    APP_REMOVED = "app removed"
    PASSKEY_ADDED = "passkey added"
    PASSKEY_REMOVED = "passkey removed"
    CODES_REPLACED = "codes replaced"
    RESET = "reset"


SUBJECTS = {
    Change.APP_ADDED: _("An authenticator app was added to your account"),
    Change.APP_REMOVED: _("The authenticator app was removed from your account"),
    Change.PASSKEY_ADDED: _("A passkey was added to your account"),
    Change.PASSKEY_REMOVED: _("A passkey was removed from your account"),
    Change.CODES_REPLACED: _("Your account has new recovery codes"),
    Change.RESET: _("Two-step login was reset for your account"),
}
TEMPLATE = "imports/mail/factor_changed.txt"


def send(user: User, change: Change) -> None:
    """To the person's address, if there is one. Raises botocore's errors."""
    if user.email:
        about = {
            "what": SUBJECTS[change],
            "name": user.get_username(),
            "is_reset": change == Change.RESET,
            "url": addresses.security_url(),
        }
        plain_email.send(user.email, str(SUBJECTS[change]), TEMPLATE, about)
