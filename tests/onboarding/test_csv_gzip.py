"""Exports are compressed for browsers, which unpack them, and for nothing that does not ask."""

import gzip

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from tests.admin.conftest import make_product
from tests.onboarding.conftest import Browse
from vendors.models import Vendor

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
PATH = "/products/export.csv"


@pytest.fixture(autouse=True)
def products(vendor_a: Vendor) -> list[Product]:
    return [make_product(vendor_a, number) for number in range(200)]


def body(client: Client, path: str = PATH, **headers: str) -> tuple[bytes, str]:
    """The content as it is sent, and how it is encoded."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    content = b"".join(answer) if answer.streaming else answer.content
    return content, answer.get("Content-Encoding", "")


def test_an_export_is_compressed_for_a_browser(as_alice: Client) -> None:
    plain, said = body(as_alice)
    assert said == ""
    packed, said = body(as_alice, **BROWSER)
    assert said == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 4


def test_caches_keep_both_apart(as_alice: Client) -> None:
    assert "Accept-Encoding" in as_alice.get(PATH, headers=BROWSER)["Vary"]


@pytest.mark.parametrize("path", ["/products/", "/help/products/", "/products/export.xlsx"])
def test_nothing_else_is_compressed(as_alice: Client, path: str) -> None:
    assert body(as_alice, path, **BROWSER)[1] == ""


def test_staffs_exports_are_compressed_too(browse: Browse, reviewer: User) -> None:
    _, said = body(browse(reviewer), **BROWSER)
    assert said == "gzip"
