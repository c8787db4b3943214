"""The database's clock: the one clock for all times of an upload."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The time of the current SQL statement, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (found,) = cursor.fetchone()
    moment: datetime = found
    return moment
