"""Limits on how often something may be tried, counted in the database for all web processes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from vendors.models import Tries

SALT = "vendors.throttle"
COUNT = """
    INSERT INTO tries (key, count, expires_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET count = tries.count + 1 RETURNING count
"""


@dataclass(frozen=True)
class Limit:
    """At most `most` tries of one subject within each period, which begin at fixed times."""

    name: str
    most: int
    within: timedelta

    def allows(self, subject: str) -> bool:
        """Count a try; whether it is one of those allowed."""
        key, ends = self._period(subject)
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [key, ends])
            (count,) = cursor.fetchone()
        return int(count) <= self.most

    def take_back(self, subject: str) -> None:
        """Do not count a try."""
        Tries.objects.filter(pk=self._period(subject)[0]).update(count=F("count") - 1)

    def forget(self, subject: str) -> None:
        """Begin to count again."""
        Tries.objects.filter(pk=self._period(subject)[0]).delete()

    def _period(self, subject: str) -> tuple[str, datetime]:
        """The key of the count, which does not show the subject, and when it ends."""
        seconds = int(self.within.total_seconds())
        number = int(now().timestamp()) // seconds
        digest = salted_hmac(SALT, f"{subject}\0{number}", algorithm="sha256").hexdigest()[:32]
        return f"{self.name}:{digest}", datetime.fromtimestamp((number + 1) * seconds, UTC)
