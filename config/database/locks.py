"""Locks that the database keeps until the end of a transaction, and waiting for them."""

from collections.abc import Iterable

from django.db import connection

TIMEOUT = "55P03"


def lock_rows_of(table: str, owners: Iterable[str]) -> None:
    """Lock out others that write many rows of these owners to the table, until the transaction
    ends. Two that write rows in different orders would wait for each other."""
    with connection.cursor() as cursor:
        # In one order, so that those who lock several owners do not wait for each other either.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s || ':' || owner, 0)) "
            "FROM unnest(%s::text[]) AS owner",
            [table, sorted(set(owners))],
        )


def waited_too_long_for_lock(error: BaseException) -> bool:
    """Whether another session kept a lock for longer than this one may wait."""
    return getattr(error.__cause__, "pgcode", None) == TIMEOUT
