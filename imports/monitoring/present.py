"""What waits, works and fails at this moment, by the database."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, DurationField, ExpressionWrapper, Min, QuerySet
from django.db.models.functions import Now

from config.database import process_name
from imports.models import Alarm, Notification, OutboxFile, Upload, WebhookDelivery, WebhookEndpoint
from imports.monitoring.stalled import is_stalled

# The processes that use the database, by the names of their sessions; workers by their queues.
PROCESSES = ("web", "forwarder", "imports", "mail", "webhooks", "maintenance")

# A process has a session for each of its threads or its children; its name has its number.
CONNECTED = """
SELECT split_part(application_name, ' ', 2), count(DISTINCT (client_addr, application_name))
FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE %s
GROUP BY 1
"""


@dataclass(frozen=True)
class Due:
    """What could be done at once if a worker took it, and how long the oldest of it has waited."""

    count: int
    oldest_seconds: float


@dataclass(frozen=True)
class Present:
    """Uploads: those that have not ended, that a worker has, whose last attempt failed, that make
    no progress. Emails and answers whose last attempt failed, and that are tried again. Webhooks
    that fail, and that we switched off. Open alarms by kind."""

    due: dict[str, Due]  # by the queue of the hints
    processes: dict[str, int]
    in_progress: int
    leased: int
    retried: int
    stalled: int
    mails_retried: int
    answers_retried: int
    webhooks_failing: int
    webhooks_off: int
    alarms: dict[str, int]


def present() -> Present:
    """All of it, in a constant number of queries, each of which an index answers."""
    waiting = Upload.objects.filter(next_attempt_at__isnull=False)
    endpoints = WebhookEndpoint.objects.order_by()
    opened = Alarm.objects.filter(closed_at__isnull=True).order_by()
    return Present(
        due=due(),
        processes=processes(),
        in_progress=Upload.objects.filter(status__in=Upload.UNFINISHED).count(),
        leased=Upload.objects.filter(lease_until__gt=Now()).count(),
        retried=waiting.filter(attempts__gt=0).count(),
        stalled=Upload.objects.filter(is_stalled()).count(),
        mails_retried=_retried(Notification.objects.all()),
        answers_retried=_retried(OutboxFile.objects.all()),
        webhooks_failing=endpoints.filter(off="", failing_since__isnull=False).count(),
        webhooks_off=endpoints.filter(off__in=WebhookEndpoint.OFF_BY_US).count(),
        alarms=dict(opened.values_list("kind").annotate(Count("pk"))),
    )


def due() -> dict[str, Due]:
    """By the queue of the hints."""
    free = Upload.objects.exclude(lease_until__gt=Now())
    mails, answers = _due(Notification.objects.all()), _due(OutboxFile.objects.all())
    return {
        "imports": _due(free),
        "mail": Due(mails.count + answers.count, max(mails.oldest_seconds, answers.oldest_seconds)),
        "webhooks": _due(WebhookDelivery.objects.all()),
    }


def processes() -> dict[str, int]:
    """How many processes of each kind use the database. Workers connect for a task and disconnect
    after it, so idle ones are not among them."""
    with connection.cursor() as cursor:
        cursor.execute(CONNECTED, [f"{process_name.PREFIX} %"])
        found = dict(cursor.fetchall())
    return {name: found.get(name, 0) for name in PROCESSES}


def _due(rows: QuerySet[Any]) -> Due:
    age = ExpressionWrapper(Now() - Min("next_attempt_at"), DurationField())
    found = rows.filter(next_attempt_at__lte=Now()).aggregate(count=Count("pk"), age=age)
    return Due(found["count"], found["age"].total_seconds() if found["age"] else 0.0)


def _retried(rows: QuerySet[Any]) -> int:
    return rows.filter(next_attempt_at__isnull=False, attempts__gt=0).count()
