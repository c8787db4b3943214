"""Second factors of logins: whether a person has one, codes that are accepted once, secrets that
are stored encrypted.

The rows are django-allauth's. Its own check of a code remembers used ones in a cache, which each
web process has for itself and for a shorter time than the code is valid.
"""

import base64
import logging

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import Fernet, InvalidToken
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from vendors.login_limits import PAUSE
from vendors.throttle import Limit

log = logging.getLogger(__name__)
SALT = "vendors.second_factor"
CODES = Limit("mfa-code", 5, PAUSE)  # wrong ones of a person, who has entered the password
TYPES = Authenticator.Type
LAST_STEP = "last_step"  # in an app's data: the time step of the last code that was accepted


def encrypt(text: str) -> str:
    """For the database, so that a copy of it does not have the secrets."""
    return _cipher().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises InvalidToken for what was encrypted with another SECRET_KEY."""
    return _cipher().decrypt(encrypted.encode()).decode()


def _cipher() -> Fernet:
    key = salted_hmac(SALT, "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def factors_of(user_id: int) -> QuerySet[Authenticator]:
    """What a login of the person may need, besides the password. Recovery codes stand in for them,
    and are no factor of their own."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user_id)
    return found.exclude(type=TYPES.RECOVERY_CODES)


def accept(user_id: int, code: str) -> Authenticator | None:
    """The app or the recovery codes of which this is a code, which is used up then. None if it is
    wrong, too old, or was used before."""
    with transaction.atomic():
        locked = Authenticator.objects.select_for_update().filter(user=user_id)
        for each in locked.filter(type__in=(TYPES.TOTP, TYPES.RECOVERY_CODES)).order_by("pk"):
            try:
                if _is_accepted(each, code):
                    return each
            except InvalidToken:
                log.error("second factor %s cannot be read: was SECRET_KEY changed?", each.pk)
    return None


def _is_accepted(locked: Authenticator, code: str) -> bool:
    if locked.type == TYPES.RECOVERY_CODES:
        return bool(locked.wrap().validate_code(code))
    return use_step(locked, step_of(decrypt(locked.data["secret"]), code))


def step_of(secret: str, code: str) -> int:
    """The newest of the present time steps that has this code; 0 for none. See RFC 6238."""
    fitting = (
        step
        for step in totp.yield_hotp_counters_from_time()
        if compare_user_code(
            actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))
        )
    )
    return max(fitting, default=0)


def use_step(locked: Authenticator, step: int) -> bool:
    """Accept no code of this step or an earlier one any more. False if one was accepted before."""
    if step <= locked.data.get(LAST_STEP, 0):
        return False
    locked.data[LAST_STEP] = step
    locked.save(update_fields=["data"])
    return True


def reset(user_id: int) -> int:
    """Remove all factors and recovery codes; returns how many factors."""
    with transaction.atomic():
        count = factors_of(user_id).delete()[0]
        Authenticator.objects.filter(user=user_id).delete()
    return count
