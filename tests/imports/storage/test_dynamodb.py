"""Bulk requests: DynamoDB's limits, and retries of unprocessed items until a deadline."""

from collections.abc import Callable
from typing import Any

import pytest

from imports.storage import dynamodb


def item(number: int) -> dict[str, Any]:
    return {"email": {"S": f"client-{number}@example.com"}, "name": {"S": f"Client {number}"}}


def test_stored_items_are_read_and_missing_ones_left_out(clients: str) -> None:
    dynamodb.put_all(clients, [item(number) for number in range(260)])
    keys = [{"email": item(number)["email"]} for number in range(100, 500)]
    found = dynamodb.get_all(clients, keys, ["name", "email"])
    assert sorted(f["name"]["S"] for f in found) == sorted(f"Client {n}" for n in range(100, 260))


def test_without_items_no_request_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "client", Overloaded)
    dynamodb.put_all("table", [])
    assert dynamodb.get_all("table", [], ["name"]) == []


class Overloaded:
    """A DynamoDB client that leaves the last item or key unprocessed `times` times."""

    def __init__(self, times: int = 0) -> None:
        self.times = times
        self.written: list[Any] = []
        self.requests: list[int] = []

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        ((table, requests),) = RequestItems.items()
        self.requests.append(len(requests))
        if self.times:
            self.times -= 1
            self.written += requests[:-1]
            return {"UnprocessedItems": {table: requests[-1:]}}
        self.written += requests
        return {"UnprocessedItems": {}}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((table, request),) = RequestItems.items()
        keys = request["Keys"]
        self.requests.append(len(keys))
        left = keys[-1:] if self.times else []
        self.times -= bool(left)
        answered = keys[: len(keys) - len(left)]
        more = {table: request | {"Keys": left}} if left else {}
        return {"Responses": {table: answered}, "UnprocessedKeys": more}


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Overloaded]:
    def times(count: int) -> Overloaded:
        fake = Overloaded(count)
        monkeypatch.setattr(dynamodb, "client", lambda: fake)
        return fake

    return times


def test_unprocessed_items_are_sent_again(overloaded: Callable[[int], Overloaded]) -> None:
    fake = overloaded(2)
    dynamodb.put_all("table", [{"n": 1}, {"n": 2}])
    assert [request["PutRequest"]["Item"]["n"] for request in fake.written] == [1, 2]


def test_unprocessed_keys_are_requested_again(overloaded: Callable[[int], Overloaded]) -> None:
    overloaded(2)
    assert dynamodb.get_all("table", [{"n": 1}, {"n": 2}], ["n"]) == [{"n": 1}, {"n": 2}]


def test_no_request_is_larger_than_dynamodb_allows(
    overloaded: Callable[[int], Overloaded],
) -> None:
    fake = overloaded(0)
    dynamodb.put_all("table", [{"n": n} for n in range(60)])
    assert sorted(fake.requests) == [10, 25, 25]
    fake.requests.clear()
    dynamodb.get_all("table", [{"n": n} for n in range(210)], ["n"])
    assert sorted(fake.requests) == [10, 100, 100]


@pytest.mark.parametrize("items", [1, 60])
def test_items_that_stay_unprocessed_cause_an_error(
    items: int, overloaded: Callable[[int], Overloaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    overloaded(10**6)
    monkeypatch.setattr(dynamodb, "DEADLINE_SECONDS", 0.2)
    with pytest.raises(dynamodb.Overloaded):
        dynamodb.put_all("table", [{"n": n} for n in range(items)])
    with pytest.raises(dynamodb.Overloaded):
        dynamodb.get_all("table", [{"n": 1}], ["n"])


def test_nothing_is_written_after_the_lock_is_lost(
    overloaded: Callable[[int], Overloaded],
) -> None:
    fake = overloaded(0)
    answers = iter([None, ConnectionError("the lock is gone")])

    def verify_lock() -> None:
        if answer := next(answers):
            raise answer

    with pytest.raises(ConnectionError):
        dynamodb.put_all("table", [{"n": n} for n in range(500)], verify_lock=verify_lock)
    assert len(fake.written) == 25 * dynamodb.MAX_CONCURRENT_REQUESTS
