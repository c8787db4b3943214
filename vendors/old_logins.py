"""Deletes what logins leave behind: ended sessions, old records of failures, counts of tries."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils.timezone import now

from vendors.models import Tries


def forget_old_logins() -> None:
    moment = now()
    Session.objects.filter(expire_date__lt=moment).delete()
    Tries.objects.filter(expires_at__lt=moment).delete()
    old = moment - timedelta(days=settings.AUDIT_KEPT_DAYS)
    for records in (AccessAttempt, AccessFailureLog, AccessLog):
        records.objects.filter(attempt_time__lt=old).delete()
