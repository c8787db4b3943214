"""CSV files are compressed for browsers, which unpack them, and for nothing that does not ask."""

import gzip

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.onboarding.conftest import Browse, make_upload
from vendors.models import Vendor

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
PATH = "/admin/imports/upload/export/"


@pytest.fixture
def reader(browse: Browse, reviewer: User, vendor_a: Vendor) -> Client:
    """A person who may download the history of some uploads."""
    for number in range(50):
        make_upload(number, vendor_a)
    return browse(reviewer)


def body(client: Client, path: str = PATH, **headers: str) -> tuple[bytes, str]:
    """The content as it is sent, and how it is encoded."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    content = b"".join(answer) if answer.streaming else answer.content
    return content, answer.get("Content-Encoding", "")


def test_an_export_is_compressed_for_a_browser(reader: Client) -> None:
    plain, said = body(reader)
    assert said == ""
    packed, said = body(reader, **BROWSER)
    assert said == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 4


def test_caches_keep_both_apart(reader: Client) -> None:
    assert "Accept-Encoding" in reader.get(PATH, headers=BROWSER)["Vary"]


@pytest.mark.parametrize("path", ["/products/", "/help/products/"])
def test_nothing_else_is_compressed(as_alice: Client, path: str) -> None:
    assert body(as_alice, path, **BROWSER)[1] == ""
