"""Deletes what logins leave behind: ended sessions, old records of failures, counts of tries."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils.timezone import now

from vendors.models import Tries


def forget_old_logins() -> int:
    """Returns the number of records deleted."""
    moment = now()
    old = moment - timedelta(days=settings.AUDIT_KEPT_DAYS)
    past = [
        Session.objects.filter(expire_date__lt=moment),
        Tries.objects.filter(expires_at__lt=moment),
        *(
            records.objects.filter(attempt_time__lt=old)
            for records in (AccessAttempt, AccessFailureLog, AccessLog)
        ),
    ]
    return sum(records.delete()[0] for records in past)
