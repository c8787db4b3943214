"""The application's processes that poll SQS, each with its own empty queue."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3

from deploy import commands
from deploy.local.places import CHECKOUT

# By the variable of the queue that they poll.
LISTENERS = {
    "EVENTS_QUEUE_URL": commands.forwarder(),
    "MAINTENANCE_QUEUE_URL": commands.worker("maintenance", processes=1),
}


@contextmanager
def listening(
    variable: str, *, proxy: int | None = None, messages: Sequence[object] = (), **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The process that polls this queue, connected to AWS through the proxy on this port."""
    emulator = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    sqs = boto3.client("sqs", endpoint_url=emulator.geturl())
    queue = sqs.create_queue(QueueName="nothing-comes")["QueueUrl"]
    for message in messages:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
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
