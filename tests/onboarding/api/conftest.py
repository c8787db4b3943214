"""Programs that call the API."""

import json
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.product_files import csv_bytes, good_row
from vendors import tokens
from vendors.models import Vendor

ROOT = "/api/v1"


class Program:
    """Something that has a token, or none."""

    def __init__(self, token: str = "", client: Client | None = None) -> None:
        self.token = token
        self.client = client or Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer. A body that is no bytes is sent as JSON."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        sent: dict[str, Any] = {}
        if body is not None:
            is_raw = isinstance(body, bytes)
            sent = {
                "data": body if is_raw else json.dumps(body),
                "content_type": options.pop(
                    "content_type", "text/csv" if is_raw else "application/json"
                ),
            }
        return self.client.generic(method, ROOT + path, **sent, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, body, **options)

    def send(self, rows: int = 2, query: str = "", key: str = "", **options: Any) -> Any:
        """Send a file of good rows."""
        headers = {"Idempotency-Key": key} if key else {}
        body = csv_bytes([good_row(number) for number in range(1, rows + 1)])
        return self.post(f"/uploads{query}", body, headers=headers, **options)


MakeToken = Callable[..., Program]


@pytest.fixture
def program_of() -> MakeToken:
    """A program with a new token of a person."""

    def make(
        person: User, scopes: Collection[str] = tokens.SCOPES, life: timedelta = timedelta(days=30)
    ) -> Program:
        vendor: Vendor = person.memberships.get().vendor
        _, text = tokens.create(vendor=vendor, name="test", scopes=scopes, life=life, by=person)
        return Program(text)

    return make


@pytest.fixture
def program(program_of: MakeToken, alice: User) -> Program:
    """A program of Alice's that may do everything."""
    return program_of(alice)
