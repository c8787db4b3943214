"""Starts the first import worker when hints wait in the queue and no worker is running.

Autoscaling starts workers by CloudWatch's metric of the queue: minutes after the first message, or
15 minutes after it if the queue was idle for six hours, because CloudWatch then stops collecting
the metric. Any API call to the queue keeps the metric active. The forwarder, which always runs,
makes such calls. It sees the hints of every sender: forwarder, portal and sweeps.
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
CHECK_INTERVAL_SECONDS = 15.0


class FirstWorker:
    """Starts the first task of the service named by the setting WORKER_SERVICE, unless it is ""."""

    def __init__(self) -> None:
        self.cluster, _, self.service = settings.WORKER_SERVICE.partition("/")
        self.wanted = False
        self.next_check = 0.0

    def start_if_needed(self, *, forwarded: bool) -> None:
        """Request a first worker if hints wait. Checks at most every 15 s; a failure is retried.

        `forwarded`: hints were sent just now, which the queue's own count may not include yet.
        """
        self.wanted = self.wanted or forwarded
        if not self.service or time.monotonic() < self.next_check:
            return
        self.next_check = time.monotonic() + CHECK_INTERVAL_SECONDS
        try:
            # The queue is queried in any case, because that keeps its metric active.
            if hints_are_waiting() or self.wanted:
                self._start()
            self.wanted = False
        except (ClientError, BotoCoreError) as error:
            log.warning("could not check or start the first worker; trying again: %s", error)

    def _start(self) -> None:
        # One attempt of a few seconds, so that forwarding is not delayed.
        ecs = aws.client("ecs", read_timeout=5, attempts=1)
        answer = ecs.describe_services(cluster=self.cluster, services=[self.service])
        for service in answer["services"]:
            if service["desiredCount"] == 0:
                ecs.update_service(cluster=self.cluster, service=self.service, desiredCount=1)
                log.info("requested the first worker")
        for failure in answer["failures"]:
            log.warning("ECS cannot describe service %s: %s", self.service, failure.get("reason"))


def hints_are_waiting() -> bool:
    """Whether hints wait for a worker. Delayed hints do not count."""
    sqs: SQSClient = aws.client("sqs", read_timeout=5, attempts=1)
    answer = sqs.get_queue_attributes(
        QueueUrl=settings.IMPORTS_QUEUE_URL, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"]) > 0
