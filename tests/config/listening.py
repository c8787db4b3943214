"""Processes of ours that listen to SQS, as they are run, with an empty queue of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3

from deploy import commands
from deploy.local.places import CHECKOUT

# By the variable with the queue they listen to.
LISTENERS = {
    "EVENTS_QUEUE_URL": commands.forwarder(),
    "MAINTENANCE_QUEUE_URL": commands.worker("maintenance", processes=1),
}


@contextmanager
def listening(
    variable: str, *, proxy: int | None = None, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The process that listens to this queue; it reaches AWS through the proxy at this port."""
    emulator = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    sqs = boto3.client("sqs", endpoint_url=emulator.geturl())
    queue = sqs.create_queue(QueueName="nothing-comes")["QueueUrl"]
    host = f"127.0.0.1:{proxy or emulator.port}"
    _, *arguments = LISTENERS[variable]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env=os.environ
        | {
            "AWS_ENDPOINT_URL": f"http://{host}",
            variable: urlsplit(queue)._replace(netloc=host).geturl(),
            "SQS_WAIT_SECONDS": "1",
            **more,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        sqs.delete_queue(QueueUrl=queue)
