"""The numbers on the dashboard, added up by the database."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, F, Min, Q, Sum, Window
from django.db.models.functions import TruncDate
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext

from config.plots import Plot, Series
from imports.admin.dashboard import alarm_links
from imports.admin.dashboard.figures import Figure, bar_figure
from imports.models import Alarm, RowError, Upload, UploadQuerySet
from imports.models.rates import rates_of
from imports.monitoring.stalled import is_stalled

DAYS = 14
ERROR_DAYS = 7
MAX_TYPES = 8
MAX_ERRORS = 100_000
MAX_UPLOADS = 8
MAX_ALARMS = 8


@dataclass(frozen=True)
class Day:
    """The uploads received on one day (UTC), by their outcome."""

    day: date
    uploads: int = 0
    completed: int = 0
    partial: int = 0
    failed: int = 0
    cancelled: int = 0
    held: int = 0
    rows: int = 0
    valid: int = 0
    skipped: int = 0
    errors: int = 0

    @property
    def in_progress(self) -> int:
        known = (self.completed, self.partial, self.failed, self.cancelled, self.held)
        return self.uploads - sum(known)

    @property
    def success_rate(self) -> int | None:
        """None on a day without rows."""
        rates = rates_of(
            total=self.rows, valid=self.valid, skipped=self.skipped, errors=self.errors
        )
        return rates.success if self.rows else None


def days(today: date | None = None) -> list[Day]:
    """The last 14 days, the oldest first, including days without uploads."""
    today = today or now().date()
    first = today - timedelta(days=DAYS - 1)
    outcomes = (*Upload.ENDED, Upload.Status.HELD)
    by_status = {status.value: Count("pk", filter=Q(status=status)) for status in outcomes}
    counted = (
        Upload.objects.filter(upload_timestamp__gte=midnight(first))
        .order_by()
        .annotate(day=TruncDate("upload_timestamp"))
        .values("day")
        .annotate(
            uploads=Count("*"),
            rows=Sum("total_records"),
            valid=Sum("valid_records"),
            skipped=Sum("skipped_records"),
            errors=Sum("error_records"),
            **by_status,
        )
    )
    known = {entry["day"]: Day(**entry) for entry in counted}
    all_days = [first + timedelta(days=i) for i in range(DAYS)]
    return [known.get(day, Day(day)) for day in all_days]


def total(days: Sequence[Day]) -> Day:
    """All days together, under the first one's date."""
    names = [field.name for field in fields(Day) if field.name != "day"]
    return Day(days[0].day, **{name: sum(getattr(day, name) for day in days) for name in names})


@dataclass(frozen=True)
class ErrorType:
    error_type: str
    count: int


@dataclass(frozen=True)
class ErrorTypes:
    """The most frequent row errors of the uploads received since `since`."""

    since: datetime
    is_cut: bool  # `since` is later than 7 days ago, because there are too many to count them all
    types: list[ErrorType]


def top_error_types(today: date | None = None) -> ErrorTypes:
    """Of the last 7 days, or of the newest uploads that together have enough rejected rows: a
    bound on what the database has to count."""
    week = midnight(first_error_day(today))
    newer = Window(Sum("error_records"), order_by=F("upload_timestamp").desc())
    counted = (
        Upload.objects.filter(upload_timestamp__gte=week)
        .order_by()
        .annotate(newer=newer - F("error_records"))
        .filter(newer__lt=MAX_ERRORS)
        .aggregate(first=Min("upload_timestamp"))
    )
    first_of_all = Upload.objects.filter(upload_timestamp__gte=week).order_by("upload_timestamp")
    oldest = first_of_all.values_list("upload_timestamp", flat=True).first()
    is_cut = counted["first"] != oldest
    since = counted["first"] if is_cut else week
    types = (
        RowError.objects.errors()
        .filter(upload__upload_timestamp__gte=since)
        .order_by()
        .values("error_type")
        .annotate(count=Count("*"))
        .order_by("-count", "error_type")[:MAX_TYPES]
    )
    return ErrorTypes(since, is_cut, [ErrorType(**entry) for entry in types])


def first_error_day(today: date | None = None) -> date:
    return (today or now().date()) - timedelta(days=ERROR_DAYS - 1)


@dataclass(frozen=True)
class InProgress:
    count: int
    stalled: int
    uploads: list[Upload]  # the stalled ones first, then the oldest
    stalled_ids: frozenset[str]


def in_progress() -> InProgress:
    """Uploads that have not ended, and those among them that make no progress."""
    stalled = list(_listed().filter(is_stalled())[:MAX_UPLOADS])
    stalled_ids = frozenset(upload.upload_id for upload in stalled)
    others = _listed().unfinished().exclude(pk__in=stalled_ids)
    return InProgress(
        count=Upload.objects.unfinished().count(),
        stalled=Upload.objects.filter(is_stalled()).count(),
        uploads=(stalled + list(others[:MAX_UPLOADS]))[:MAX_UPLOADS],
        stalled_ids=stalled_ids,
    )


def _listed() -> UploadQuerySet:
    return (
        Upload.objects.select_related("vendor")
        .defer("layout", "ignored_columns")
        .order_by("upload_timestamp")
    )


@dataclass(frozen=True)
class OpenAlarm:
    """An alarm, and the address of what it is about; "" if that has no page."""

    alarm: Alarm
    about: str


@dataclass(frozen=True)
class Alarms:
    count: int
    newest: list[OpenAlarm]


def open_alarms() -> Alarms:
    alarms = Alarm.objects.filter(closed_at__isnull=True)
    newest = alarm_links.with_mails(alarms).order_by("-raised_at")[:MAX_ALARMS]
    return Alarms(
        count=alarms.count(),
        newest=[OpenAlarm(alarm, alarm_links.page_about(alarm)) for alarm in newest],
    )


def uploads_by_day(days: Sequence[Day]) -> Figure:
    """The plot of these days."""
    all_days = total(days)

    def of(name: str, title: str, tone: str) -> Series:
        return Series(title, [getattr(day, name) for day in days], tone)

    return bar_figure(
        Plot(
            "plot-days",
            gettext("Uploads, per day on which they were received"),
            [f"{day.day:%a} {day.day.day}" for day in days],
            (
                of("completed", gettext("Completed"), "good"),
                of("partial", gettext("Partially imported"), "mixed"),
                of("failed", gettext("Failed"), "bad"),
                of("cancelled", gettext("Canceled"), "calm"),
                of("held", gettext("Held"), "held"),
                of("in_progress", gettext("In progress"), "busy"),
            ),
        ),
        ngettext("%(count)s upload", "%(count)s uploads", all_days.uploads)
        % {"count": f"{all_days.uploads:,}"},
    )


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
