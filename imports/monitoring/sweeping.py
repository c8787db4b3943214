"""How a sweep works through its items: one that fails does not stop the others.

An object that cannot be deleted, or a key that the database cannot store, is there again at every
sweep. So each item is isolated; those that failed are logged, and one alarm names them.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from config.redaction import describe
from imports.execution import retry_policy
from imports.models import Alarm
from imports.notifications import alarms

log = logging.getLogger(__name__)
T = TypeVar("T")
MAX_SECONDS = 60.0  # of one sweep; the next one continues
MAX_NAMED = 20  # items in the text of an alarm


def first_failure(_item: object) -> int:
    """For items whose failures are not counted."""
    return 1


def for_each(
    items: Iterable[T],
    act: Callable[[T], int],
    *,
    sweep: str,
    name: Callable[[T], str] = str,
    count_failure: Callable[[T], int] = first_failure,
    kind: Alarm.Kind = Alarm.Kind.FAILED_SWEEP,
) -> int:
    """Call `act` with each item, until a minute has passed. Returns the sum of its answers.

    `act` uses transactions of its own. `name` says which item it is, without personal data.
    `count_failure` records that the item failed and returns how many times it has. An alarm is
    raised for failures that cannot be temporary, and for items that failed MAX_ATTEMPTS times.
    Raises database errors only if the connection is lost: then no other item could be handled.
    """
    enough = time.monotonic() + MAX_SECONDS
    done = 0
    failed: list[str] = []
    for item in items:
        if time.monotonic() > enough:
            log.info("%s: time is up; leaving the rest to the next sweep", sweep)
            break
        try:
            done += act(item)
        except Exception as error:
            if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
                raise
            times = count_failure(item)
            is_final = times >= settings.MAX_ATTEMPTS or not retry_policy.is_transient(error)
            if is_final:
                log.error("%s failed for %s", sweep, name(item), exc_info=error)
                failed.append(f"{name(item)}: {describe(error)}")
            else:
                again = "%s failed for %s; the next sweep tries again: %s"
                log.warning(again, sweep, name(item), describe(error))
    if failed:
        named = "\n".join(failed[:MAX_NAMED])
        more = f"\nand {len(failed) - MAX_NAMED:,} more" if len(failed) > MAX_NAMED else ""
        alarms.raise_alarm(kind, sweep, f"Items that failed: {len(failed):,}.\n\n{named}{more}")
    return done
