"""A file that takes longer than a request is continued by the next ones, for which a page asks."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from imports.exports import answers, parts
from tests.admin.conftest import make_product
from tests.imports.exports.test_parts import SMALLEST, many, rows
from tests.onboarding.conftest import Browse, text_of
from vendors.models import Vendor

PATH = "/products/export.csv"


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request writes one part, of the smallest size."""
    monkeypatch.setattr(parts, "SECONDS", 0)
    monkeypatch.setattr(parts, "PART_BYTES", SMALLEST)


def following(client: Client, address: str) -> str:
    """The address for which the page asks by itself."""
    page = client.get(address)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    following = page["Refresh"].removeprefix("0; url=")
    assert f'href="{following.replace("&", "&amp;")}"' in page.content.decode()
    return following


def of_the_bucket(client: Client, address: str) -> str:
    """The address of the file in the end."""
    while address.startswith("/"):
        address = following(client, address)
    return address


def test_the_browser_goes_on_by_itself(as_alice: Client, vendor_a: Vendor) -> None:
    many(vendor_a, 6_000, 2_000)
    first = as_alice.get(f"{PATH}?q=product")
    assert re.search(r"\b[23],\d{3} products are in the file so far", text_of(first))
    second = following(as_alice, first["Refresh"].removeprefix("0; url="))
    last = as_alice.get(second)
    assert "The file is complete" in text_of(last)
    address = last["Refresh"].removeprefix("0; url=")
    assert re.search(r"filename%3D%22products-\d{8}-\d{6}\.csv", address)
    assert len(rows(address)) == 6_000


def test_staffs_file_goes_on_with_the_filters_of_the_list(
    browse: Browse, reviewer: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    many(vendor_a, 3_000, 2_000)
    make_product(vendor_b, 5_000)
    address = "/admin/catalog/product/export/?vendor__vendor_id__exact=VEND001"
    found = rows(of_the_bucket(browse(reviewer), address))
    assert [row["Vendor ID"] for row in found] == ["VEND001"] * 3_000


@pytest.fixture
def second(as_alice: Client, vendor_a: Vendor) -> str:
    """The address for the second part of a file of hers, which has three."""
    many(vendor_a, 6_000, 2_000)
    return following(as_alice, PATH)


def begins_again(client: Client, address: str, at: str = PATH) -> bool:
    answer = client.get(address)
    return (answer.status_code, answer.get("Location")) == (302, at)


def test_only_who_began_a_file_goes_on_with_it(browse: Browse, adam: User, second: str) -> None:
    assert begins_again(browse(adam), second)


@pytest.mark.parametrize("query", ["?q=product", "?status=active"])
def test_a_file_keeps_the_filters_with_which_it_began(
    as_alice: Client, second: str, query: str
) -> None:
    assert begins_again(as_alice, second + query, PATH + query)


@pytest.mark.parametrize("change", [lambda path: path[:-2] + "_/", lambda _: f"{PATH}/x:y/"])
def test_what_we_did_not_sign_begins_a_new_file(
    as_alice: Client, second: str, change: Callable[[str], str]
) -> None:
    assert begins_again(as_alice, change(second))


def test_after_an_hour_a_file_begins_again(
    as_alice: Client, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SECONDS_TO_GO_ON", -1)
    assert begins_again(as_alice, second)


def test_two_requests_for_one_part_do_not_mix(as_alice: Client, second: str) -> None:
    """The products change between them."""
    here = following(as_alice, second)
    Product.objects.update(description="y" * 1_900)
    there = following(as_alice, second)
    assert begins_again(as_alice, here)
    skus = [row["SKU*"] for row in rows(of_the_bucket(as_alice, there))]
    assert skus == [f"SKU-{number}" for number in range(6_000, 0, -1)]


def test_a_complete_file_is_not_completed_again(as_alice: Client, second: str) -> None:
    last = following(as_alice, second)
    of_the_bucket(as_alice, last)
    assert begins_again(as_alice, last)
