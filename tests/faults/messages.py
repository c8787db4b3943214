"""Messages sent to the queues directly, not by S3 or the application."""

import json
from typing import Any

from tests.faults.cases import Case


def event(case: Case, key: str, version: str, **changes: Any) -> str:
    """An event in the format of S3; `changes` replace parts of its record."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": case.world.bucket},
            "object": {"key": key, "size": 10, "versionId": version, "sequencer": "0A"},
        },
    }
    return json.dumps({"Records": [record | changes]})


def send(case: Case, queue: str, body: str, **more: Any) -> None:
    case.world.aws("sqs").send_message(QueueUrl=case.world.queue(queue), MessageBody=body, **more)
