"""The client address that failed logins are counted by."""

from typing import Any

import pytest
from django.test import RequestFactory

from config.client_address import client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (1, "", "127.0.0.1"),
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_only_entries_of_our_own_proxies_are_trusted(
    proxies: int, forwarded: str, address: str, settings: Any, rf: RequestFactory
) -> None:
    settings.PROXY_COUNT = proxies
    assert client_address(rf.get("/", headers={"X-Forwarded-For": forwarded})) == address


def test_with_custom_proxy_headers_no_others_are_trusted(settings: Any, rf: RequestFactory) -> None:
    settings.PROXY_COUNT, settings.PROXY_HEADERS = 1, "X-Portal"
    sent = {"X-Forwarded-For": "198.51.100.1", "X-Portal-For": "203.0.113.9"}
    assert client_address(rf.get("/", headers=sent)) == "203.0.113.9"
    del sent["X-Portal-For"]
    assert client_address(rf.get("/", headers=sent)) == "127.0.0.1"
