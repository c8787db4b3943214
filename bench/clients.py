"""10,000 clients imported from the bucket, compared with two common loops around boto3."""

import csv
import io
import random
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
from django.conf import settings

from bench import uploading
from bench.table import Line
from bench.timing import in_turn
from imports.storage import dynamodb

ROWS = 10_000
COLUMNS = ("Name", "Email", "Company", "Phone", "Status")
FIRST = ["Ann", "José", "Zoë", "Łukasz", "Мария", "Siobhán", "Nguyễn", "Karl", "Aiko", "Fatima"]


def measure(runs: int) -> list[Line]:
    body = client_file(ROWS, seed=71)

    def project() -> float:
        empty()
        ended = uploading.drop_one(body, f"client-data/uploads/{uuid4().hex[:8]}.csv")
        uploading.check(ended.upload, ROWS)
        verify()
        uploading.wait_for_quiet()
        return ended.seconds

    def loop() -> float:
        empty()
        clients = table()
        began = time.perf_counter()
        for item in items(body):
            clients.put_item(Item=item)
        seconds = time.perf_counter() - began
        verify()
        return seconds

    def batch_writer() -> float:
        empty()
        clients = table()
        began = time.perf_counter()
        with clients.batch_writer(overwrite_by_pkeys=["email"]) as batch:
            for item in items(body):
                batch.put_item(Item=item)
        seconds = time.perf_counter() - began
        verify()
        return seconds

    ours, one_by_one, batches = in_turn(runs, project, loop, batch_writer)
    return [
        Line(
            f"{ROWS:,} clients, drop into S3 to final status",
            str(ours),
            f"a loop of put_item: {one_by_one}; boto3's batch_writer: {batches}",
            f"{one_by_one.median / ours.median:.1f} × faster; "
            f"{ours.median / batches.median:.1f} × batch_writer",
            "",
            None,
        )
    ]


def client_file(rows: int, *, seed: int) -> bytes:
    """`rows` clients, all valid because the loops check nothing. The same bytes every time."""
    chance = random.Random(seed)  # noqa: S311 - test data, not a secret
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number in range(rows):
        company = f"{chance.choice(FIRST)} & {chance.choice(('Sons', 'Daughters', 'Co, Ltd.'))}"
        phone = f"0421 {chance.randrange(100, 1_000)} {chance.randrange(1_000, 10_000)}"
        writer.writerow(
            [
                f"{chance.choice(FIRST)} No. {number}",
                f"client-{number}@company-{chance.randrange(500)}.example",
                company,
                phone if chance.random() < 0.8 else "",
                chance.choice(("Active", "active", "Inactive")),
            ]
        )
    return text.getvalue().encode()


def items(body: bytes) -> Iterator[dict[str, str]]:
    """The rows as a script would write them: no validation, empty cells omitted."""
    for row in csv.DictReader(io.StringIO(body.decode())):
        yield {name.lower(): cell for name, cell in row.items() if cell}


def table() -> Any:
    """The table as a boto3 resource."""
    return boto3.resource(
        "dynamodb", region_name=settings.AWS_REGION, endpoint_url=settings.AWS_ENDPOINT_URL
    ).Table(settings.CLIENTS_TABLE)


def addresses() -> list[str]:
    """Every address in the table."""
    pages = dynamodb.client().get_paginator("scan").paginate(
        TableName=settings.CLIENTS_TABLE, ProjectionExpression="email", ConsistentRead=True
    )  # fmt: skip
    return [item["email"]["S"] for page in pages for item in page["Items"]]


def empty() -> None:
    """Delete all clients."""
    found = addresses()
    for start in range(0, len(found), dynamodb.ITEMS_PER_WRITE):
        group = found[start : start + dynamodb.ITEMS_PER_WRITE]
        requests: Any = [{"DeleteRequest": {"Key": {"email": {"S": email}}}} for email in group]
        dynamodb.client().batch_write_item(RequestItems={settings.CLIENTS_TABLE: requests})


def verify() -> None:
    """Raise NotImported unless all clients are in the table."""
    if (found := len(addresses())) != ROWS:
        raise uploading.NotImported(f"{found} of {ROWS} clients are in the table")
