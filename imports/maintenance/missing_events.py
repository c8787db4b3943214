"""Finds objects whose event was lost, by comparing the bucket with the database."""

import logging
from datetime import timedelta

from django.conf import settings
from django.utils.timezone import now

from imports import datasets
from imports.execution.failpoints import failpoint
from imports.intake.receive import Arrival, object_arrived
from imports.models import Upload
from imports.monitoring.sweeping import for_each
from imports.storage import s3

log = logging.getLogger(__name__)
MAX_COMPARED_AT_ONCE = 1_000  # objects per query


def find_missing_events() -> int:
    """Create uploads of objects whose event did not arrive. Returns their number."""
    found = 0
    grace = timedelta(seconds=settings.EVENT_GRACE_SECONDS)
    for dataset in datasets.all_datasets().values():
        page: list[s3.ListedVersion] = []
        for listed in s3.list_versions(settings.S3_BUCKET, dataset.prefix):
            if listed.modified < now() - grace and not listed.key.endswith("/"):
                page.append(listed)
            if len(page) == MAX_COMPARED_AT_ONCE:
                found += receive_unknown(page)
                page = []
        found += receive_unknown(page)
    if found:
        log.warning("created uploads of objects without an event: %s", found)
    return found


def receive_unknown(page: list[s3.ListedVersion]) -> int:
    """Receive the object versions that have no upload. Returns how many have one now.

    A copy of an upload's version, left by a PUT that was repeated, is deleted.
    """
    known = set(
        Upload.objects.filter(
            s3_bucket=settings.S3_BUCKET,
            s3_key__in=[listed.key for listed in page if listed.key_can_be_stored],
        ).values_list("s3_key", "s3_version")
    )
    unknown = [listed for listed in page if (listed.key, listed.version) not in known]
    return for_each(unknown, receive, sweep="find_missing_events", name=place_of)


def receive(listed: s3.ListedVersion) -> bool:
    """Receive one version. Returns whether it has an upload now."""
    upload = object_arrived(Arrival.of_listed(listed))
    failpoint("find.after_receive")
    if upload is None or upload.s3_version == listed.version:
        return True
    # A copy of the upload's version, which clean-up would not find.
    s3.delete_version(settings.S3_BUCKET, listed.key, listed.version)
    return False


def place_of(listed: s3.ListedVersion) -> str:
    """Where the object is, without its name, which may be personal."""
    return f"version {listed.version} under {listed.key.rpartition('/')[0]}/"
