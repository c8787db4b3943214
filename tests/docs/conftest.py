"""What every document takes for granted."""

import pytest

from catalog.models import Category
from imports.management.commands.load_demo import CATEGORIES


@pytest.fixture
def all_categories(categories: list[str]) -> None:
    """The categories of the demo."""
    Category.objects.bulk_create(
        Category(name=name) for name in CATEGORIES if name not in categories
    )
