"""Names of categories: what looks the same is the same, and many wrong ones cost little."""

import time
import unicodedata
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from catalog.models import Category
from imports.rules.base import InvalidCell
from imports.rules.text import Approved

DECOMPOSED = unicodedata.normalize("NFD", "Möbel  & Küche ")


@pytest.mark.django_db
def test_a_category_is_stored_in_nfc_with_single_spaces() -> None:
    Category.objects.create(name=DECOMPOSED)
    assert Category.approved_names() == ["Möbel & Küche"]
    assert Category.objects.filter(name=DECOMPOSED).exists()


@pytest.mark.parametrize("text", ["Möbel & Küche", DECOMPOSED, "MÖBEL  &\u00a0KÜCHE"])
def test_a_category_matches_however_it_is_typed(text: str) -> None:
    check = Approved(names=lambda: [DECOMPOSED, "Audio"]).checker("Category")
    assert check(text) == DECOMPOSED


@pytest.mark.django_db
def test_the_migration_tidies_names_and_joins_those_that_become_one() -> None:
    rows = [(DECOMPOSED, True), ("Möbel & Küche", False), ("Toys  & Games", True), ("Audio", True)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO product_categories (name, is_active, created_at) VALUES (%s, %s, now())",
            rows,
        )
    migration = import_module("catalog.migrations.0005_categories_nfc")
    migration.tidy_names(apps, connection.schema_editor())
    stored = set(Category.objects.values_list("name", "is_active"))
    assert stored == {("Möbel & Küche", True), ("Toys & Games", True), ("Audio", True)}


@pytest.mark.slow
def test_a_wrong_category_in_every_row_costs_little() -> None:
    """One name in 10,000 rows, and 2,000 different ones, among 1,000 approved names.

    Measured at 0.6 s; looked for in every row, the first took 42 s.
    """
    names = [f"Category {number} of the very large list" for number in range(1_000)]
    check = Approved(names=lambda: names).checker("Category")
    started = time.process_time()
    for number in range(12_000):
        with pytest.raises(InvalidCell):
            check("Wrong" if number < 10_000 else f"Wrong name {number}")
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("Headphones", None),
        ("Toys", "Toys & Games"),
        ("Garden", "Garden & Outdoor"),
        ("Home and Kitchen", "Home & Kitchen"),
        ("Audio equipment", "Audio"),
        ("Footware", "Footwear"),
        ("&", None),
    ],
)
def test_a_suggestion_shares_words_or_nearly_all_letters(text: str, suggested: str | None) -> None:
    names = ["Toys & Games", "Garden & Outdoor", "Home & Kitchen", "Audio", "Footwear"]
    check = Approved(names=lambda: [*names, "Mobile Phones", "Kids"]).checker("Category")
    with pytest.raises(InvalidCell) as wrong:
        check(text)
    expected = f"Did you mean '{suggested}'?" if suggested else "is not approved."
    assert str(wrong.value).endswith(expected)
