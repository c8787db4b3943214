"""The link in an invitation. It is signed and not stored: a copy of the database has none."""

from django.core import signing

from imports.models import Invitation
from imports.notifications import addresses

SALT = "imports.invitation"


class LinkInvalid(Exception):
    """We did not issue this link."""


def invitation_url(invitation: Invitation) -> str:
    return addresses.invitation_url(signing.dumps(invitation.pk, salt=SALT))


def read(token: str) -> int:
    """The key of the invitation that a link's token names. Raises LinkInvalid."""
    try:
        return int(signing.loads(token, salt=SALT))
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise LinkInvalid from error
