"""The page that corrects rejected rows."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from catalog.models import Category, Product
from imports.models import CategoryRequest, Upload, ValueMap
from imports.wanted import applying, deciding
from tests.conftest import drive, event_arrives
from tests.product_files import good_row
from vendors.models import Vendor

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
    # Only what has an end is looked for one: to the end of a page of 1 MB, for each of its fields.
    tags = r"<(input)\b([^>]*)>()|<(select|textarea)\b([^>]*)>(.*?)</\4>"
    for tag in re.finditer(tags, form, re.DOTALL):
        kind, attributes, inside = (part for part in tag.groups() if part is not None)
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


def test_a_page_has_no_more_fields_than_can_be_sent(client: Client, run_upload: Run) -> None:
    """Of rows with too many cells, each cell is a field."""
    columns = ["vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity"]
    columns += [f"Extra {n}" for n in range(40)]
    lines = [",".join(columns)]
    lines += [f"V-{n},Lamp,Wrong {n},S-{n},free,many,{'x,' * 40}" for n in range(60)]
    lines += [f"W-{n},Lamp,Bad {n},T-{n},free,many,{'x,' * 39}" for n in range(60)]
    upload = run_upload("\n".join(lines))
    address = f"/uploads/{upload.upload_id}/fix/"
    page = client.get(address).content.decode()
    sent = fields(page)
    assert page.count("Edit all cells of row") > 20
    assert sum(map(len, sent.values())) > 1_000
    assert client.post(address, sent | {"to_page": ""}).status_code == 302
    row = fields(client.get(f"{address}?row=50").content.decode())
    assert client.post(address, row | {"cell-50-2": ["Books"], "to_page": ""}).status_code == 302


def test_what_is_sent_unchanged_changes_nothing(client: Client, run_upload: Run) -> None:
    """A field of one line would lose line breaks, and 1, 0 become 10."""
    prices = ["1\n0", "1\n0", "2\r0"]
    upload = run_upload([good_row(n, price=price) for n, price in enumerate(prices)])
    page = client.get(f"/uploads/{upload.upload_id}/fix/").content.decode()
    for name in ("to", "cell-4-4"):
        field = re.search(rf'<(\w+)[^>]* name="{name}"', page)
        assert field is not None
        assert field[1] == "textarea", name


@pytest.mark.parametrize(
    "key",
    ["5", "null", '["a"]', '["category", "a\\u0000b"]', '["category", "\\ud800"]', "[" * 9_999],
)
def test_odd_values_are_none(client: Client, run_upload: Run, key: str) -> None:
    upload = run_upload(rows(1, category="Toyz"))
    address = f"/uploads/{upload.upload_id}/fix/"
    for button in ("want", "to_page", "send"):
        sent = {"of": key, "to": "Books", "keep": key, "known": "0", button: key}
        assert client.post(address, sent | {"to_page": ""}).status_code in (302, 422)


def test_only_values_that_can_be_replaced_are_kept(client: Client, run_upload: Run) -> None:
    before = run_upload(rows(1, category="Toyz"), file_name="before.csv")
    upload = run_upload(rows(1, category="Toyz", price="x"))
    keys = ['["sku", "SKU-1"]', '["price", "x"]', '["nothing", "x"]', '["category", "Toyz"]']
    sent = {"of": keys, "to": ["A", "1.00", "1", "Books"], "keep": keys, "known": "0", "send": ""}
    assert client.post(f"/uploads/{upload.upload_id}/fix/", sent).status_code == 302
    assert [(kept.column_name, kept.text) for kept in ValueMap.objects.all()] == [
        ("category", "Books")
    ]
    # A file that was rejected before has it, too.
    earlier = fields(client.get(f"/uploads/{before.upload_id}/fix/").content.decode())
    assert earlier["to"] == ["Books"]


def test_when_storage_does_not_answer_what_was_entered_is_kept(
    client: Client, run_upload: Run, request: pytest.FixtureRequest
) -> None:
    upload = run_upload(rows(2, category="Toyz"))
    request.getfixturevalue("storage_away")
    address = f"/uploads/{upload.upload_id}/fix/"
    sent = {"of": '["category", "Toyz"]', "to": "Books", "known": "0", "send": ""}
    page = client.post(address, sent, follow=True).content.decode()
    assert "If they do not arrive within 15 minutes, send them again." in page
    lost = Upload.objects.get(corrects=upload)
    lost.refuse("NEVER_ARRIVED", "It never arrived.")
    lost.end_run(at=now())
    lost.finish()
    lost.save()
    assert fields(client.get(address).content.decode())["to"] == ["Books"]


def test_a_second_click_is_not_called_someone_else(client: Client, run_upload: Run) -> None:
    upload = run_upload([*rows(2, category="Toyz"), good_row(3, price="x")])
    sent = {"of": '["category", "Toyz"]', "to": "Books", "known": "0", "send": ""}
    address = f"/uploads/{upload.upload_id}/fix/"
    assert client.post(address, sent).status_code == 302
    answer = client.post(address, sent)
    assert answer.status_code == 409
    assert "You have sent corrections" in answer.content.decode()


# --- Requested categories -------------------------------------------------------------------------


def wanted_page(run_upload: Run, category: str = "Toyz") -> str:
    upload = run_upload([good_row(1, category=category), good_row(2, price="free"), good_row(3)])
    return f"/uploads/{upload.upload_id}/fix/"


def press(client: Client, address: str, button: str, **entered: list[str]) -> str:
    """Press a button of the page by its name; returns the page that follows."""
    page = client.get(address).content.decode()
    value = re.search(rf'name="{button}" value="([^"]*)"', page)
    assert value, button
    sent = fields(page) | entered | {button: html.unescape(value[1])}
    return client.post(address, sent, follow=True).content.decode()


def test_a_category_is_requested_and_withdrawn(client: Client, run_upload: Run) -> None:
    address = wanted_page(run_upload)
    page = press(client, address, "want", **{"cell-3-4": ["9.50"]})
    assert "waiting for review" in page
    assert "Request this category" not in page
    assert fields(page)["cell-3-4"] == ["9.50"], "what was entered is kept"
    request = CategoryRequest.objects.get()
    assert (request.name, request.vendor_id) == ("Toyz", "VEND001")

    page = press(client, address, "withdraw")
    assert "The request was withdrawn" in page
    assert "Request this category" in page
    assert not CategoryRequest.objects.exists()


def test_a_requested_category_is_not_replaced_by_a_suggestion(
    client: Client, run_upload: Run
) -> None:
    address = wanted_page(run_upload, "Computer Acessories")
    assert fields(client.get(address).content.decode())["to"] == ["Computer Accessories"]
    page = press(client, address, "want")
    assert fields(page)["to"] == ["Computer Acessories"]


@pytest.mark.parametrize("category", ["", "x" * 101])
def test_what_is_no_name_of_a_category_has_no_button(
    client: Client, run_upload: Run, category: str
) -> None:
    address = wanted_page(run_upload, category)
    assert 'name="want"' not in client.get(address).content.decode()
    client.post(address, {"want": f'["category", "{category}"]'})
    client.post(address, {"want": "nonsense"})
    client.post(address, {"want": '["price", "free"]'})
    assert not CategoryRequest.objects.exists()


def test_enter_in_a_field_requests_nothing(client: Client, run_upload: Run) -> None:
    """The first button of a form is the one that Enter presses."""
    page = client.get(wanted_page(run_upload)).content.decode()
    form = page[page.index('id="fix-form"') :]
    first = re.search(r'<button[^>]*name="([^"]*)"', form)
    assert first is not None
    assert first[1] == "send"


def test_another_vendor_neither_sees_nor_withdraws_a_request(
    client: Client, run_upload: Run, vendor_b: Vendor, bob: User
) -> None:
    press(client, wanted_page(run_upload), "want")
    request = CategoryRequest.objects.get()
    theirs = run_upload([good_row(7, category="Toyz")], vendor=vendor_b)
    address = f"/uploads/{theirs.upload_id}/fix/"
    other = Client()
    other.force_login(bob)
    assert "waiting for review" not in other.get(address).content.decode()
    other.post(address, {"withdraw": str(request.pk)})
    mine = f"/uploads/{request.upload_id}/fix/"
    assert other.post(mine, {"withdraw": str(request.pk)}).status_code == 404
    assert CategoryRequest.objects.filter(pk=request.pk).exists()


def test_the_page_says_what_was_decided(client: Client, run_upload: Run) -> None:
    name = '<b>Kids\' "Toys"</b>'
    address = wanted_page(run_upload, name)
    press(client, address, "want")
    deciding.decline(CategoryRequest.objects.get().compared, note="Use <i>Books</i>.", by=None)
    page = client.get(address).content.decode()
    assert "Declined on" in page
    assert "Use &lt;i&gt;Books&lt;/i&gt;." in page
    assert "<b>Kids" not in page
    assert "waiting for review" in press(client, address, "want"), "it may be requested again"

    deciding.approve(CategoryRequest.objects.get(state="open").compared, name=name, by=None)
    assert "Approved on" in client.get(address).content.decode()
    applying.import_waiting()
    page = client.get(address).content.decode()
    assert "Requested categories" in page, "also when its rows are no longer open"
    assert "Approved on" in page


def test_what_staff_decided_is_selected_until_it_is_off_the_list(
    client: Client, run_upload: Run
) -> None:
    """A row that has another error, too, stays on the page."""
    upload = run_upload([good_row(1, category="Toyz", price="x"), good_row(2, category="Zyx")])
    address = f"/uploads/{upload.upload_id}/fix/"
    press(client, address, "want")
    assert "1 row waits for a category that you requested." in client.get("/").content.decode()
    page = client.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert "1 row waits for a category that you requested." in page
    books = Category.objects.get(name="Books")
    deciding.map_to("toyz", books, by=None)
    page = client.get(address).content.decode()
    assert fields(page)["to"][0] == "Books"
    assert page.count('name="keep"') == 1, "the other value"
    assert "Read as “Books”" in page
    assert "Request this category again" not in page
    assert "that you requested" not in client.get("/").content.decode()

    Category.objects.filter(pk=books.pk).update(is_active=False)
    page = client.get(address).content.decode()
    assert fields(page)["to"][0] == "Toyz"
    assert "no longer on the list" in page
    assert "waiting for review" in press(client, address, "want")


def test_a_correction_that_no_person_sent_is_not_called_a_file_transfer(
    client: Client, run_upload: Run
) -> None:
    address = wanted_page(run_upload)
    press(client, address, "want")
    before = fields(client.get(address).content.decode())
    deciding.approve("toyz", name="Toyz", by=None)
    applying.import_waiting()
    correction = Upload.objects.get(corrects__isnull=False)
    page = client.get(f"/uploads/{correction.upload_id}/").content.decode()
    assert "Rows of an earlier upload" in page
    answer = client.post(address, before | {"send": ""})
    assert answer.status_code == 409
    assert "We sent corrected rows of this file" in answer.content.decode()


def test_errors_that_are_not_stored_are_counted(
    client: Client, run_upload: Run, settings: Any
) -> None:
    settings.MAX_STORED_ERRORS = 4
    upload = run_upload(rows(9, category="Toyz"))
    page = client.get(f"/uploads/{upload.upload_id}/fix/").content.decode()
    assert "5 more errors in 5 rows are not listed." in page
