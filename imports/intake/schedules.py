"""Schedules: import new objects under a prefix, every so many minutes or by a crontab line.

A schedule runs in one transaction that locks its row. Another sweep skips a locked schedule, and
after a kill nothing is committed, so that the next sweep runs it in full. Only the latest version
of an object counts, and only if its content differs from what was imported last.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from cronsim import CronSim, CronSimError
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from imports import datasets
from imports.execution import hints, retry_policy
from imports.execution.clock import database_now
from imports.exports.answers import DOWNLOADS
from imports.intake.receive import Arrival, object_arrived, object_found
from imports.models import Alarm, Schedule, Upload
from imports.monitoring.sweeping import for_each
from imports.notifications import alarms
from imports.outbox.contents import OUTBOX
from imports.storage import s3
from imports.storage.s3 import ListedVersion

log = logging.getLogger(__name__)
MAX_NEW_PER_RUN = 500  # objects; a run that finds more is immediately due again
MAX_LISTED_AT_ONCE = 1_000
MAX_SWEEP_SECONDS = 60.0  # after which a schedule is not run again in the same sweep
FAILURES_BEFORE_ALARM = 3  # in a row
OUR_OWN = ("errors/", "rejected/", OUTBOX, DOWNLOADS)  # prefixes of what we write


def first_tick(schedule: Schedule, after: datetime) -> datetime:
    """When a new or changed schedule is first due: immediately, or by its crontab line.

    Raises ValueError if the line is invalid or matches no day.
    """
    return after if schedule.every_minutes else next_by_crontab(schedule.cron, after)


def next_tick(schedule: Schedule, after: datetime) -> datetime:
    """The first moment after `after` at which the schedule is due.

    Missed ticks are made up for by one run. A schedule by minutes keeps its phase. Raises
    ValueError as above.
    """
    if not schedule.every_minutes:
        return next_by_crontab(schedule.cron, after)
    step = timedelta(minutes=schedule.every_minutes)
    beat = schedule.next_run_at or after
    return beat if beat > after else beat + step * ((after - beat) // step + 1)


def next_by_crontab(line: str, after: datetime) -> datetime:
    """The first minute after `after` that matches a crontab line, in UTC. Raises ValueError.

    As in cron, if both the day of the month and the day of the week are given, either may match.
    """
    if len(line.split()) != 5:  # cronsim takes a sixth field, for seconds
        raise ValueError("invalid cron expression: it needs five fields")
    try:
        found = next(CronSim(line, after), None)
    except CronSimError as error:
        raise ValueError(f"invalid cron expression: {error}") from error
    if found is None:
        raise ValueError("invalid cron expression: it matches no day")
    return found


def check(schedule: Schedule) -> None:
    """Raise ValidationError, by field, for an invalid schedule."""
    problems = {
        "dataset": _of_dataset(schedule),
        "vendor": _of_vendor(schedule),
        "prefix": _of_prefix(schedule),
        "every_minutes": "" if schedule.every_minutes != 0 else "Enter 1 or more.",
        "cron": _of_cron(schedule),
    }
    if found := {field: problem for field, problem in problems.items() if problem}:
        raise ValidationError(found)


def _of_dataset(schedule: Schedule) -> str:
    return "" if schedule.dataset in datasets.all_datasets() else "Choose a data set."


def _of_vendor(schedule: Schedule) -> str:
    """Under the data set's own prefix the key names the vendor; elsewhere the schedule does."""
    dataset = datasets.all_datasets().get(schedule.dataset)
    if dataset is None:
        return ""
    if not dataset.by_vendor or schedule.prefix.startswith(dataset.prefix):
        return (
            "Leave the vendor empty: under this prefix the key names it."
            if schedule.vendor_id
            else ""
        )
    return "" if schedule.vendor_id else f"Choose a vendor: {dataset.nouns} belong to one."


def _of_prefix(schedule: Schedule) -> str:
    prefix = schedule.prefix
    if not prefix or prefix.startswith("/"):
        return "Enter a prefix without a leading slash, such as exports/metrics/."
    if any(overlap(prefix, ours) for ours in OUR_OWN):
        return "This prefix is reserved for our reports."
    for dataset in datasets.all_datasets().values():
        is_within = dataset.key == schedule.dataset and prefix.startswith(dataset.prefix)
        if overlap(prefix, dataset.prefix) and not is_within:
            return f"{dataset.prefix} is reserved for the data set {dataset.title}."
    return ""


def _of_cron(schedule: Schedule) -> str:
    if (schedule.every_minutes is None) == (schedule.cron == ""):
        return "Set an interval or a cron expression, not both."
    if schedule.cron:
        try:
            next_by_crontab(schedule.cron, now())
        except ValueError as error:
            return f"{str(error).capitalize()}. Enter one such as 0 6 * * mon-fri."
    return ""


def overlap(one: str, other: str) -> bool:
    """Whether one key can begin with both."""
    return one.startswith(other) or other.startswith(one)


def ask(schedule_id: int, *, by: AbstractBaseUser | AnonymousUser) -> None:
    """Request an import now, even if the schedule is disabled. A sweep is hinted on commit."""
    with transaction.atomic():
        Schedule.objects.filter(pk=schedule_id).update(asked_at=Now(), asked_by=by.pk)
        transaction.on_commit(hints.send_schedules_hint, robust=True)


def due() -> QuerySet[Schedule]:
    return Schedule.objects.filter(
        Q(asked_at__isnull=False) | Q(is_enabled=True, next_run_at__lte=Now())
    )


def run_schedules() -> int:
    """Run every due schedule that no other sweep is running. Returns the number of new uploads."""
    set_first_ticks()
    enough = time.monotonic() + MAX_SWEEP_SECONDS

    def run(schedule_id: int) -> int:
        made = count = run_one(schedule_id)
        while count == MAX_NEW_PER_RUN and time.monotonic() < enough:
            made += (count := run_one(schedule_id))
        return made

    in_order = due().order_by("next_run_at").values_list("pk", flat=True)
    return for_each(list(in_order), run, sweep="run_schedules")


def set_first_ticks() -> None:
    """Set the next run of new and changed schedules."""

    def set_tick(schedule: Schedule) -> int:
        tick = first_tick(schedule, database_now())
        new = Schedule.objects.filter(pk=schedule.pk, next_run_at__isnull=True)
        return new.update(next_run_at=tick)

    for_each(
        Schedule.objects.filter(is_enabled=True, next_run_at__isnull=True),
        set_tick,
        sweep="set_first_ticks",
        kind=Alarm.Kind.FAILED_SCHEDULE,
    )


def run_one(schedule_id: int) -> int:
    """Run one schedule, unless it is no longer due or another sweep is running it."""
    with transaction.atomic():
        schedule = due().select_for_update(skip_locked=True).filter(pk=schedule_id).first()
        if schedule is None:
            return 0
        if problem := _of_cron(schedule):  # an earlier version accepted the line
            switch_off(schedule, problem)
            return 0
        started = database_now()
        schedule.last_run_at = started
        try:
            with transaction.atomic():
                made = receive_new_objects(schedule)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one schedule must not block the others
            made = 0
            reschedule(schedule, error, started)
        else:
            schedule.failures = 0
            schedule.last_result = f"{made} new" if made else "nothing new"
            if made < MAX_NEW_PER_RUN:
                complete(schedule, started)
        schedule.save()
    log.info("schedule %s: %s", schedule.name, schedule.last_result)
    return made


def receive_new_objects(schedule: Schedule) -> int:
    """Create uploads of new objects. Returns their number. Raises botocore's errors."""
    dataset = datasets.get(schedule.dataset)

    def receive(listed: ListedVersion) -> bool:
        arrival = Arrival.of_listed(listed)
        if schedule.prefix.startswith(dataset.prefix):
            object_arrived(arrival)
        else:
            object_found(arrival, schedule)
        return True

    return for_each(
        islice(new_objects(schedule), MAX_NEW_PER_RUN),
        receive,
        sweep=schedule.name,
        name=lambda listed: f"version {listed.version}",
        kind=Alarm.Kind.FAILED_SCHEDULE,
    )


def complete(schedule: Schedule, started: datetime) -> None:
    """End this run: the next one is at the next tick."""
    schedule.next_run_at = next_tick(schedule, started) if schedule.is_enabled else None
    schedule.asked_at = schedule.asked_by = None


def switch_off(schedule: Schedule, problem: str) -> None:
    """Disable the schedule until staff correct it, and raise an alarm."""
    schedule.is_enabled = False
    schedule.next_run_at = schedule.asked_at = schedule.asked_by = None
    schedule.last_result = f"switched off: {problem}"
    schedule.save()
    alarms.raise_alarm(Alarm.Kind.FAILED_SCHEDULE, schedule.name, schedule.last_result)


def reschedule(schedule: Schedule, error: Exception, started: datetime) -> None:
    """Retry soon, by the next tick at the latest. Every third failure raises an alarm and waits."""
    schedule.failures += 1
    schedule.last_result = f"failed: {type(error).__name__}: {error}"
    log.warning("schedule %s failed", schedule.name, exc_info=error)
    if schedule.failures % FAILURES_BEFORE_ALARM == 0:
        complete(schedule, started)
        alarms.raise_alarm(Alarm.Kind.FAILED_SCHEDULE, schedule.name, schedule.last_result)
    elif schedule.is_enabled:
        soon = started + timedelta(seconds=retry_policy.backoff(schedule.failures))
        schedule.next_run_at = min(next_tick(schedule, started), soon)


def new_objects(schedule: Schedule) -> Iterator[ListedVersion]:
    """The latest versions under the prefix, except those whose content was imported last.

    Raises botocore's errors.
    """
    listed = s3.list_versions(settings.S3_BUCKET, schedule.prefix)
    latest = (each for each in listed if each.is_latest and not each.key.endswith("/"))
    while page := list(islice(latest, MAX_LISTED_AT_ONCE)):
        yield from without_upload(page)


def without_upload(page: list[ListedVersion]) -> list[ListedVersion]:
    """The versions that have no upload and whose content differs from their key's last upload.

    The content of an upload that was canceled or failed internally does not count, so that a file
    can be imported by storing it again.
    """
    ours = Upload.objects.filter(
        s3_bucket=settings.S3_BUCKET,
        s3_key__in=[each.key for each in page if each.key_can_be_stored],
    )
    versions = set(
        ours.filter(s3_version__in=[each.version for each in page]).values_list(
            "s3_key", "s3_version"
        )
    )
    last = ours.order_by("s3_key", "-upload_timestamp", "-upload_id").distinct("s3_key")
    contents = {
        (upload.s3_key, upload.source_etag)
        for upload in last.only("s3_key", "source_etag", "status", "failure_code")
        if upload.status != Upload.Status.CANCELLED and not upload.failed_internally
    }
    return [
        each
        for each in page
        if (each.key, each.version) not in versions and (each.key, each.etag) not in contents
    ]
