"""Makes daily digests at 8:00 in each person's time zone, and deletes old ones. Part of `clean_up`,
so they are as punctual as that."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils.timezone import now

from imports.execution.clock import database_now
from imports.execution.hints import send_mail_hint
from imports.models import Digest, DigestRun
from imports.monitoring.sweeping import for_each
from vendors.models import Person

HOUR = 8
KEPT = timedelta(days=settings.AUDIT_KEPT_DAYS)


def make_digests(moment: datetime | None = None) -> int:
    """Make the digest of each person of whom a run waits that ended before the last 8:00. Returns
    their number."""
    at = moment or database_now()
    waiting = DigestRun.objects.waiting().values_list("user").annotate(Min("ended_at"))
    first = dict(waiting.order_by())
    people = Person.objects.filter(user__in=first).order_by("user")
    return for_each(
        [person.pk for person in people if first[person.pk] < last_eight(person, at)],
        lambda user_id: make(user_id, at),
        sweep="make_digests",
        name=lambda user_id: f"user {user_id}",
    )


def last_eight(person: Person, moment: datetime) -> datetime:
    """When it was 8:00 last, where the person is. No change to or from summer time skips it."""
    there = moment.astimezone(person.zone)
    eight = there.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return eight if eight <= there else eight - timedelta(days=1)


def make(user_id: int, moment: datetime) -> bool:
    """Make the person's digest and have it sent. Returns False if there is one of that day: runs
    whose end was not visible then are in the next one.

    The lock makes one sweep of two wait for the other. Runs that the person no longer wants to, or
    may, read about are forgotten.
    """
    with transaction.atomic():
        people = Person.objects.select_for_update(of=("self",), no_key=True)
        person = people.select_related("user").get(pk=user_id)
        user, eight = person.user, last_eight(person, moment)
        waiting = DigestRun.objects.waiting().filter(user=user, ended_at__lt=eight)
        is_reader = user.is_active and user.email and person.emails != Person.Emails.NONE
        readable = waiting.readable_by(user) if is_reader else waiting.none()
        waiting.exclude(pk__in=readable.values("pk")).delete()
        if Digest.objects.filter(user=user, day=eight.date()).exists() or not readable.exists():
            return False
        digest = Digest(user=user, day=eight.date(), to=user.email)
        digest.queue()
        digest.save()
        waiting.update(digest=digest)
        transaction.on_commit(send_mail_hint, robust=True)
    return True


def delete_old() -> int:
    """Delete those that were settled long ago. Returns how many rows."""
    old = Digest.objects.filter(created_at__lt=now() - KEPT, next_attempt_at=None)
    deleted: int = old.delete()[0]
    return deleted
