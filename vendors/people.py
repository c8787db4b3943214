"""What users have chosen: for which vendor they work at present, their time zone, their emails."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from vendors.access import memberships_of
from vendors.models import Member, Person

# The names of areas; others are older spellings, or offsets that know no summer.
AREAS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"),
    *("Indian", "Pacific"),
)


@cache
def time_zones() -> tuple[str, ...]:
    """The names of time zones that people choose from."""
    named = (name for name in available_timezones() if name.partition("/")[0] in AREAS)
    return ("UTC", *sorted(named))


def person_of(user: Any) -> Person:
    """What the user has chosen, or what applies without a choice; read once in a request."""
    # Staff are members of no vendor as a rule, and then nothing has been read of them yet.
    found = [] if user.is_staff else memberships_of(user)
    person: Person | None = getattr(found[0].user if found else user, "person", None)
    return person or Person(user_id=user.pk)


def choose(user: Any, **chosen: Any) -> None:
    """Store what the user has chosen."""
    Person.objects.update_or_create(user_id=user.pk, defaults=chosen)


def work_for(user: Any, vendor_id: str) -> Member | None:
    """From now on, the user works for this vendor. None, and no change, for a user who is not a
    member of it."""
    member = Member.objects.select_related("vendor").filter(user=user.pk, vendor=vendor_id).first()
    if member is not None:
        choose(user, vendor=member.vendor)
    return member
