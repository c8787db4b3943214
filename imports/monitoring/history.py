"""What has ended, hour by hour or day by day, added up by the database from its own tables.

Nothing is recorded for this: an upload says when its work was due, began and ended, an email or a
webhook what has become of it. An upload that runs again counts with its last run only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import (
    Aggregate,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from imports.models import Notification, Upload, WebhookDelivery
from imports.models.upload import FAILED_INTERNALLY

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Periods:
    """`count` periods of the same length, one after the other."""

    start: datetime
    length: timedelta
    count: int

    @classmethod
    def until(cls, at: datetime, *, length: timedelta, count: int) -> "Periods":
        """The last ones, which begin at round times in UTC, up to the one that `at` is in."""
        last = at - (at - EPOCH) % length
        return cls(last - (count - 1) * length, length, count)

    @property
    def starts(self) -> list[datetime]:
        return [self.start + i * self.length for i in range(self.count)]

    @property
    def end(self) -> datetime:
        return self.start + self.count * self.length


@dataclass(frozen=True)
class Uploads:
    """The uploads that ended in a period, with the rows of their last runs.

    `internal` are failures of ours, `failed` all others. `work` is how long the runs took
    together, `median` and `slow` (95 of 100 took no longer) how long one took from the time at
    which it was due; None if none ended.
    """

    completed: int = 0
    partial: int = 0
    failed: int = 0
    cancelled: int = 0
    internal: int = 0
    valid: int = 0
    skipped: int = 0
    errors: int = 0
    work: timedelta | None = None
    median: timedelta | None = None
    slow: timedelta | None = None

    @property
    def count(self) -> int:
        return self.completed + self.partial + self.failed + self.cancelled + self.internal

    @property
    def rows(self) -> int:
        return self.valid + self.skipped + self.errors

    @property
    def rows_per_second(self) -> float | None:
        """Of one upload, while it is worked on."""
        return self.rows / self.work.total_seconds() if self.work and self.rows else None


@dataclass(frozen=True)
class Mails:
    """What has become of the emails that were written in a period."""

    sent: int = 0
    waiting: int = 0
    problems: int = 0

    @property
    def count(self) -> int:
        return self.sent + self.waiting + self.problems


@dataclass(frozen=True)
class Webhooks:
    """What has become of the webhooks that were due in a period."""

    delivered: int = 0
    waiting: int = 0
    failed: int = 0

    @property
    def count(self) -> int:
        return self.delivered + self.waiting + self.failed


class Percentile(Aggregate):
    """The value that this fraction of all values do not exceed, interpolated."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"


TOOK = ExpressionWrapper(F("completed_at") - F("started_at"), DurationField())
SINCE_DUE = ExpressionWrapper(
    F("completed_at") - Coalesce("queued_at", "started_at"), DurationField()
)
OF_UPLOADS: dict[str, Aggregate] = {
    "completed": Count("pk", filter=Q(status=Upload.Status.COMPLETED)),
    "partial": Count("pk", filter=Q(status=Upload.Status.PARTIAL)),
    "failed": Count("pk", filter=Q(status=Upload.Status.FAILED) & ~FAILED_INTERNALLY),
    "cancelled": Count("pk", filter=Q(status=Upload.Status.CANCELLED)),
    "internal": Count("pk", filter=FAILED_INTERNALLY),
    "valid": Sum("valid_records", default=0),
    "skipped": Sum("skipped_records", default=0),
    "errors": Sum("error_records", default=0),
    "work": Sum(TOOK),
    "median": Percentile(SINCE_DUE, fraction=0.5, output_field=DurationField()),
    "slow": Percentile(SINCE_DUE, fraction=0.95, output_field=DurationField()),
}
OF_MAILS: dict[str, Aggregate] = {
    "sent": Count("pk", filter=Q(state=Notification.State.SENT)),
    "waiting": Count("pk", filter=Q(state__in=Notification.UNSENT)),
    "problems": Count("pk", filter=Q(state__in=Notification.PROBLEMS)),
}
OF_WEBHOOKS: dict[str, Aggregate] = {
    "delivered": Count("pk", filter=Q(state=WebhookDelivery.State.DELIVERED)),
    "waiting": Count("pk", filter=Q(state__in=WebhookDelivery.UNSENT)),
    "failed": Count("pk", filter=Q(state=WebhookDelivery.State.FAILED)),
}
T = TypeVar("T", Uploads, Mails, Webhooks)


def uploads(periods: Periods) -> list[Uploads]:
    """One entry for each period."""
    return _by_period(Uploads, ended(periods), "completed_at", OF_UPLOADS, periods)


def all_uploads(periods: Periods) -> Uploads:
    """All periods together."""
    return Uploads(**ended(periods).aggregate(**OF_UPLOADS))


def ended(periods: Periods) -> QuerySet[Upload]:
    """The uploads that ended in these periods."""
    return Upload.objects.filter(completed_at__gte=periods.start, completed_at__lt=periods.end)


def mails(periods: Periods) -> list[Mails]:
    """One entry for each period."""
    return _by_period(Mails, Notification.objects.all(), "created_at", OF_MAILS, periods)


def webhooks(periods: Periods) -> list[Webhooks]:
    """One entry for each period."""
    return _by_period(Webhooks, WebhookDelivery.objects.all(), "created_at", OF_WEBHOOKS, periods)


def total(entries: list[T]) -> T:
    """The numbers of all entries added up; of uploads, only those that can be added."""
    kind = type(entries[0])
    names = [field.name for field in fields(kind) if field.default == 0]
    return kind(**{name: sum(getattr(each, name) for each in entries) for name in names})


def _by_period(
    kind: type[T],
    rows: QuerySet[Any],
    column: str,
    numbers: Mapping[str, Aggregate],
    periods: Periods,
) -> list[T]:
    period = Func(
        Value(periods.length),
        F(column),
        Value(periods.start),
        function="date_bin",
        output_field=DateTimeField(),
    )
    within = {f"{column}__gte": periods.start, f"{column}__lt": periods.end}
    found: Iterator[dict[str, Any]] = (
        rows.filter(**within).order_by().values(period=period).annotate(**numbers).iterator()
    )
    known = {entry.pop("period"): kind(**entry) for entry in found}
    return [known.get(start, kind()) for start in periods.starts]
