"""Many items into and out of DynamoDB's tables: within its limits, and for a bounded time."""

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

ITEMS_PER_WRITE = 25  # DynamoDB's limits of one request
KEYS_PER_READ = 100
MAX_CONCURRENT_REQUESTS = 8  # of one call; a request waits for DynamoDB most of its time
DEADLINE_SECONDS = 30.0  # seconds that what is left unprocessed is offered again
MAX_PAUSE_SECONDS = 5.0


class Overloaded(Exception):
    """DynamoDB kept leaving items unprocessed until the deadline."""


def client() -> "DynamoDBClient":
    # Of 25 items a request, the look at every attribute's type takes half of our time; the type
    # checker has looked already.
    found: DynamoDBClient = aws.client("dynamodb", validate=False)
    return found


def put_all(
    table: str, items: Sequence[Item], *, still_ours: Callable[[], None] | None = None
) -> None:
    """Write all items, of different keys. Whatever was under a key is replaced.

    `still_ours` is asked before each few requests and raises to stop. No request is under way any
    more when this returns or raises: Overloaded, botocore's errors, and those of `still_ours`.
    """
    dynamodb, deadline = client(), time.monotonic() + DEADLINE_SECONDS

    def put(group: Sequence[Item]) -> None:
        requests: Any = {table: [{"PutRequest": {"Item": item}} for item in group]}
        for _ in attempts(deadline):
            requests = dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
            if not requests:
                return

    for _ in several_at_once(put, pieces(items, ITEMS_PER_WRITE), still_ours):
        pass


def get_all(table: str, keys: Sequence[Item], attributes: Sequence[str]) -> list[Item]:
    """The items of these different keys, as far as there are any, with these attributes only.

    What was written before is seen. Raises Overloaded and botocore's errors.
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

    answers = several_at_once(get, pieces(keys, KEYS_PER_READ), None)
    return [item for found in answers for item in found]


def attempts(deadline: float) -> Iterator[None]:
    """Attempts with growing pauses between them. Raises Overloaded when the next would be late."""
    pause = 0.05
    while True:
        yield
        if time.monotonic() + pause > deadline:
            raise Overloaded(f"{DEADLINE_SECONDS:.0f} s of unprocessed items")
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 2, MAX_PAUSE_SECONDS)


def several_at_once(
    ask: Callable[[Sequence[Item]], T],
    groups: Sequence[Sequence[Item]],
    still_ours: Callable[[], None] | None,
) -> Iterator[T]:
    """What `ask` says of each group, a few groups at the same time, in their order."""
    if len(groups) <= 1 and still_ours is None:
        yield from map(ask, groups)
        return
    rest = iter(groups)
    with ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS, thread_name_prefix="dynamo") as pool:
        while wave := list(islice(rest, MAX_CONCURRENT_REQUESTS)):
            if still_ours is not None:
                still_ours()
            yield from pool.map(ask, wave)


def pieces(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
