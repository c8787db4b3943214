"""Bulk reads and writes of DynamoDB items, within its limits and for a bounded time."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from config import aws

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Item = dict[str, Any]  # in DynamoDB's own notation: {"email": {"S": "jo@example.com"}}

ITEMS_PER_WRITE = 25  # DynamoDB's limits per request
KEYS_PER_READ = 100
MAX_CONCURRENT_REQUESTS = 8  # per call; a request mostly waits for DynamoDB
DEADLINE_SECONDS = 30.0  # during which unprocessed items are sent again
MAX_PAUSE_SECONDS = 5.0


class Overloaded(Exception):
    """DynamoDB left items unprocessed until the deadline."""


def client() -> "DynamoDBClient":
    # With 25 items per request, botocore's validation of every attribute takes half of our CPU
    # time, and the type checker has already checked the requests.
    found: DynamoDBClient = aws.client("dynamodb", validate=False)
    return found


def put_all(
    table: str, items: Sequence[Item], *, verify_lock: Callable[[], None] | None = None
) -> None:
    """Write all items, which have different keys. An existing item of the same key is replaced.

    `verify_lock` is called before each group of concurrent requests and raises to stop. Raises
    Overloaded, botocore's errors and those of `verify_lock`. No request is in progress after the
    return or the error.
    """
    dynamodb, deadline = client(), time.monotonic() + DEADLINE_SECONDS

    def put(group: Sequence[Item]) -> None:
        requests: Any = {table: [{"PutRequest": {"Item": item}} for item in group]}
        for _ in attempts(deadline):
            requests = dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
            if not requests:
                return

    for _ in in_parallel(put, pieces(items, ITEMS_PER_WRITE), verify_lock):
        pass


def get_all(table: str, keys: Sequence[Item], attributes: Sequence[str]) -> list[Item]:
    """The existing items of these different keys, with only these attributes.

    The reads are consistent. Raises Overloaded and botocore's errors.
    """
    dynamodb, deadline = client(), time.monotonic() + DEADLINE_SECONDS
    names = {f"#{position}": name for position, name in enumerate(attributes)}

    def get(group: Sequence[Item]) -> list[Item]:
        found: list[Item] = []
        requests: Any = {
            table: {
                "Keys": list(group),
                "ConsistentRead": True,
                "ProjectionExpression": ", ".join(names),
                "ExpressionAttributeNames": names,
            }
        }
        for _ in attempts(deadline):
            answer = dynamodb.batch_get_item(RequestItems=requests)
            found += answer["Responses"].get(table, [])
            requests = answer["UnprocessedKeys"]
            if not requests:
                break
        return found

    answers = in_parallel(get, pieces(keys, KEYS_PER_READ), None)
    return [item for found in answers for item in found]


def attempts(deadline: float) -> Iterator[None]:
    """Attempts with growing pauses. Raises Overloaded if the next one would miss the deadline."""
    pause = 0.05
    while True:
        yield
        if time.monotonic() + pause > deadline:
            raise Overloaded(f"{DEADLINE_SECONDS:.0f} s of unprocessed items")
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 2, MAX_PAUSE_SECONDS)


def in_parallel(
    ask: Callable[[Sequence[Item]], T],
    groups: Sequence[Sequence[Item]],
    verify_lock: Callable[[], None] | None,
) -> Iterator[T]:
    """The results of `ask` for each group, in order, with several requests at the same time."""
    if len(groups) <= 1 and verify_lock is None:
        yield from map(ask, groups)
        return
    rest = iter(groups)
    with ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS, thread_name_prefix="dynamo") as pool:
        while wave := list(islice(rest, MAX_CONCURRENT_REQUESTS)):
            if verify_lock is not None:
                verify_lock()
            yield from pool.map(ask, wave)


def pieces(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
