"""What beat asks for: resume stalled uploads, find missing events, watch dead letters.

All of it is level-triggered ("older than X", never a time window), so that a beat that was dead
for hours, or two beats at once, change nothing.
"""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils.timezone import now

from config import aws
from imports import datasets
from imports.execution.failpoints import crashpoint
from imports.execution.hints import send_hint
from imports.intake.receive import Arrival, object_arrived
from imports.models import Alarm, Upload
from imports.monitoring import dead_letters, metrics
from imports.notifications import alarms
from imports.rules.refusals import REFUSALS
from imports.storage import s3

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeFilterType

log = logging.getLogger(__name__)
MOST_HINTS = 100  # per sweep
MOST_AT_ONCE = 1_000  # objects compared with the database


def queues() -> "SQSClient":
    found: SQSClient = aws.client("sqs")
    return found


def resume_stalled() -> int:
    """Hint uploads that are due and that nobody works on; returns how many hints went out.

    No more hints than there are due uploads without one: those waiting in the queue count. Those
    in somebody's hands do not: an upload that is worked on is under lease, and the message of a
    worker that was killed is hidden for minutes.
    """
    end_those_that_never_arrived()
    grace = timedelta(seconds=settings.HINT_GRACE_SECONDS)
    due = Upload.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()), next_attempt_at__lt=Now() - grace
    )
    count = due.count()
    waiting = messages_in(settings.IMPORTS_QUEUE_URL, also_taken=False)
    oldest = due.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    metrics.queue_age(
        queue="imports",
        waiting=waiting,
        oldest_seconds=(now() - oldest).total_seconds() if oldest else 0.0,
    )
    sent = 0
    for _ in range(min(MOST_HINTS, max(0, count - waiting))):
        sent += send_hint()
        crashpoint("resume.after_hint")
    if sent:
        log.info("%s uploads were due and waiting; sent %s hints", count, sent)
    return sent


def end_those_that_never_arrived() -> None:
    """Refuse uploads of the web form whose object has not come in time."""
    minutes = settings.NEVER_ARRIVED_MINUTES
    late = Upload.objects.filter(
        status=Upload.Status.RECEIVED,
        s3_version__isnull=True,
        upload_timestamp__lt=Now() - timedelta(minutes=minutes),
        next_attempt_at__isnull=True,
    )
    for upload_id in late.values_list("pk", flat=True)[:MOST_HINTS]:
        with transaction.atomic():
            upload = late.select_for_update(skip_locked=True).filter(pk=upload_id).first()
            if upload is None:
                continue  # its object arrived this moment, or another sweep has it
            message = REFUSALS["NEVER_ARRIVED"].message.format(minutes=minutes)
            upload.refuse("NEVER_ARRIVED", message)
            upload.save()
            transaction.on_commit(send_hint, robust=True)
            crashpoint("never_arrived.before_commit")


def messages_in(queue_url: str, *, also_taken: bool = True) -> int:
    """About how many messages a queue holds: waiting, delayed and, unless told otherwise, in
    somebody's hands."""
    names: list[QueueAttributeFilterType] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
    ]
    if also_taken:
        names.append("ApproximateNumberOfMessagesNotVisible")
    answer = queues().get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    return sum(int(number) for number in answer["Attributes"].values())


def find_missing_events() -> int:
    """Make uploads of objects for which no event has come; returns how many."""
    found = 0
    grace = timedelta(seconds=settings.EVENT_GRACE_SECONDS)
    for dataset in datasets.all_datasets().values():
        page: list[s3.ListedVersion] = []
        for listed in s3.list_versions(settings.S3_BUCKET, dataset.prefix):
            if listed.modified < now() - grace and not listed.key.endswith("/"):
                page.append(listed)
            if len(page) == MOST_AT_ONCE:
                found += receive_unknown(page)
                page = []
        found += receive_unknown(page)
    if found:
        log.warning("%s objects had no event and were found by the sweep", found)
    return found


def receive_unknown(page: list[s3.ListedVersion]) -> int:
    """Receive those object versions that no upload has."""
    known = set(
        Upload.objects.filter(
            s3_bucket=settings.S3_BUCKET, s3_key__in=[listed.key for listed in page]
        ).values_list("s3_key", "s3_version")
    )
    unknown = [listed for listed in page if (listed.key, listed.version) not in known]
    for listed in unknown:
        object_arrived(arrival_of(listed))
        crashpoint("find.after_receive")
    return len(unknown)


def arrival_of(listed: s3.ListedVersion) -> Arrival:
    return Arrival(settings.S3_BUCKET, listed.key, listed.version, listed.size, listed.etag)


def watch_dead_letters() -> None:
    """Raise an alarm for every dead-letter queue that holds a message."""
    for name, queue in dead_letters.queues().items():
        if count := messages_in(queue.dead_letter_url):
            alarms.raise_alarm(
                Alarm.Kind.DEAD_LETTER,
                f"queue {name}",
                f"{count} messages could not be processed. Look at them, mend the cause, and "
                "return them to their queue (docs/operate.md, “Redrive dead letters”).",
            )
