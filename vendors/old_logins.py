"""Deletes what logins and tokens leave behind: ended sessions, old records of failures, counts of
tries, tokens that ended long ago, keys of requests that are not repeated any more."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils.timezone import now

from vendors.models import ApiToken, IdempotencyKey, Tries
from vendors.tokens import KEYS_KEPT


def forget_old_logins() -> int:
    """Returns the number of records deleted."""
    moment = now()
    old = moment - timedelta(days=settings.AUDIT_KEPT_DAYS)
    past = [
        Session.objects.filter(expire_date__lt=moment),
        Tries.objects.filter(expires_at__lt=moment),
        IdempotencyKey.objects.filter(created_at__lt=moment - KEYS_KEPT),
        ApiToken.objects.filter(Q(expires_at__lt=old) | Q(revoked_at__lt=old)),
        *(
            records.objects.filter(attempt_time__lt=old)
            for records in (AccessAttempt, AccessFailureLog, AccessLog)
        ),
    ]
    return sum(records.delete()[0] for records in past)
