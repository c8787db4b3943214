"""Timeouts for the database sessions of the processes that serve: portal, forwarder and workers.

A process that is frozen inside its transaction keeps its locks until the server ends its session.
Migrations and commands that people run have no such limits, and may take as long as they need.
"""

from django.conf import settings

PORTAL_LOCK_SECONDS = 2.0  # a person waits, and so does one of few threads
_limits: dict[str, float] = {}  # PostgreSQL's settings, in seconds


def limit_sessions(*, lock_seconds: float | None = None) -> None:
    """Limit the sessions that this process opens from now on.

    They wait for a lock for `lock_seconds`, by default as long as a lease, and may be idle inside a
    transaction for half a lease, so that the next worker finds no locks.
    """
    _limits["lock_timeout"] = lock_seconds or settings.LEASE_SECONDS
    _limits["idle_in_transaction_session_timeout"] = settings.LEASE_SECONDS / 2


def as_options() -> str:
    """The limits as libpq takes them; "" if there are none."""
    return " ".join(f"-c {name}={round(1000 * seconds)}" for name, seconds in _limits.items())
