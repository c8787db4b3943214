"""The first import worker, when there is none: wanted as soon as hints wait in the queue.

Autoscaling starts workers by CloudWatch's metric of the queue, minutes after the first message, or
a quarter of an hour after it when the queue was idle for six: then the metric itself is asleep,
and any call that touches the queue keeps it awake. The forwarder, which always runs, makes that
call. It sees all hints, whoever sent them: forwarder, portal or sweep.
"""

import logging
import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from config import aws

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)
LOOK_INTERVAL_SECONDS = 15.0  # seconds between looks


class FirstWorker:
    """Looks after the service that the setting WORKER_SERVICE names; after none when it is ""."""

    def __init__(self) -> None:
        self.cluster, _, self.service = settings.WORKER_SERVICE.partition("/")
        self.wanted = False
        self.next_look = 0.0

    def look(self, *, forwarded: bool) -> None:
        """Ask for a first worker if hints wait, at most every 15 s; what fails is tried again.

        `forwarded`: hints were sent just now, of which the queue's own numbers may not know yet.
        """
        self.wanted = self.wanted or forwarded
        if not self.service or time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + LOOK_INTERVAL_SECONDS
        try:
            # The queue is asked in any case, because that keeps its metric awake.
            if hints_wait() or self.wanted:
                self._start()
            self.wanted = False
        except (ClientError, BotoCoreError) as error:
            log.warning("the first worker could not be looked after: %s", error)

    def _start(self) -> None:
        # One attempt of a few seconds: the forwarder has events to forward.
        ecs = aws.client("ecs", read_timeout=5, attempts=1)
        answer = ecs.describe_services(cluster=self.cluster, services=[self.service])
        for service in answer["services"]:
            if service["desiredCount"] == 0:
                ecs.update_service(cluster=self.cluster, service=self.service, desiredCount=1)
                log.info("asked for the first worker")
        for failure in answer["failures"]:
            log.warning("the workers' service %s: %s", self.service, failure.get("reason"))


def hints_wait() -> bool:
    """Whether a hint waits for a worker; not those that are sent for later."""
    sqs: SQSClient = aws.client("sqs", read_timeout=5, attempts=1)
    answer = sqs.get_queue_attributes(
        QueueUrl=settings.IMPORTS_QUEUE_URL, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"]) > 0
