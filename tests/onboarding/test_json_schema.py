"""The JSON Schema of a data set says what its rules say, as far as a schema can."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from jsonschema_rs import Draft202012Validator

from imports.datasets import all_datasets
from onboarding.help.json_schema import schema_of
from tests.product_files import good_row

GOOD = {**good_row(1), "category": "Audio"}


@pytest.fixture
def validator(categories: list[str]) -> Draft202012Validator:
    return Draft202012Validator(schema_of(all_datasets()["products"]))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"stock_quantity": 150, "compare_at_price": "24.5", "gtin": "4006381333931"},
        {"brand": "", "weight_kg": None, "dimensions_cm": "11 x 6.5 x 4"},
        {"image_url": "https://images.example.com/1.jpg", "color": "a column of theirs"},
    ],
)
def test_a_good_row_satisfies_it(validator: Draft202012Validator, row: dict[str, Any]) -> None:
    validator.validate(GOOD | row)


@pytest.mark.parametrize(
    "row",
    [
        {"price": "free"},
        {"price": "1,50"},
        {"price": "1.999"},
        {"price": ""},
        {"stock_quantity": -1},
        {"stock_quantity": "1.5"},
        {"stock_quantity": 1_000_001},
        {"category": "Audiox"},
        {"sku": "S" * 101},
        {"gtin": "123"},
        {"dimensions_cm": "large"},
        {"image_url": "javascript:alert(1)"},
    ],
)
def test_a_row_that_would_be_rejected_does_not(
    validator: Draft202012Validator, row: dict[str, Any]
) -> None:
    assert not validator.is_valid(GOOD | row)


def test_a_missing_required_column_is_found(validator: Draft202012Validator) -> None:
    assert not validator.is_valid({k: v for k, v in GOOD.items() if k != "price"})


@pytest.mark.django_db
@pytest.mark.parametrize("key", all_datasets())
def test_each_data_set_has_a_page_with_a_valid_schema(
    client: Client, reviewer: User, key: str
) -> None:
    dataset = all_datasets()[key]
    page = client.get(f"/help/{key}/schema/")
    assert page.status_code == (200 if dataset.by_vendor else 302)  # staff's ask for a login
    client.force_login(reviewer)
    assert "json-schema.org" in client.get(f"/help/{key}/schema/").content.decode()
    Draft202012Validator(schema_of(dataset))
