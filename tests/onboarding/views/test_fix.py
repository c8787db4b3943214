"""The page that corrects rejected rows."""

import html
import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from imports.models import Upload, ValueMap
from tests.conftest import drive, event_arrives
from tests.product_files import good_row

Run = Callable[..., Upload]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def rows(count: int, **cells: str) -> list[dict[str, str]]:
    return [{**good_row(n), **cells} for n in range(1, count + 1)]


def fields(page: str) -> dict[str, list[str]]:
    """The names and values of a form, as a browser would send them unchanged."""
    form = page[page.index('id="fix-form"') : page.index("</form>", page.index('id="fix-form"'))]
    found: dict[str, list[str]] = {}
    for tag in re.finditer(r"<(input|select|textarea)([^>]*)>(?:(.*?)</\1>)?", form, re.DOTALL):
        kind, attributes, inside = tag.groups()
        name = re.search(r'name="([^"]*)"', attributes)
        if not name:
            continue
        value = re.search(r'value="([^"]*)"', attributes)
        text = value[1] if value else ""
        if kind == "select":
            options = re.findall(r'value="([^"]*)"( selected)?', inside)
            text = next((value for value, chosen in options if chosen), options[0][0])
        elif kind == "textarea":
            text = inside.removeprefix("\n")
        if 'type="checkbox"' in attributes and "checked" not in attributes:
            continue
        found.setdefault(name[1], []).append(html.unescape(text))
    return found


def test_one_value_in_many_rows_is_corrected_once(client: Client, run_upload: Run) -> None:
    wrong = [
        {**row, "category": "Computer Acessories"} if n % 2 else row
        for n, row in enumerate(rows(10))
    ]
    upload = run_upload(wrong)
    assert (upload.valid_records, upload.error_records) == (5, 5)
    address = f"/uploads/{upload.upload_id}/fix/"
    assert address in client.get(f"/uploads/{upload.upload_id}/").content.decode()

    page = client.get(address).content.decode()
    assert "5 rows" in page
    sent = fields(page)
    assert sent["to"] == ["Computer Accessories"]
    answer = client.post(address, sent | {"send": ""})
    assert answer.status_code == 302
    correction = Upload.objects.get(corrects=upload)
    assert answer["Location"] == f"/uploads/{correction.upload_id}/"
    event_arrives(correction)
    drive()

    correction.refresh_from_db()
    assert (correction.status, correction.valid_records) == ("completed", 5)
    assert Product.objects.count() == 10
    kept = ValueMap.objects.get()
    assert (kept.column_name, kept.cell, kept.text) == (
        "category",
        "Computer Acessories",
        "Computer Accessories",
    )
    assert "No rows left to fix here" in client.get(address).content.decode()
