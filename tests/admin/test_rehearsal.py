"""Before a change of categories turns rows, staff see which."""

import re
from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from catalog.models import Category
from imports.models import Upload
from tests.admin.conftest import list_of, page_of
from tests.admin.test_catalog import synonyms_form
from tests.product_files import good_row


@pytest.fixture
def upload(run_upload: Callable[..., Upload]) -> Upload:
    """Two products are imported, two rows are rejected."""
    rows = [good_row(1, category="Books"), good_row(2, category="books")]
    return run_upload([*rows, good_row(3, category="Toys"), good_row(4, category="toys")])


def said(html: str) -> str:
    """The text of the rehearsal."""
    part = html.partition('id="rehearsal"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part).split())


def test_a_category_is_deactivated_once_staff_have_seen_what_follows(
    as_reviewer: Client, upload: Upload
) -> None:
    books = Category.objects.get(name="Books")
    assert 'id="rehearsal"' not in as_reviewer.get(page_of(books)).content.decode()
    form = synonyms_form(name="Books", is_active="")
    page = as_reviewer.post(page_of(books), form).content.decode()
    assert "Not saved yet." in page
    assert "2 rows that were imported would be rejected" in said(page)
    assert f"{upload.vendor_id} : 2" in said(page)
    assert "SKU-2 · Wireless mouse VEND001 · “Books”" in said(page)
    assert f'href="{page_of(upload)}"' in page
    assert Category.objects.get(name="Books").is_active
    assert as_reviewer.post(page_of(books), form | {"seen": "on"}).status_code == 302
    assert not Category.objects.get(name="Books").is_active
    assert LogEntry.objects.get().get_change_message() == "Changed Active."


def test_a_new_category_says_which_rejected_rows_it_accepts(
    as_reviewer: Client, upload: Upload
) -> None:
    page = as_reviewer.post(list_of(Category, "add"), synonyms_form(name="Toys")).content.decode()
    assert "0 rows that were imported would be rejected, and 2 rejected rows would be" in said(page)
    assert "products.csv VEND001 · “toys” · row 5" in said(page)
    assert not Category.objects.filter(name="Toys").exists()
    answer = as_reviewer.post(list_of(Category, "add"), synonyms_form(name="Cables"))
    assert answer.status_code == 302  # of which there are no rows


def test_the_list_changes_what_turns_no_row(as_reviewer: Client, upload: Upload) -> None:
    found = [*Category.objects.all()]
    form = {"form-TOTAL_FORMS": "4", "form-INITIAL_FORMS": "4", "_save": "Save"}
    for number, category in enumerate(found):
        form[f"form-{number}-category_id"] = str(category.pk)
        form[f"form-{number}-is_active"] = "on" if category.name != "Books" else ""
    page = as_reviewer.post(list_of(Category), form).content.decode()
    assert "Not saved. Of the rows of the last 30 days, 2 rows that were imported" in page
    assert len(Category.approved_names()) == 4
    form["form-0-is_active"], form["form-1-is_active"] = "", "on"  # Audio, Books
    assert as_reviewer.post(list_of(Category), form).status_code == 302
    assert Category.approved_names() == ["Books", "Computer Accessories", "Home & Kitchen"]


def test_synonyms_turn_no_row(as_reviewer: Client, upload: Upload) -> None:
    books = Category.objects.get(name="Books")
    answer = as_reviewer.post(page_of(books), synonyms_form("Toys", name="Books"))
    assert answer.status_code == 302
    assert Category.approved_synonyms() == {"Toys": "Books"}
