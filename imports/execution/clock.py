"""The database's clock, by which everything about an upload is timed."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's clock, by which everything about an upload is timed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (found,) = cursor.fetchone()
    moment: datetime = found
    return moment
