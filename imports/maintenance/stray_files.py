"""Finds files that nothing reads: at the top of the bucket, or in a folder of no data set.

S3 sends no event for them, because the bucket announces only the prefixes of the data sets. Staff
get one alarm per folder, and the next one when newer files have arrived there.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from imports import datasets
from imports.intake.schedules import OUR_OWN
from imports.models import Alarm, Schedule
from imports.notifications import alarms
from imports.storage import s3

log = logging.getLogger(__name__)
MAX_LISTED = 1_000  # of a folder that nothing reads


def find_stray_files() -> None:
    """Raise an alarm for each place with stray files, unless an alarm was raised since they came.

    Raises botocore's errors.
    """
    for place, newest in stray_places("", known_prefixes()):
        subject = f"s3://{settings.S3_BUCKET}/{place}"
        named = Alarm.objects.filter(kind=Alarm.Kind.STRAY_FILE, subject=subject[:300])
        if named.filter(raised_at__gte=newest).exists():
            continue
        log.warning("files that nothing reads under %s", subject)
        alarms.raise_alarm(
            Alarm.Kind.STRAY_FILE,
            subject,
            f"The newest file was stored on {newest:%Y-%m-%d at %H:%M:%S} UTC.",
        )


def known_prefixes() -> tuple[str, ...]:
    """What we read or write."""
    ours = (dataset.prefix for dataset in datasets.all_datasets().values())
    return (*OUR_OWN, *ours, *Schedule.objects.values_list("prefix", flat=True))


def stray_places(folder: str, known: tuple[str, ...]) -> Iterator[tuple[str, datetime]]:
    """Places below a folder that hold files under no known prefix, each with the time of its newest
    file: the folder itself, or the highest folder that no known prefix is in."""
    listing = s3.list_folder(settings.S3_BUCKET, folder)
    strays = [each.modified for each in listing.files if not each.key.startswith(known)]
    if strays:
        yield folder, max(strays)
    for inner in listing.folders:
        if inner.startswith(known):
            continue
        if any(prefix.startswith(inner) for prefix in known):
            yield from stray_places(inner, known)
        elif newest := newest_in(inner):
            yield inner, newest


def newest_in(folder: str) -> datetime | None:
    """The time of the newest of the first files in a folder; None if there are none."""
    files = s3.list_files(settings.S3_BUCKET, folder, most=MAX_LISTED)
    return max((each.modified for each in files), default=None)
