"""The page of a held upload: why, what would change, and the release by its people."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from imports.models import Upload
from tests.conftest import drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
ROWS = [good_row(n, price=f"{12 + n}.50", stock_quantity="9") for n in range(12)]


@pytest.fixture
def held(run_upload: Run, alice: User) -> Upload:
    run_upload(ROWS)
    dear = [row | {"price": row["price"].replace(".", "")} for row in ROWS]
    return run_upload([*dear, good_row(40, price="x")], mode="update", by=alice)


def page_of(client: Client, upload: Upload, address: str = "") -> str:
    text = client.get(address or f"/uploads/{upload.pk}/").content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def sent(client: Client, upload: Upload, **fields: Any) -> str:
    answer = client.post(f"/uploads/{upload.pk}/release/", {"run": 1} | fields, follow=True)
    drive()
    upload.refresh_from_db()
    return html.unescape(answer.content.decode())


def test_it_is_released_by_typing_the_number(as_alice: Client, held: Upload) -> None:
    page = page_of(as_alice, held)
    for text in (
        "Held until you release it. Nothing was imported yet. 12 products would change.",
        "12 of 12 products that you update get a price of more than 5 times",
        "12.50 → becomes 1250",
        "type the number of products that change: 12",
        "Rows with errors are not imported. You can fix them after the release.",
        "The largest price moves",
    ):
        assert text in page
    for text in ("Check only", "Fix 1 row here", "You’re done", "check only"):
        assert text not in page
    assert "hx-get" not in as_alice.get(f"/uploads/{held.pk}/").content.decode()
    for count in ("", "11", "1e1", "-12", "9" * 30):
        assert "Enter the number 12" in sent(as_alice, held, count=count)
    assert "We’re importing the file." in sent(as_alice, held, count=" 12 ")
    assert (held.status, held.run, held.updated_records) == ("partial", 2, 12)
    assert "not held any more" in sent(as_alice, held, count="12")
    assert "Fix 1 row here" in page_of(as_alice, held)


def test_it_is_on_the_first_page_and_in_the_list(as_alice: Client, held: Upload) -> None:
    home = page_of(as_alice, held, "/")
    assert "Held until you release it." in home
    assert "Review and release" in home
    listed = page_of(as_alice, held, "/uploads/")
    assert "Held" in listed
    assert "Check only" not in listed
    Vendor.objects.update(review=Vendor.Review.ALWAYS)
    assert "Only our staff can release" in sent(as_alice, held, count="12")
    page = page_of(as_alice, held)
    assert "Our staff release it." in page
    assert "type the number" not in page
    assert "Cancel upload" in page


def test_viewers_and_staff_do_not_release_it_there(
    client: Client, held: Upload, lou: User, reviewer: User
) -> None:
    client.force_login(lou)
    assert "type the number" not in page_of(client, held)
    assert client.post(f"/uploads/{held.pk}/release/", {"run": 1}).status_code == 403
    client.force_login(reviewer)
    assert "/admin/imports/heldupload/" in client.get(f"/uploads/{held.pk}/").content.decode()


def test_it_is_canceled(as_alice: Client, held: Upload) -> None:
    assert "It is held: nothing was imported" in page_of(
        as_alice, held, f"/uploads/{held.pk}/cancel/"
    )
    as_alice.post(f"/uploads/{held.pk}/cancel/")
    drive()
    held.refresh_from_db()
    assert (held.status, held.run) == ("cancelled", 2)
    assert "Canceled before any rows were read." in page_of(as_alice, held)
    assert not Product.objects.filter(price__gt=100).exists()


def test_the_help_page_explains_each_reason(client: Client, vendor_a: Vendor) -> None:
    page = client.get("/help/products/").content.decode()
    assert 'id="DECIMAL_SHIFT"' in page
    assert "is within 25% of 100 times" in page
    assert "At least 10 products, and 50% of all" in page
